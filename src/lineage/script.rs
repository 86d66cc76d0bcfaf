//! Texts of several statements: where each begins and ends, and what earlier ones make for later ones.
//!
//! The body of a procedure is searched for the statements in it; its own control flow is passed over.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::analyse::{self, Options};
use super::catalog::{Catalog, CatalogColumn, CatalogColumns};
use super::model::{Opaque, RelationKind, StatementKind, StatementLineage};
use super::opaque::tables_of;
use super::place::Places;
use super::repair;
use crate::sql::{Dialect, Token, Words, fold};

/// The lineage of every statement of a text, in order.
///
/// Never fails: what can't be followed is opaque, with the relations that its tokens name. Names are looked up in
/// `catalog`, and among what earlier statements of the text made.
pub fn analyse(sql: &str, catalog: &Catalog, options: Options) -> Vec<StatementLineage> {
    let dialect = catalog.dialect();
    let mut session = Session { catalog: Catalog::new(dialect), variables: FxHashSet::default() };
    let mut all = Vec::new();
    for range in statements(dialect, sql) {
        for lineage in one(dialect, sql, range, catalog, &mut session, options) {
            remember(&lineage, &mut session.catalog);
            all.push(lineage);
        }
    }
    all
}

fn one(
    dialect: Dialect,
    sql: &str,
    range: Range<usize>,
    catalog: &Catalog,
    session: &mut Session,
    options: Options,
) -> Vec<StatementLineage> {
    let text = &sql[range.clone()];
    // Places count from the text's beginning.
    let places = Places::new(dialect, text);
    session.declare(dialect, places.words());
    let repaired = match repair::parse_statement(dialect, text) {
        Ok(repaired) if procedure_body(places.words()).is_none() => repaired,
        Ok(_) => return vec![opaque(dialect, text, "it is a procedure", None, &range)],
        Err(error) => return vec![opaque(dialect, text, &error.message, Some(error.range), &range)],
    };
    let mut all = Vec::new();
    for repaired in &repaired {
        let targets = |statement| (0..analyse::targets(statement)).map(move |target| (statement, target));
        for statement in repaired.statements.iter().flat_map(targets) {
            let mut lineage = analyse::statement(statement, &places, (catalog, session), repaired, options);
            lineage.shift(range.start as u32);
            all.push(lineage);
        }
    }
    // The tree may be deep.
    stacker::maybe_grow(256 << 10, 16 << 20, || drop(repaired));
    all
}

fn opaque(
    dialect: Dialect,
    text: &str,
    why: &str,
    at: Option<Range<usize>>,
    range: &Range<usize>,
) -> StatementLineage {
    let span = at.map(|at| (at.start + range.start) as u32..(at.end + range.start) as u32);
    let reason = why.to_owned();
    let mut lineage = StatementLineage::opaque(StatementKind::Other, Opaque { reason, span });
    let tables = tables_of(dialect, text);
    for name in tables.read {
        lineage.add_table(&name);
    }
    lineage.target = tables.written.map(|name| name.split('.').map(|part| lineage.names.sym(part)).collect());
    lineage
}

/// Makes what a statement creates known to later ones, if all its columns are.
fn remember(lineage: &StatementLineage, session: &mut Catalog) {
    let creates = matches!(lineage.kind, StatementKind::CreateTable | StatementKind::CreateView);
    let (Some(target), Some(_)) = (&lineage.target, lineage.output) else { return };
    if !creates {
        return;
    }
    let mut columns = Vec::new();
    for id in lineage.outputs() {
        let column = lineage.column(*id);
        if column.is_star {
            return;
        }
        let known = CatalogColumn {
            data_type: column.data_type.clone(),
            ..CatalogColumn::new(lineage.text(column.name))
        };
        columns.push((known, lineage.text(column.key).into()));
    }
    let columns = Arc::new(CatalogColumns::of(columns));
    let parts: Vec<String> = target.iter().map(|part| lineage.text(*part).to_owned()).collect();
    session.add_parts(&parts, Some(columns));
}

/// What the statements of a text know of those before them.
pub(super) struct Session {
    /// The relations that they make.
    pub(super) catalog: Catalog,
    /// The variables that they declare, as the dialect compares names.
    pub(super) variables: FxHashSet<String>,
}

impl Session {
    /// Notes the names of `declare a, b int64`.
    fn declare(&mut self, dialect: Dialect, words: &Words<'_>) {
        let mut at = 1;
        while words.is(0, "declare") && words.is_name(at) {
            self.variables.insert(fold(dialect, words.text(at), false));
            if !words.symbol(at + 1, b',') {
                break;
            }
            at += 2;
        }
    }
}

/// The statements of a text. Those inside a procedure stand for it.
fn statements(dialect: Dialect, sql: &str) -> Vec<Range<usize>> {
    let words = Words::new(dialect, sql);
    if let Some(body) = procedure_body(&words) {
        return inside(&words, body);
    }
    let mut all = Vec::new();
    let mut start: Option<usize> = None;
    let mut end = 0;
    let mut blocks = 0_usize;
    for (at, token) in words.all().iter().enumerate() {
        if words.symbol(at, b';') && blocks == 0 {
            if let Some(start) = start.take() {
                all.push(start..end);
            }
            continue;
        }
        // A script of BigQuery or Snowflake.
        if start.is_none()
            && words.is(at, "begin")
            && !words.symbol(at + 1, b';')
            && !words.is(at + 1, "transaction")
        {
            blocks += 1;
        }
        start.get_or_insert(token.start as usize);
        end = token.end as usize;
    }
    if let Some(start) = start {
        if blocks > 0 {
            return inside(&words, 0);
        }
        all.push(start..end);
    }
    all
}

/// Where the body of `create procedure` begins.
fn procedure_body(words: &Words<'_>) -> Option<usize> {
    if !words.is_one_of(0, &["create", "alter"]) {
        return None;
    }
    let named = (0..6).find(|at| words.is_one_of(*at, &["procedure", "proc"]))?;
    Some(named + 1)
}

/// Words that begin a statement which reads or writes tables.
const BEGINNINGS: &[&str] = &["insert", "merge", "update", "delete", "create", "with"];

/// Words behind which a statement may begin.
const BEFORE: &[&str] =
    &["begin", "then", "else", "loop", "do", "as", "is", "try", "catch", "repeat", "declare", "on", "off"];

/// The statements in the body of a procedure.
fn inside(words: &Words<'_>, from: usize) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut at = from;
    let mut depth = 0_usize;
    let range = |first: &Token, last: &Token| first.start as usize..last.end as usize;
    while at < words.len() {
        if words.symbol(at, b'(') {
            depth += 1;
        } else if words.symbol(at, b')') {
            depth = depth.saturating_sub(1);
        }
        let may_begin =
            depth == 0 && at > 0 && (words.symbol(at - 1, b';') || words.is_one_of(at - 1, BEFORE));
        if !may_begin || !words.is_one_of(at, BEGINNINGS) {
            at += 1;
            continue;
        }
        let end = words.find(at, |at| words.symbol(at, b';')).max(at + 1);
        all.push(range(&words.all()[at], &words.all()[end - 1]));
        at = end;
    }
    if all.is_empty()
        && let (Some(first), Some(last)) = (words.all().first(), words.all().last())
    {
        all.push(range(first, last));
    }
    all
}

impl StatementLineage {
    /// Moves all places by some bytes.
    fn shift(&mut self, by: u32) {
        if by == 0 {
            return;
        }
        let columns = self.columns.iter_mut().map(|column| &mut column.span);
        let unknowns = self.unknowns.iter_mut().map(|unknown| &mut unknown.span);
        let problems = self.problems.iter_mut().map(|problem| &mut problem.span);
        for span in columns.chain(unknowns).chain(problems).flatten() {
            *span = span.start + by..span.end + by;
        }
        for used in &mut self.uses {
            used.span = used.span.start + by..used.span.end + by;
        }
        for comparison in &mut self.comparisons {
            comparison.span = comparison.span.start + by..comparison.span.end + by;
        }
    }

    /// A relation of which only the name is known.
    fn add_table(&mut self, dotted: &str) {
        let name = dotted.split('.').map(|part| self.names.sym(part)).collect();
        self.relations.push(super::model::Relation {
            kind: RelationKind::Table,
            name,
            columns: Vec::new(),
            found: Vec::new(),
            inputs: Vec::new(),
            shape: Vec::new(),
            is_open: true,
            table: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: &[&str]) {
        let found: Vec<&str> =
            statements(Dialect::Generic, sql).into_iter().map(|range| &sql[range]).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn statements_end_at_semicolons() {
        check("select ';'; -- ;\nselect 2 ;;", &["select ';'", "select 2"]);
        check("", &[]);
    }

    #[test]
    fn the_statements_of_a_procedure_are_found() {
        check(
            "create procedure p(a int) as begin if a > 0 then insert into t select 1; end if; loop update t set x = 1; end loop; end;",
            &["insert into t select 1", "update t set x = 1"],
        );
    }
}

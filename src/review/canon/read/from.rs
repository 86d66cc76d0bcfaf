//! `from`: relations, joins, and the names they are seen by.

use std::sync::Arc;

use sqlparser::ast::{
    Join as JoinAst, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, TableAlias, TableFactor,
    TableSampleKind, TableWithJoins,
};

use super::names::Clause;
use super::{DEPTH, Keys, Names, Reader, Result, Seen, not};
use crate::review::canon::model::{Expr, Join, Rel, Source};
use crate::review::canon::{OutputName, Outside, query};

/// Words that some warehouse gives a meaning after a relation.
const CLAUSES: &[&str] = &[
    "any",
    "all",
    "anti",
    "array",
    "asof",
    "at",
    "before",
    "changes",
    "final",
    "for",
    "force",
    "global",
    "ignore",
    "lateral",
    "match_recognize",
    "only",
    "option",
    "partition",
    "paste",
    "pivot",
    "positional",
    "prewhere",
    "qualify",
    "sample",
    "semi",
    "settings",
    "straight_join",
    "tablesample",
    "unpivot",
    "use",
    "version",
    "window",
];

/// True for a join over all that both sides have in common.
fn is_natural(join: &JoinAst) -> bool {
    use JoinOperator as O;
    let (O::Join(on)
    | O::Inner(on)
    | O::Left(on)
    | O::LeftOuter(on)
    | O::Right(on)
    | O::RightOuter(on)
    | O::FullOuter(on)
    | O::CrossJoin(on)
    | O::Semi(on)
    | O::LeftSemi(on)
    | O::RightSemi(on)
    | O::Anti(on)
    | O::LeftAnti(on)
    | O::RightAnti(on)) = &join.join_operator
    else {
        return false;
    };
    matches!(on, JoinConstraint::Natural)
}

/// A relation that was read: its form, its columns, and how names see it.
struct Factor {
    rel: Rel,
    columns: Names,
    keys: Keys,
    names: Vec<Vec<String>>,
    is_value: bool,
    says: Vec<Expr>,
}

impl Factor {
    /// A relation that is made in the query.
    fn made(rel: Rel, columns: Names, names: Vec<Vec<String>>) -> Self {
        Self { rel, columns, keys: Keys::Places, names, is_value: false, says: Vec::new() }
    }
}

impl Reader<'_> {
    /// Reads `from` into the innermost scope.
    pub(super) fn from(&mut self, from: &[TableWithJoins]) -> Result<Vec<Source>> {
        let mut sources = Vec::new();
        let keeps_all = |join: &JoinAst| {
            matches!(
                join.join_operator,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
            )
        };
        if from.len() > 1 && from.iter().any(|tree| tree.joins.iter().any(keeps_all)) {
            return Err(not("a comma beside a right or full join is not known here"));
        }
        // What such a join has in common is that with all of its tree, and nothing of the others.
        if from.len() > 1 && from.iter().any(|tree| tree.joins.iter().any(is_natural)) {
            return Err(not("a comma beside a natural join is not known here"));
        }
        for tree in from {
            self.tree(tree, &mut sources)?;
        }
        Ok(sources)
    }

    fn tree(&mut self, tree: &TableWithJoins, sources: &mut Vec<Source>) -> Result<()> {
        match &tree.relation {
            // In brackets at the left, joins are what they are without them.
            TableFactor::NestedJoin { table_with_joins, alias: None } if sources.is_empty() => {
                self.tree(table_with_joins, sources)?;
            }
            factor => self.source(factor, Join::Inner, &JoinConstraint::None, sources)?,
        }
        for join in &tree.joins {
            self.join(join, sources)?;
        }
        Ok(())
    }

    fn join(&mut self, join: &JoinAst, sources: &mut Vec<Source>) -> Result<()> {
        use JoinOperator as O;
        let JoinAst { relation, global, join_operator } = join;
        if *global {
            return Err(not("`global join` is not known here"));
        }
        let (kind, constraint) = match join_operator {
            O::Join(on) | O::Inner(on) | O::CrossJoin(on) => (Join::Inner, on),
            O::Left(on) | O::LeftOuter(on) => (Join::Left, on),
            O::Right(on) | O::RightOuter(on) => (Join::Right, on),
            O::FullOuter(on) => (Join::Full, on),
            O::Semi(on) | O::LeftSemi(on) => (Join::Other("left semi".to_owned()), on),
            O::Anti(on) | O::LeftAnti(on) => (Join::Other("left anti".to_owned()), on),
            other => {
                let words = super::function::shortened(&format!("{other:?}"));
                return Err(not(format!("the join `{words}` is not known here")));
            }
        };
        self.source(relation, kind, constraint, sources)
    }

    fn source(
        &mut self,
        factor: &TableFactor,
        join: Join,
        constraint: &JoinConstraint,
        sources: &mut Vec<Source>,
    ) -> Result<()> {
        let Factor { rel, columns, keys, names, is_value, mut says } = self.factor(factor)?;
        let columns = columns.filter(|columns| columns.iter().all(Option::is_some));
        let place = sources.len() as u32;
        let scope = self.scopes.last_mut().ok_or_else(|| not("`from` stands outside of a query"))?;
        scope.sources.push(Seen { names, columns, keys, is_value });
        let on = match constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => vec![self.expr(condition, Clause::Rows)?],
            JoinConstraint::Natural => {
                let keys = self.common(place, &join)?;
                self.using(&keys, place, &join, &mut says)?
            }
            JoinConstraint::Using(columns) => {
                let key = |name: &ObjectName| match name.0.as_slice() {
                    [ObjectNamePart::Identifier(name)] => Ok(self.key(name)),
                    _ => Err(not("`using` with a dotted name is not known here")),
                };
                let keys = columns.iter().map(key).collect::<Result<Vec<String>>>()?;
                self.using(&keys, place, &join, &mut says)?
            }
        };
        sources.push(Source { join, rel, on, says });
        Ok(())
    }

    /// The conditions of `using`; from here on its columns are one each.
    fn using(&mut self, keys: &[String], place: u32, join: &Join, says: &mut Vec<Expr>) -> Result<Vec<Expr>> {
        let mut on = Vec::new();
        for key in keys {
            let (left, right) = self.merged(key, place)?;
            says.push(Expr::node("using", vec![right.clone()]));
            on.push(Expr::node("=", vec![left.clone(), right.clone()]));
            let merged = match join {
                Join::Right => right,
                Join::Full => Expr::node("fn coalesce", vec![left, right]),
                _ => left,
            };
            let scope = self.scopes.last_mut().ok_or_else(|| not("`using` stands outside of a query"))?;
            scope.merged.retain(|(own, _)| own != key);
            scope.merged.push((key.clone(), merged));
        }
        Ok(on)
    }

    /// The columns that a natural join is over: the names that are on both sides. All names have to be known.
    fn common(&self, place: u32, join: &Join) -> Result<Vec<String>> {
        if matches!(join, Join::Other(_)) {
            return Err(not("a natural join that keeps one side is not known here"));
        }
        let scope = self.scopes.last().ok_or_else(|| not("`from` stands outside of a query"))?;
        let all: Option<Vec<Vec<&str>>> = scope
            .sources
            .iter()
            .map(|source| source.columns.as_ref()?.iter().map(|it| Some(it.as_ref()?.key.as_str())).collect())
            .collect();
        let unknown = || not("`natural join` over columns that are not known");
        let all = all.ok_or_else(unknown)?;
        let (right, left) =
            all.split_last().filter(|(_, left)| left.len() == place as usize).ok_or_else(unknown)?;
        let mut keys = Vec::new();
        for key in right {
            let held = left.iter().flat_map(|columns| columns.iter()).filter(|own| *own == key).count();
            let is_twice = right.iter().filter(|own| *own == key).count() > 1;
            let is_merged = scope.merged.iter().any(|(own, _)| own == key);
            match held {
                0 => {}
                _ if is_twice || (held > 1 && !is_merged) => {
                    return Err(not(format!("`{key}` is ambiguous")));
                }
                _ => keys.push((*key).to_owned()),
            }
        }
        // Without a common column it is an error here and a cross join there.
        if keys.is_empty() { Err(not("`natural join` over no common column")) } else { Ok(keys) }
    }

    /// What a name of `using` means on the left and on the right.
    fn merged(&self, key: &str, place: u32) -> Result<(Expr, Expr)> {
        let scope = self.scopes.last().ok_or_else(|| not("`using` stands outside of a query"))?;
        let of = |at: usize| -> Option<Expr> {
            let source = &scope.sources[at];
            let field = match &source.columns {
                Some(_) => source.at(source.place(key)?),
                None => source.called(key),
            };
            Some(Expr::Column { depth: 0, source: at as u32, field })
        };
        let right = of(place as usize).ok_or_else(|| not(format!("no column `{key}` is found")))?;
        if let Some((_, left)) = scope.merged.iter().find(|(own, _)| own == key) {
            return Ok((left.clone(), right));
        }
        let mut left: Vec<Expr> = (0..place as usize).filter_map(of).collect();
        match left.len() {
            0 => Err(not(format!("no column `{key}` is found"))),
            1 => Ok((left.remove(0), right)),
            _ => Ok((Expr::node("either", left), right)),
        }
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<Factor> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let mut factor = self.named(name)?;
                factor.says.extend(self.sample(sample.as_ref()));
                self.alias(&mut factor, alias.as_ref())?;
                Ok(factor)
            }
            TableFactor::Table { name, alias, args: Some(args), sample: None, version: None, .. }
                if args.settings.is_none() =>
            {
                self.table_function(name, &args.args, alias.as_ref(), false)
            }
            TableFactor::Function { lateral, name, args, with_ordinality: false, alias } => {
                self.table_function(name, args, alias.as_ref(), *lateral)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                let visible = *lateral;
                if let Some(scope) = self.scopes.last_mut() {
                    scope.is_hidden = !visible;
                }
                let read = self.query(subquery);
                if let Some(scope) = self.scopes.last_mut() {
                    scope.is_hidden = false;
                }
                let (rel, columns) = read?;
                let mut says = self.sample(sample.as_ref());
                if visible {
                    says.push(Expr::text("lateral"));
                }
                let mut factor = Factor { says, ..Factor::made(rel, columns, Vec::new()) };
                self.alias(&mut factor, alias.as_ref())?;
                Ok(factor)
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                let args = self.exprs(array_exprs, Clause::Rows)?;
                let mut words = format!("unnest{}", if *with_ordinality { " with ordinality" } else { "" });
                if *with_offset {
                    // Its column is known by its name, so that is a part of the form.
                    let name =
                        with_offset_alias.as_ref().map_or_else(|| "offset".to_owned(), |it| self.key(it));
                    words.push_str(&format!(" with offset {name}"));
                }
                self.made(words, args, alias.as_ref())
            }
            other => {
                let words = super::function::shortened(&other.to_string());
                Err(not(format!("`{words}` in `from` is not known here")))
            }
        }
    }

    fn sample(&mut self, sample: Option<&TableSampleKind>) -> Vec<Expr> {
        self.is_volatile |= sample.is_some();
        let text = |sample: &TableSampleKind| match sample {
            TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample) => {
                sample.to_string()
            }
        };
        sample
            .map(|sample| Expr::node("dice sample", vec![Expr::text(text(sample).to_lowercase())]))
            .into_iter()
            .collect()
    }

    fn table_function(
        &mut self,
        name: &ObjectName,
        args: &[sqlparser::ast::FunctionArg],
        alias: Option<&TableAlias>,
        lateral: bool,
    ) -> Result<Factor> {
        let called = name.to_string().to_lowercase();
        let args: Result<Vec<Expr>> =
            args.iter().map(|arg| self.argument(&called, arg, Clause::Rows)).collect();
        let words = if lateral { format!("lateral {called}") } else { called };
        self.made(words, args?, alias)
    }

    /// Rows that a function makes; what its columns are called is not known.
    fn made(&mut self, words: String, args: Vec<Expr>, alias: Option<&TableAlias>) -> Result<Factor> {
        let rel = Rel::Function(words, args);
        let mut factor = Factor { is_value: true, ..Factor::made(rel, None, Vec::new()) };
        self.alias(&mut factor, alias)?;
        Ok(factor)
    }

    /// A relation by its name: a CTE, or one from outside.
    fn named(&mut self, name: &ObjectName) -> Result<Factor> {
        let parts: Option<Vec<String>> = name
            .0
            .iter()
            .map(|part| match part {
                ObjectNamePart::Identifier(name) => Some(self.key(name)),
                ObjectNamePart::Function(_) => None,
            })
            .collect();
        let parts = parts.ok_or_else(|| not("a relation's name made by a call is not known here"))?;
        let names = (0..parts.len()).map(|from| parts[from..].to_vec()).collect();
        if let [key] = parts.as_slice()
            && let Some(at) = self.ctes.iter().rposition(|cte| cte.key == *key)
        {
            let (rel, columns) = self.cte(at)?;
            return Ok(Factor::made(rel, columns, names));
        }
        // What is read there is no part of this query: an array of a relation before it, such as `t, t.items`.
        if parts.len() > 1
            && self
                .scopes
                .last()
                .is_some_and(|scope| scope.sources.iter().any(|it| it.names.contains(&parts[..1].to_vec())))
        {
            return Err(not(format!("`{}` in `from` may be a column", parts.join("."))));
        }
        let outside = self.tables.table(&self.outside(name, parts));
        if let Some(text) = &outside.query {
            if self.depth >= DEPTH {
                return Err(not("parts are put in too deep"));
            }
            let ast = query(self.dialect, text)?;
            let (scopes, ctes) = (std::mem::take(&mut self.scopes), std::mem::take(&mut self.ctes));
            self.depth += 1;
            let read = self.query(&ast);
            self.depth -= 1;
            (self.scopes, self.ctes) = (scopes, ctes);
            let (rel, columns) = read?;
            return Ok(Factor::made(rel, columns, names));
        }
        let (rel, keys) = (Rel::Table(outside.key.clone().into()), self.keys_of(&outside));
        let columns = outside.columns.map(|columns| {
            let name = |name: String| {
                let key = crate::sql::fold(self.dialect, &name, false);
                Some(OutputName { key, shown: name })
            };
            columns.into_iter().map(name).collect()
        });
        Ok(Factor { keys, ..Factor::made(rel, columns, names) })
    }

    /// What the columns of a relation from outside are known by: their names of the old side.
    fn keys_of(&self, outside: &Outside) -> Keys {
        let fold = |name: &str| crate::sql::fold(self.dialect, name, false);
        let former: Vec<(String, String)> =
            outside.former.iter().map(|(own, former)| (fold(own), fold(former))).collect();
        let Some(columns) = &outside.columns else { return Keys::Open(former) };
        let keys: Vec<String> = columns.iter().map(|name| fold(name)).collect();
        let listed = columns.iter().zip(&keys).map(|(name, key)| {
            // Names that differ in their case alone are told apart by it.
            if keys.iter().filter(|other| *other == key).count() > 1 {
                return name.as_str().into();
            }
            let former = former.iter().find(|(own, _)| own == key);
            former.map_or(key.as_str(), |(_, former)| former).into()
        });
        Keys::Listed(listed.collect())
    }

    /// A name of a relation from outside, as the warehouse compares it: there case may count where columns' doesn't.
    fn outside(&self, name: &ObjectName, folded: Vec<String>) -> Vec<String> {
        use crate::sql::Dialect as D;
        if !matches!(self.dialect, D::BigQuery | D::MySql | D::MariaDb) {
            return folded;
        }
        let text = |part: &ObjectNamePart| match part {
            ObjectNamePart::Identifier(name) => name.value.clone(),
            ObjectNamePart::Function(call) => call.to_string(),
        };
        name.0.iter().map(text).collect()
    }

    /// Another reading of a CTE.
    fn cte(&mut self, at: usize) -> Result<(Rel, Names)> {
        let cte = &mut self.ctes[at];
        let names = cte.names.clone();
        let is_again = cte.number.is_some();
        if !is_again {
            self.used += 1;
            cte.number = Some(self.used);
        }
        let (number, rel, is_pure) = (cte.number.unwrap_or_default(), Arc::clone(&cte.rel), cte.is_pure);
        if self.is_meaning() && is_pure {
            self.grow(crate::review::canon::model::size(&rel, super::SIZE))?;
            return Ok(((*rel).clone(), names));
        }
        Ok((Rel::Cte(number, rel), names))
    }

    fn alias(&mut self, factor: &mut Factor, alias: Option<&TableAlias>) -> Result<()> {
        let Some(TableAlias { explicit, name, columns, at: None }) = alias else {
            return if alias.is_some() { Err(not("`at` is not known here")) } else { Ok(()) };
        };
        // What the parser takes for an alias may be a clause that it doesn't know.
        if !explicit && name.quote_style.is_none() && CLAUSES.contains(&name.value.to_lowercase().as_str()) {
            return Err(not(format!("`{}` after a relation is not known here", name.value)));
        }
        let key = self.key(name);
        factor.names = vec![vec![key.clone()]];
        if columns.is_empty() {
            return Ok(());
        }
        if columns.iter().any(|column| column.data_type.is_some()) {
            return Err(not("types in an alias are not known here"));
        }
        let renamed: Vec<Option<OutputName>> = columns
            .iter()
            .map(|column| Some(OutputName { key: self.key(&column.name), shown: column.name.value.clone() }))
            .collect();
        factor.is_value = false;
        match (&mut factor.columns, &factor.rel) {
            (Some(own), _) if own.len() >= renamed.len() && own.iter().all(Option::is_some) => {
                own.splice(..renamed.len(), renamed);
            }
            // All columns of a function have to be named.
            (None, Rel::Function(..)) => factor.columns = Some(renamed),
            _ => return Err(not(format!("the columns of `{key}` are not known, yet they are renamed"))),
        }
        Ok(())
    }
}

//! What is found in one node's rendered SQL: the inlined parts it names, and where text can be put in.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::scan::{Scan, With, usage};
use super::{Inliner, Style};
use crate::project::{NodeId, NodeKind};
use crate::render::{CTE_PREFIX, RenderedNode, cte_name};
use crate::sql::{TokenKind, fold, needs_quotes, unquote};

/// One node's text, looked at.
pub(super) struct Own {
    pub(super) scan: Scan,
    pub(super) with: Option<With>,
    /// The names of parts in it, in order of place.
    pub(super) references: Vec<Reference>,
    /// The parts that become CTEs for its sake, in the order of its refs.
    pub(super) reads: Vec<NodeId>,
    /// Every name in it and its uses; only where CTEs get plain names.
    pub(super) names: FxHashMap<String, u8>,
}

/// A name that stands for a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) range: Range<usize>,
    pub(super) node: NodeId,
    pub(super) place: Place,
}

/// Where such a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the place of a table.
    Table {
        /// The bracket it stands in.
        group: u32,
        /// True where an alias can be added: there is none, and a table is what is wanted.
        bare: bool,
    },
    /// Before a dot.
    Qualifier {
        /// The bracket it stands in.
        group: u32,
    },
    /// In a string or a comment.
    Hidden,
}

/// A text by which a part may be named.
struct Candidate {
    text: String,
    node: NodeId,
}

impl Own {
    pub(super) fn of(inliner: &Inliner<'_>, id: NodeId, rendered: &RenderedNode) -> Self {
        let sql = rendered.sql.as_str();
        let dialect = inliner.context.project.target.dialect;
        let scan = Scan::of(dialect, sql);
        let with = scan.with(sql);
        let candidates = candidates(inliner, id);
        let references = references(&scan, sql, &candidates);
        let parents = &inliner.context.graph.parents[id];
        let named = |part: &NodeId| {
            references.iter().any(|reference| reference.node == *part && reference.place != Place::Hidden)
        };
        // dbt puts in what was ref()ed, used or not.
        let always = |part: &NodeId| inliner.style == Style::Dbt && !inliner.has_table_name(*part);
        let reads = parents.iter().copied().filter(|it| inliner.inline[*it] && (always(it) || named(it)));
        let reads = reads.collect();
        let names = match inliner.style {
            Style::Dbt => FxHashMap::default(),
            Style::Plain => names(inliner, &scan, sql, &references),
        };
        Self { scan, with, references, reads, names }
    }

    /// The replacements that make the names of parts good; `cte` gives the name of an inlined part's CTE.
    pub(super) fn edits(
        &self,
        inliner: &Inliner<'_>,
        rendered: &RenderedNode,
        cte: impl Fn(NodeId) -> Option<String>,
    ) -> Vec<(Range<usize>, String)> {
        let sql = rendered.sql.as_str();
        let dialect = inliner.context.project.target.dialect;
        let mut edits = Vec::new();
        // Brackets in which a part got its table's name as alias.
        let mut aliased: Vec<(NodeId, u32)> = Vec::new();
        let stand_in = |node: NodeId| cte(node).or_else(|| Some(inliner.temp(node)?.render()));
        for reference in &self.references {
            let node = reference.node;
            let new = match (stand_in(node), reference.place) {
                (_, Place::Qualifier { .. }) => continue,
                (_, Place::Hidden) if cte(node).is_some() => continue,
                (Some(name), Place::Table { group, bare }) => {
                    let table = inliner.table_name(node);
                    let differs = inliner.temp(node).is_some()
                        || fold(dialect, &unquote(&name), false) != fold(dialect, table, false);
                    if bare
                        && differs
                        && inliner.has_table_name(node)
                        && self.qualifies(inliner, sql, table, group)
                    {
                        aliased.push((node, group));
                        format!("{name} as {}", quoted(inliner, table))
                    } else {
                        name
                    }
                }
                // Text that the author wrote into a string or comment is the author's.
                (table, Place::Hidden) => {
                    let origin = rendered.source_map.origin(reference.range.clone());
                    if origin.is_none_or(|origin| origin.exact) {
                        continue;
                    }
                    table.unwrap_or_else(|| relation(inliner, node))
                }
                (None, Place::Table { .. }) => relation(inliner, node),
            };
            edits.push((reference.range.clone(), new));
        }
        for reference in &self.references {
            let Place::Qualifier { group } = reference.place else { continue };
            let node = reference.node;
            let alias = aliased.iter().any(|(it, around)| *it == node && self.scan.within(group, *around));
            let new = match stand_in(node) {
                Some(_) if alias => quoted(inliner, inliner.table_name(node)),
                Some(name) => name,
                None => relation(inliner, node),
            };
            edits.push((reference.range.clone(), new));
        }
        // dbt leaves a name in the quotes that its adapter gave it; ClickHouse's gives them to every name.
        let same = |old: &str, new: &str| {
            old == new || inliner.style == Style::Dbt && unquote(old) != old && unquote(old) == unquote(new)
        };
        edits.retain(|(range, new)| !same(&sql[range.clone()], new));
        edits.sort_by_key(|(range, _)| range.start);
        edits
    }

    /// True if columns are taken from a table of this name within the bracket.
    fn qualifies(&self, inliner: &Inliner<'_>, sql: &str, table: &str, group: u32) -> bool {
        let dialect = inliner.context.project.target.dialect;
        let wanted = fold(dialect, table, false);
        self.scan.words.iter().enumerate().any(|(at, word)| {
            matches!(word.token.kind, TokenKind::Word | TokenKind::Quoted)
                && self.scan.symbol(at + 1) == Some(b'.')
                && (at == 0 || self.scan.symbol(at - 1) != Some(b'.'))
                && self.scan.within(word.group, group)
                && fold(dialect, &unquote(word.token.text(sql)), false) == wanted
        })
    }
}

/// Every name in the text and its uses, the names of parts left out.
fn names(inliner: &Inliner<'_>, scan: &Scan, sql: &str, references: &[Reference]) -> FxHashMap<String, u8> {
    let dialect = inliner.context.project.target.dialect;
    // `from <part> as orders`: the part's own name as its alias is no other use of the name.
    let mut own_alias: Vec<(usize, String)> = Vec::new();
    for reference in references {
        let end = reference.range.end;
        let mut next = scan.words.partition_point(|word| (word.token.start as usize) < end);
        if scan.is(next, sql, "as") {
            next += 1;
        }
        let table = fold(dialect, inliner.table_name(reference.node), false);
        let alias =
            scan.words.get(next).filter(|_| matches!(reference.place, Place::Table { bare: false, .. }));
        if let Some(alias) = alias
            && fold(dialect, &unquote(alias.token.text(sql)), false) == table
        {
            own_alias.push((alias.token.start as usize, table));
        }
    }
    let mut names = scan.names(dialect, sql, |token| {
        let start = token.start as usize;
        references.iter().any(|it| it.range.start <= start && start < it.range.end)
            || own_alias.iter().any(|(at, _)| *at == start)
    });
    for (_, name) in own_alias {
        if names.get(&name).is_some_and(|used| used & usage::BARE == 0) {
            names.remove(&name);
        }
    }
    names
}

/// The name of the relation that a part has in the warehouse.
fn relation(inliner: &Inliner<'_>, node: NodeId) -> String {
    let relation = inliner.context.collected.nodes[node].as_ref().and_then(|it| it.relation.as_ref());
    relation.map_or_else(|| quoted(inliner, inliner.table_name(node)), crate::sql::Relation::render)
}

/// `name` in quotes if it needs them.
pub(super) fn quoted(inliner: &Inliner<'_>, name: &str) -> String {
    let dialect = inliner.context.project.target.dialect;
    if needs_quotes(dialect, name) { dialect.quote(name) } else { name.to_owned() }
}

/// The texts by which a node may name the parts it reads, longest first.
fn candidates(inliner: &Inliner<'_>, id: NodeId) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut add = |text: String, node: NodeId| {
        if !text.is_empty() && !candidates.iter().any(|known| known.text == text) {
            candidates.push(Candidate { text, node });
        }
    };
    let parents = &inliner.context.graph.parents[id];
    for parent in parents.iter().copied() {
        let node = inliner.context.project.node(parent);
        if node.kind != NodeKind::Model || !inliner.may_stand_in(parent) {
            continue;
        }
        add(cte_name(inliner.table_name(parent)), parent);
        add(cte_name(&node.name), parent);
        if inliner.standalone || inliner.temp(parent).is_some() {
            add(relation(inliner, parent), parent);
        }
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.text.len()));
    candidates
}

fn references(scan: &Scan, sql: &str, candidates: &[Candidate]) -> Vec<Reference> {
    let mut references = Vec::new();
    if candidates.is_empty() {
        return references;
    }
    let mut done = 0;
    for (at, word) in scan.words.iter().enumerate() {
        let start = word.token.start as usize;
        if start < done || !matches!(word.token.kind, TokenKind::Word | TokenKind::Quoted) {
            continue;
        }
        let after_dot = at > 0 && scan.symbol(at - 1) == Some(b'.');
        let Some((node, end)) = named(sql, &word.token, candidates).filter(|_| !after_dot) else { continue };
        done = end;
        let last = at + scan.words[at..].partition_point(|it| (it.token.end as usize) < end);
        let group = word.group;
        let place = if scan.symbol(last + 1) == Some(b'.') {
            Place::Qualifier { group }
        } else {
            Place::Table { group, bare: scan.is_table(at, sql) && !scan.has_alias(last, sql) }
        };
        references.push(Reference { range: start..end, node, place });
    }
    for token in &scan.hidden {
        let text = token.text(sql);
        if !text.contains(CTE_PREFIX) {
            continue;
        }
        let mut from = 0;
        while let Some(at) = text[from..].find(CTE_PREFIX) {
            let start = token.start as usize + from + at;
            let hit = candidates.iter().find(|it| starts_with_name(&sql[start..], &it.text));
            if let Some(hit) = hit {
                references.push(Reference {
                    range: start..start + hit.text.len(),
                    node: hit.node,
                    place: Place::Hidden,
                });
            }
            from += at + CTE_PREFIX.len();
        }
    }
    references.sort_by_key(|reference| reference.range.start);
    references
}

/// The part that is named at this token, and where the name ends.
fn named(sql: &str, token: &crate::sql::Token, candidates: &[Candidate]) -> Option<(NodeId, usize)> {
    let start = token.start as usize;
    if token.kind == TokenKind::Quoted {
        let bare = unquote(token.text(sql));
        if let Some(hit) = candidates.iter().find(|it| it.text == *bare) {
            return Some((hit.node, token.end as usize));
        }
    }
    let hit = candidates.iter().find(|it| starts_with_name(&sql[start..], &it.text))?;
    Some((hit.node, start + hit.text.len()))
}

/// True if `text` begins with `name` and the name ends there.
fn starts_with_name(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| {
        !rest.chars().next().is_some_and(|next| next == '_' || next == '$' || next.is_alphanumeric())
    })
}

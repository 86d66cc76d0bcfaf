//! A column's new name: where it is written in its part, and wherever lineage says that somebody reads it.
//!
//! In a reader only the names that mean the column are changed; where such a name was the reader's own column, too, an
//! alias keeps it. A `select *` hands the new name on: within a statement it is followed, beyond it the author is asked.

mod config;
mod marks;
mod name;
mod same;
mod splice;
mod unseen;
mod yaml;

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::check::head;
use super::errors::{left_alone, nothing_to_rename, taken, unsure};
use super::files::own_files;
use super::words::{at, comments, told, words_of};
use super::{Input, Renaming};
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::flow::{self, Flow};
use crate::project::{Node, NodeId, NodeKind};
use crate::render::{Rendered, RenderedNode};
use crate::source::Span;
use crate::sql::{Words, fold, unquote};
use marks::{Marks, Stuck};
pub use name::ColumnNames;
pub use same::{ColumnSide, check_column};
use splice::{last_star, splices};
use yaml::YamlWork;

/// The project as it is, with its columns.
#[derive(Clone, Copy)]
pub struct ColumnInput<'a> {
    /// Its graph, plan and SQL.
    pub input: Input<'a>,
    /// What lineage reads.
    pub flow: flow::Input<'a>,
    /// The columns of all nodes.
    pub lineage: &'a Flow,
    /// Parts as they are rendered once their tables are there: those in which `is_incremental()` is asked.
    pub again: &'a Rendered,
}

/// How a column is renamed.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColumnOptions {
    /// Where a part hands the column on by `*`, its own column is renamed as well.
    pub through_stars: bool,
}

/// What has to be done.
#[derive(Clone, Debug)]
pub struct ColumnRenaming {
    /// The edits and notes.
    pub renaming: Renaming,
    /// The names.
    pub names: ColumnNames,
    /// The nodes whose column gets the new name.
    pub renamed: Vec<NodeId>,
    /// The nodes whose statements may be others afterwards.
    pub touched: Vec<NodeId>,
}

impl<'a> ColumnInput<'a> {
    /// A node's SQL in all the forms in which it is run.
    fn forms(self, id: NodeId) -> Vec<&'a RenderedNode> {
        let first = self.input.context.rendered.nodes[id].as_ref();
        let again = self.again.nodes[id].as_ref();
        let again = again.filter(|again| first.is_none_or(|first| first.sql != again.sql));
        first.into_iter().chain(again).collect()
    }
}

/// The edits that give the column `from` of `part` the name `to`; or everything that keeps that from being done.
pub fn column(
    input: ColumnInput<'_>,
    part: &str,
    from: &str,
    to: &str,
    options: ColumnOptions,
) -> Result<ColumnRenaming, Vec<Diagnostic>> {
    let id = find(input, part).map_err(|found| vec![found])?;
    let names = names(input, id, from, to).map_err(|found| vec![found])?;
    let mut work = Work {
        input,
        names,
        options,
        part: id,
        renamed: vec![id],
        touched: Vec::new(),
        made: Renaming::default(),
        refused: Vec::new(),
    };
    let order = input.input.context.graph.order.clone();
    for id in order {
        work.node(id);
    }
    work.files();
    work.tell();
    if !work.refused.is_empty() {
        return Err(work.refused);
    }
    let Work { names, renamed, touched, made: renaming, .. } = work;
    Ok(ColumnRenaming { renaming, names, renamed, touched })
}

fn find(input: ColumnInput<'_>, part: &str) -> Result<NodeId, Diagnostic> {
    let project = input.input.context.project;
    let root = project.root().name.as_str();
    let own = |node: &Node| node.kind == NodeKind::Model && node.package == root;
    let mut named = project.nodes().filter(|(_, node)| own(node) && node.name == part);
    match (named.next(), named.next()) {
        (Some((id, node)), None) if node.version.is_none() => Ok(id),
        (Some((_, node)), _) => {
            let message = format!("`{part}` has versions, whose columns can't be renamed one by one");
            Err(unsure(message, node.properties_span, "several parts in one", &[]))
        }
        (None, _) => {
            let parts = project.nodes().filter(|(_, node)| own(node));
            Err(nothing_to_rename(part, parts.map(|(_, node)| node.name.as_str())))
        }
    }
}

fn names(input: ColumnInput<'_>, id: NodeId, from: &str, to: &str) -> Result<ColumnNames, Diagnostic> {
    let project = input.input.context.project;
    let (dialect, node) = (project.target.dialect, project.node(id));
    let inner = unquote(from);
    let key = fold(dialect, &inner, inner.len() != from.len());
    let columns = input.lineage.nodes[id].as_ref();
    let place = columns.and_then(|columns| {
        let shown = || columns.columns.iter().position(|it| *it.name == *inner && !it.is_star);
        columns.place(&key).or_else(|| shown().map(|at| at as u32))
    });
    let (Some(columns), Some(place)) = (columns, place) else {
        let message = format!("`{}` is not known to have a column `{from}`", node.name);
        let found = Diagnostic::error(Code::UNKNOWN_COLUMN, message);
        let known = columns.into_iter().flat_map(|columns| &columns.columns).map(|column| &*column.name);
        return Err(match suggest::closest(&inner, known) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help(format!("`buhin lineage {}` shows its columns", node.name)),
        });
    };
    let column = &columns.columns[place as usize];
    let names = ColumnNames::new(dialect, &column.name, columns.key(place), to);
    if names.to.is_empty() || names.to.contains(['\n', '"', '`', '\'', '\\', '{', '}', '[', ']']) {
        return Err(super::bad_name(to, "a quote, a bracket or a line break can't stand in a column's name"));
    }
    if names.new_key == names.old_key && names.from == names.to {
        return Err(super::bad_name(to, "that is its name already"));
    }
    match columns.place(&names.new_key) {
        Some(other) if other != place => {
            Err(taken(&names.to, &format!("another column of `{}`", node.name), None))
        }
        _ => Ok(names),
    }
}

struct Work<'a> {
    input: ColumnInput<'a>,
    names: ColumnNames,
    options: ColumnOptions,
    part: NodeId,
    renamed: Vec<NodeId>,
    touched: Vec<NodeId>,
    made: Renaming,
    refused: Vec<Diagnostic>,
}

impl Work<'_> {
    fn refuse(&mut self, message: String, span: Option<Span>, label: &str) {
        self.refused.push(unsure(message, span, label, &[]));
    }

    /// What is called so in messages: `orders.id`.
    fn shown(&self) -> String {
        format!("{}.{}", self.input.input.context.project.node(self.part).name, self.names.from)
    }

    fn node(&mut self, id: NodeId) {
        let context = self.input.input.context;
        let (project, node) = (context.project, context.project.node(id));
        let reads = context.graph.parents[id].iter().any(|parent| self.renamed.contains(parent));
        if node.kind == NodeKind::Operation && reads {
            self.run_hook(id);
        }
        if !node.kind.has_columns() || !(reads || id == self.part) {
            return;
        }
        let head = head(project, node);
        if node.is_python {
            let message = format!("`{}` is Python, and may read `{}`", node.name, self.shown());
            self.refuse(message, Some(head), "columns are not followed here");
            return;
        }
        self.touched.push(id);
        let is_generic = node.test.as_ref().is_some_and(|test| !test.name.is_empty());
        let forms = self.input.forms(id);
        let before = self.refused.len();
        for rendered in &forms {
            self.form(id, rendered, is_generic);
        }
        if is_generic || self.refused.len() > before {
            return;
        }
        self.hooks(id, &forms);
        if let Some(body) = node.body {
            let text = &project.files.get(body.file).text;
            for span in unseen::unseen(text, body, &forms, &self.names) {
                let message = format!(
                    "`{}` stands in text that is not compiled now, so nobody can tell if it is `{}`",
                    self.names.from,
                    self.shown()
                );
                self.refuse(message, Some(span), "a branch that is not taken");
            }
        }
    }

    /// Refuses a hook of the run that reads a renamed node and names the column.
    fn run_hook(&mut self, id: NodeId) {
        let context = self.input.input.context;
        let node = context.project.node(id);
        let sql = context.rendered.nodes[id].as_ref().map(|it| it.sql.as_str());
        let text = node.hook.as_ref().map(|hook| hook.text.as_str());
        if sql.into_iter().chain(text).any(|text| !self.names.places_in(text).is_empty()) {
            let message = format!("a hook of the run, `{}`, names `{}`", node.name, self.names.from);
            let found = unsure(message, Some(node.span), "hooks are not followed", &[]);
            self.refused.push(found.help("rename the column there by hand first"));
        }
    }

    /// Refuses hooks that name the column, of a renamed node or beside the name of one: which table the column is of is not
    /// followed there.
    fn hooks(&mut self, id: NodeId, forms: &[&RenderedNode]) {
        let context = self.input.input.context;
        let project = context.project;
        let node = project.node(id);
        let is_own = self.renamed.contains(&id);
        let renamed =
            self.renamed.iter().filter_map(|id| context.collected.nodes[*id].as_ref()?.relation.as_ref());
        let tables: Vec<&str> = renamed.filter_map(|relation| relation.identifier.as_deref()).collect();
        let names_one = |sql: &str| {
            let words = Words::new(self.names.dialect, sql);
            (0..words.len())
                .any(|at| tables.iter().any(|table| unquote(words.text(at)).eq_ignore_ascii_case(table)))
        };
        let hooks = forms.iter().flat_map(|form| form.pre_hooks.iter().chain(&form.post_hooks));
        let mut named = hooks
            .filter(|hook| !self.names.places_in(&hook.sql).is_empty() && (is_own || names_one(&hook.sql)));
        if named.next().is_some() {
            let message = format!("a hook of `{}` names `{}`", node.name, self.names.from);
            let found = unsure(message, Some(head(project, node)), "this has the hook, or its config", &[]);
            self.refused.push(found.help("hooks are not followed: rename the column there by hand first"));
        }
    }

    /// One form of a node's SQL.
    fn form(&mut self, id: NodeId, rendered: &RenderedNode, is_generic: bool) {
        let context = self.input.input.context;
        let node = context.project.node(id);
        let head = Some(head(context.project, node));
        let statement = flow::statement(self.input.flow, self.input.lineage, id, rendered);
        let opaque = match &statement {
            None => Some("it has no statement"),
            Some(statement) => statement.lineage.opaque.as_ref().map(|opaque| opaque.reason.as_str()),
        };
        let opaque = if rendered.queries { Some("its macros ask the warehouse") } else { opaque };
        if let Some(why) = opaque {
            if self.may_name(&rendered.sql) || id == self.part {
                let message =
                    format!("`{}` may read `{}`: it is not followed, for {why}", node.name, self.shown());
                self.refuse(message, head, "columns are not followed here");
            }
            return;
        }
        let Some(statement) = statement else { return };
        let key = self.names.old_key.clone();
        let renamed: FxHashSet<NodeId> = self.renamed.iter().copied().collect();
        let mut marks = Marks::new(&statement, &key, |node| renamed.contains(&node));
        if id == self.part
            && let Err(stuck) = marks.output()
        {
            return self.stuck(id, rendered, &statement, stuck);
        }
        if let Err(stuck) = marks.spread() {
            return self.stuck(id, rendered, &statement, stuck);
        }
        if marks.is_empty() || is_generic {
            return;
        }
        let has_readers = matches!(node.kind, NodeKind::Model | NodeKind::Snapshot);
        if id != self.part && has_readers && marks.passes_on() && !self.renamed.contains(&id) {
            if !self.options.through_stars {
                let message =
                    format!("`{}` hands `{}` on to its own readers by `*`", node.name, self.shown());
                let place = self.star_place(rendered).or(head);
                let found = unsure(message, place, "the column would be renamed here, too", &[]);
                let help = "`--through-stars` renames it here and for the readers of this, as well";
                self.refused.push(found.help(help));
                return;
            }
            let clash = self.input.lineage.nodes[id].as_ref().and_then(|it| it.place(&self.names.new_key));
            if clash.is_some() {
                let by = format!("another column of `{}`", node.name);
                self.refused.push(taken(&self.names.to, &by, head));
                return;
            }
            self.renamed.push(id);
        }
        match splices(&statement, &marks, &self.names, &rendered.sql) {
            Ok(made) => {
                for splice in made {
                    self.splice(id, rendered, &splice.range, splice.text);
                }
            }
            Err(doubts) => {
                for doubt in doubts {
                    let span = origin(rendered, &doubt.range);
                    let message = format!("`{}` can't be renamed here: {}", self.shown(), doubt.why);
                    self.refuse(message, span.or(head), "");
                }
            }
        }
    }

    /// True if a text that is not followed names the column, or may.
    fn may_name(&self, sql: &str) -> bool {
        let words = Words::new(self.names.dialect, sql);
        !self.names.places_in(sql).is_empty()
            || last_star(&words).is_some()
            || (0..words.len()).any(|at| words.is(at, "natural"))
    }

    fn stuck(&mut self, id: NodeId, rendered: &RenderedNode, statement: &flow::NodeStatement, stuck: Stuck) {
        let node = self.input.input.context.project.node(id);
        let head = head(self.input.input.context.project, node);
        match stuck {
            Stuck::Output => {
                let message = format!("`{}` has no single column `{}`", node.name, self.names.from);
                self.refuse(message, Some(head), "");
            }
            Stuck::Star(_) => {
                let message =
                    format!("`{}` gets `{}` by `*`, and nothing names it there", node.name, self.names.from);
                let place = self.star_place(rendered).unwrap_or(head);
                let found = unsure(message, Some(place), "this hands it on", &[]);
                self.refused.push(found.help("write the columns out here, or rename it where it is made"));
            }
            Stuck::Merged(column) => {
                let message = format!(
                    "a join merges `{}` with a column of the same name that keeps its name",
                    self.shown()
                );
                let edges = statement.lineage.value_edges(column);
                let is_side = |used: &&crate::lineage::Use| {
                    edges.iter().any(|edge| edge.from == crate::lineage::From::Column(used.column))
                };
                let used = statement.lineage.uses.iter().rev().find(is_side).map(|used| used.span.clone());
                let words = Words::new(self.names.dialect, &rendered.sql);
                let natural = || {
                    let at = (0..words.len()).find(|at| words.is(*at, "natural"))?;
                    Some(words.all()[at].start..words.all()[at].end)
                };
                let place = used.or_else(natural).and_then(|range| origin(rendered, &range));
                let span = place.unwrap_or(head);
                let found = unsure(message, Some(span), "joined by name", &[]);
                self.refused.push(found.help("write the join with `on`, then rename again"));
            }
        }
    }

    fn star_place(&self, rendered: &RenderedNode) -> Option<Span> {
        let words = Words::new(self.names.dialect, &rendered.sql);
        let star = last_star(&words)?;
        origin(rendered, &(star.start..star.end))
    }

    fn splice(&mut self, id: NodeId, rendered: &RenderedNode, range: &Range<u32>, text: String) {
        let project = self.input.input.context.project;
        let node = project.node(id);
        // What is put in stands behind a byte; that byte tells where.
        let is_added = range.is_empty();
        let asked = if is_added { range.start.saturating_sub(1)..range.end } else { range.clone() };
        let origin = rendered.source_map.origin(asked.start as usize..asked.end as usize);
        let own_file = node.body.map_or(node.span.file, |body| body.file);
        let place = origin.as_ref().filter(|origin| {
            let covers = origin.span.end - origin.span.start == asked.end - asked.start;
            origin.exact && covers && origin.span.file == own_file && node.package == project.root().name
        });
        let Some(place) = place.map(|origin| origin.span) else {
            let message = format!("`{}` reads `{}` in text that is made elsewhere", node.name, self.shown());
            let (span, frames) = match &origin {
                Some(origin) => (origin.span, &*origin.frames),
                None => (head(project, node), &[][..]),
            };
            let found = unsure(message, Some(span), "this makes the text", frames);
            self.refused.push(found.help("write the column out in the part, or rename by hand"));
            return;
        };
        let bytes = if is_added { place.end as usize..place.end as usize } else { place.range() };
        let path = project.files.path(place.file).to_owned();
        if !self.made.edits.replace(&path, bytes, text) {
            let message = format!("this text means `{}` once, and something else another time", self.shown());
            self.refuse(message, Some(place), "written once, compiled several times");
        }
    }

    /// Property files, and the config in the parts' own text.
    fn files(&mut self) {
        let context = self.input.input.context;
        let project = context.project;
        let files = own_files(self.input.input);
        let renamed = self.renamed.clone();
        let names = self.names.clone();
        let yaml = YamlWork { context, names: &names, renamed: &renamed };
        for file in files.iter().filter(|file| file.is_yaml() && file.path != "dbt_project.yml") {
            for doubt in yaml.file(*file, &mut self.made.edits) {
                let message = format!("`{}` can't be renamed here: {}", self.shown(), doubt.why);
                self.refused.push(unsure(message, doubt.span, "", &[]).help(doubt.help));
            }
        }
        for id in renamed {
            let node = project.node(id);
            let Some(body) = node.body.filter(|_| node.package == project.root().name) else { continue };
            let path = project.files.path(body.file).to_owned();
            for (range, new) in config::in_calls(&project.files.get(body.file).text, &names) {
                let _one = self.made.edits.replace(&path, range, new);
            }
        }
    }

    /// What is left alone, and what the warehouse still has.
    fn tell(&mut self) {
        let context = self.input.input.context;
        let project = context.project;
        let mut words = Vec::new();
        for id in self.touched.clone() {
            let node = project.node(id);
            let Some(body) = node.body else { continue };
            let file = project.files.get(body.file);
            let in_jinja = unseen::in_jinja(&file.text, body, &self.names);
            words.extend(in_jinja.into_iter().filter(|span| !self.made.edits.has(&file.path, &span.range())));
            if id != self.part {
                continue;
            }
            for range in comments(self.names.dialect, &file.text) {
                let found = words_of(&file.text[range.clone()], &self.names.from);
                words.extend(found.map(|it| at(body.file, &(range.start + it.start..range.start + it.end))));
            }
        }
        words.sort_unstable();
        words.dedup();
        self.made.notes.extend(told(&words, &self.names.from));
        if self.names.is_quoted {
            let message =
                format!("`{}` can only stand in quotes, and macros may write it without", self.names.to);
            let help = "`quote: true` beside the column's name makes tests write quotes";
            self.made.notes.push(left_alone(message).help(help));
        }
        for id in self.renamed.clone() {
            let node = project.node(id);
            let config = context.collected.nodes[id].as_ref().map(|it| &it.config);
            let materialized = config.and_then(|config| config.materialized());
            let keeps = node.kind == NodeKind::Snapshot || materialized == Some("incremental");
            if keeps {
                let message = format!(
                    "the table of `{}` keeps its rows, and its column `{}` with them",
                    node.name, self.names.from
                );
                let help = if node.kind == NodeKind::Snapshot {
                    "rename the column in the warehouse before the next run, or the history ends there"
                } else {
                    "`--full-refresh` at the next run makes it anew, or rename the column in the warehouse"
                };
                self.made.notes.push(left_alone(message).at(head(project, node), "").help(help));
            }
        }
    }
}

/// The author's place of rendered bytes.
fn origin(rendered: &RenderedNode, range: &Range<u32>) -> Option<Span> {
    Some(rendered.source_map.origin(range.start as usize..range.end as usize)?.span)
}

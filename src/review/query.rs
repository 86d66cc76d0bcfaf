//! The verdict on a node's SQL, in all the forms that it has, and on what hides in its template.

use super::canon::{Outside, Tables};
use super::side::{Recorded, Side};
use super::template::{self, Template};
use super::verdict::{Verdict, Written, by_form, same_words, verdict};
use crate::project::{Node, NodeId, NodeKind};
use crate::render::RenderedNode;

const UNANSWERED: &str = "its macros ask the warehouse, and nobody answered";

/// The verdict on the SQL of a node that is on both sides.
pub(super) fn compare_sql(
    old: Side<'_>,
    new: Side<'_>,
    (was, is): (NodeId, NodeId),
    tables: (&dyn Tables, &dyn Tables),
) -> Verdict {
    let (before, after) = (old.context.project.node(was), new.context.project.node(is));
    if after.kind == NodeKind::Seed {
        let bytes = |side: Side<'_>, node: &Node| side.world.read(&node.path).ok();
        let same = match old.recorded {
            Some(recorded) => recorded.has_same_rows(was, is),
            None => bytes(old, before) == bytes(new, after),
        };
        return if same { Verdict::Unchanged } else { opaque("the seed's rows differ") };
    }
    if after.is_python {
        // A manifest has the text without the blanks around it.
        let same = old.raw(was).map(str::trim) == new.raw(is).map(str::trim);
        return if same { Verdict::Unchanged } else { opaque("it is written in Python") };
    }
    let pair = Pair { old, new, was, is, tables };
    match (&old.context.rendered.nodes[was], &new.context.rendered.nodes[is]) {
        (Some(_), Some(now)) if old.recorded.is_some() => pair.recorded(now),
        (None, Some(_)) if old.recorded.is_some() => pair.written(),
        (Some(rendered), Some(now)) => pair.compiled(rendered, now),
        (None, None) if old.raw(was) == new.raw(is) => Verdict::Unchanged,
        (None, None) => opaque("it has no SQL on either side"),
        (None, _) => opaque("before, it could not be compiled"),
        (_, None) => opaque("it can't be compiled"),
    }
}

/// The columns of a node that have other names now, by its SQL as it is for a first run.
pub(super) fn renamed_columns(
    old: Side<'_>,
    new: Side<'_>,
    (was, is): (NodeId, NodeId),
    tables: (&dyn Tables, &dyn Tables),
) -> Vec<(String, String)> {
    let (Some(before), Some(after)) = (old.sql(was), new.sql(is)) else { return Vec::new() };
    let dialect = new.context.project.target.dialect;
    let written = (Written { sql: before, tables: tables.0 }, Written { sql: after, tables: tables.1 });
    by_form(dialect, written.0, written.1).map_or_else(|_| Vec::new(), |found| found.renamed())
}

fn opaque(why: &str) -> Verdict {
    Verdict::Opaque(why.to_owned())
}

/// A node on both sides.
struct Pair<'s, 't> {
    old: Side<'s>,
    new: Side<'s>,
    was: NodeId,
    is: NodeId,
    tables: (&'t dyn Tables, &'t dyn Tables),
}

impl Pair<'_, '_> {
    fn verdict(&self, was: &str, is: &str) -> Verdict {
        let dialect = self.new.context.project.target.dialect;
        let before = Written { sql: was, tables: self.tables.0 };
        verdict(dialect, before, Written { sql: is, tables: self.tables.1 })
    }

    /// The author's texts.
    fn texts(&self) -> (&str, &str) {
        (self.old.raw(self.was).unwrap_or_default(), self.new.raw(self.is).unwrap_or_default())
    }

    /// Both sides were compiled.
    fn compiled(&self, rendered: &RenderedNode, now: &RenderedNode) -> Verdict {
        let found = self.verdict(&rendered.sql, &now.sql);
        let added = self.old.added_to[self.was].as_deref().zip(self.new.added_to[self.is].as_deref());
        let added = added.map(|(was, is)| self.verdict(was, is));
        let covers_both = added.is_some();
        let found = match added {
            Some(later) if later.gravity() > found.gravity() => later,
            _ => found,
        };
        if !found.is_same() {
            return found;
        }
        let asks = |node: &RenderedNode, side: Side<'_>| node.queries && !side.is_answered;
        self.hidden(found, covers_both, asks(rendered, self.old) || asks(now, self.new))
    }

    /// What is left of a verdict on SQL that is the same, if the templates differ.
    fn hidden(&self, found: Verdict, covers_both: bool, is_unanswered: bool) -> Verdict {
        let dialect = self.new.context.project.target.dialect;
        let (was, is) = self.texts();
        if was == is {
            return found;
        }
        // Nothing hides where the templates are the same words.
        if same_words(dialect, &template::as_sql(was), &template::as_sql(is)) {
            return if found == Verdict::Unchanged { Verdict::Cosmetic } else { found };
        }
        if is_unanswered {
            return opaque(UNANSWERED);
        }
        match template::compare(was, is, covers_both) {
            Template::Comments if found == Verdict::Unchanged => Verdict::Cosmetic,
            Template::Same | Template::Comments => found,
            Template::Hidden => {
                opaque("its template differs where this target does not show what comes of it")
            }
        }
    }

    /// The old side is a manifest that has compiled SQL.
    fn recorded(&self, now: &RenderedNode) -> Verdict {
        let was = self.old.sql(self.was).unwrap_or_default();
        let later = self.new.added_to[self.is].as_deref().filter(|later| *later != now.sql);
        let mut found = self.verdict(was, &now.sql);
        // Whether a first run or a later one has compiled it is not told: it is held against the nearer form.
        if let Some(later) = later.map(|later| self.verdict(was, later))
            && later.gravity() < found.gravity()
        {
            found = later;
        }
        if !found.is_same() {
            let is_unanswered = now.queries && !self.new.is_answered;
            return if is_unanswered { opaque(UNANSWERED) } else { found };
        }
        if later.is_some() && !self.is_plain() {
            return opaque("the manifest has only one of its forms, for a first run or for later ones");
        }
        if self.texts().0 != self.texts().1 {
            return self.hidden(found, false, now.queries && !self.new.is_answered);
        }
        // Names of another target are no change, nor are the blanks that CTEs leave which were put in.
        if found == Verdict::Cosmetic { Verdict::Unchanged } else { found }
    }

    /// The old side is a manifest without compiled SQL: only templates that are plain can be compared.
    fn written(&self) -> Verdict {
        let node = self.new.context.project.node(self.is);
        if node.kind == NodeKind::Test
            && self.old.recorded.is_some_and(|recorded| recorded.is_declared_same(self.was, self.is))
        {
            return Verdict::Unchanged;
        }
        let (was, is) = self.texts();
        if was.is_empty() || is.is_empty() || !self.is_plain() {
            return opaque("the manifest has no compiled SQL of it");
        }
        if was == is {
            return Verdict::Unchanged;
        }
        let has_branches = was.contains("{%") || is.contains("{%");
        let (was, is) = (template::without_config(was), template::without_config(is));
        let dialect = self.new.context.project.target.dialect;
        let (was, is) = (template::as_sql(&was), template::as_sql(&is));
        // As words of SQL branches could be taken for anything.
        if has_branches && !same_words(dialect, &was, &is) {
            return opaque("the manifest has no compiled SQL of it");
        }
        let found =
            verdict(dialect, Written { sql: &was, tables: &Unknown }, Written { sql: &is, tables: &Unknown });
        if found == Verdict::Unchanged { Verdict::Cosmetic } else { found }
    }

    /// True if the templates of both sides do nothing but name the same relations.
    fn is_plain(&self) -> bool {
        let (was, is) = self.texts();
        let parents = |side: &Side<'_>, id: NodeId| {
            let ids = side.context.graph.parents[id].iter();
            let mut names: Vec<String> =
                ids.map(|id| side.context.project.node(*id).unique_id.clone()).collect();
            names.sort();
            names
        };
        self.old.recorded.is_some_and(Recorded::has_plain_refs)
            && template::is_plain(was)
            && template::is_plain(is)
            && parents(&self.old, self.was) == parents(&self.new, self.is)
    }
}

/// Tables of which nothing is known.
struct Unknown;

impl Tables for Unknown {
    fn table(&self, name: &[String]) -> Outside {
        Outside { key: name.join("."), ..Outside::default() }
    }
}

//! Columns in property files: entries, tests, config, constraints, unit tests, semantic models.

use std::ops::Range;

use camino::Utf8Path;

use super::super::edits::Edits;
use super::super::files::{OwnFile, scalar_text};
use super::super::refs::written_refs;
use super::config::{KEYS, in_text};
use super::name::ColumnNames;
use crate::emit::Context;
use crate::graph::Resolved;
use crate::project::{NodeId, YamlScalar, YamlStep};
use crate::source::Span;

/// A place in YAML that can't be changed for sure, and why.
pub(super) struct YamlDoubt {
    pub(super) span: Option<Span>,
    pub(super) why: &'static str,
    pub(super) help: &'static str,
}

/// Keys of a test that never name columns.
const NO_COLUMNS: &[&str] = &[
    "name",
    "description",
    "severity",
    "tags",
    "meta",
    "values",
    "value_set",
    "quote",
    "quote_values",
    "alias",
    "error_if",
    "warn_if",
    "limit",
    "store_failures",
    "schema",
    "database",
    "to",
    "enabled",
    "test_name",
    "pattern",
    "regex",
    "datepart",
    "interval",
];

/// Keys beside `to` that name columns of what it refers to.
const OF_OTHER: &[&str] = &["field", "to_columns", "to_condition", "pk_column_name"];

/// What renames a column in YAML.
pub(super) struct YamlWork<'a> {
    pub(super) context: Context<'a>,
    pub(super) names: &'a ColumnNames,
    /// The nodes whose column is renamed.
    pub(super) renamed: &'a [NodeId],
}

impl YamlWork<'_> {
    /// Adds the edits of one file; gives what can't be done.
    pub(super) fn file(&self, file: OwnFile<'_>, edits: &mut Edits) -> Vec<YamlDoubt> {
        let scalars = file.scalars();
        let mut doubts = Vec::new();
        for scalar in &scalars {
            let [YamlStep::Key(list), YamlStep::Item(_), rest @ ..] = scalar.path.as_slice() else {
                continue;
            };
            let head = &scalar.path[..2];
            match list.as_str() {
                "models" | "snapshots" => {
                    let name = value_at(&scalars, head, &["name"]).unwrap_or_default();
                    let is_ours = self.is_renamed(name);
                    if self.is_column(&scalars, scalar, rest, is_ours) {
                        self.replace(file, scalar, edits);
                    }
                }
                "unit_tests" => {
                    if let Some(doubt) = self.unit_test(file, &scalars, scalar, edits) {
                        doubts.push(doubt);
                    }
                }
                "semantic_models" => {
                    let model = value_at(&scalars, head, &["model"]).unwrap_or_default();
                    if !self.means(model) || scalar.is_key {
                        continue;
                    }
                    match rest {
                        [.., YamlStep::Item(_), key] if key.is("expr") => self.replace(file, scalar, edits),
                        [YamlStep::Key(kind), YamlStep::Item(_), key]
                            if key.is("name")
                                && matches!(kind.as_str(), "entities" | "dimensions" | "measures")
                                && self.names.is_old_text(&scalar.value) =>
                        {
                            let own = &scalar.path[..scalar.path.len() - 1];
                            if value_at(&scalars, own, &["expr"]).is_none() {
                                doubts.push(YamlDoubt {
                                    span: span_of(file, scalar.span.clone()),
                                    why: "this is the column and the name that metrics use",
                                    help: "write `expr:` with the column here, then rename again",
                                });
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        doubts
    }

    /// True if a scalar of a part's or snapshot's entry names the column.
    fn is_column(&self, all: &[YamlScalar], scalar: &YamlScalar, rest: &[YamlStep], is_ours: bool) -> bool {
        if scalar.is_key {
            return false;
        }
        let Some(key) = rest.iter().rev().find_map(|step| match step {
            YamlStep::Key(key) => Some(key.as_str()),
            YamlStep::Item(_) => None,
        }) else {
            return false;
        };
        let under = |key: &str| rest.iter().any(|step| step.is(key));
        let in_test = under("tests") || under("data_tests") || under("constraints");
        if in_test && OF_OTHER.contains(&key) {
            let at = scalar.path.iter().rposition(|step| step.is(key)).unwrap_or(0);
            return match value_at(all, &scalar.path[..at], &["to"]) {
                Some(to) => self.means(to),
                None => is_ours,
            };
        }
        if !is_ours {
            return false;
        }
        match rest {
            [columns, YamlStep::Item(_), name] if columns.is("columns") && name.is("name") => {
                self.names.is_old_text(&scalar.value)
            }
            _ if in_test => {
                // The name of the test itself is a key, or a text of its own in the list.
                let is_test =
                    matches!(rest.last(), Some(YamlStep::Item(_))) && matches!(key, "tests" | "data_tests");
                !is_test && !NO_COLUMNS.contains(&key) && !under("meta")
            }
            [YamlStep::Key(key), ..] if KEYS.contains(&key.as_str()) => true,
            [config, YamlStep::Key(key), ..] => config.is("config") && KEYS.contains(&key.as_str()),
            _ => false,
        }
    }

    /// Rows that are given to a unit test, and those that it expects.
    fn unit_test(
        &self,
        file: OwnFile<'_>,
        all: &[YamlScalar],
        scalar: &YamlScalar,
        edits: &mut Edits,
    ) -> Option<YamlDoubt> {
        let model = value_at(all, &scalar.path[..2], &["model"])?;
        let (is_ours, inner) = match &scalar.path[2..] {
            [given, YamlStep::Item(_), inner @ ..] if given.is("given") => {
                let input = value_at(all, &scalar.path[..4], &["input"])?;
                (self.means(input) || (input.trim() == "this" && self.is_renamed(model)), inner)
            }
            [expect, inner @ ..] if expect.is("expect") => (self.is_renamed(model), inner),
            _ => return None,
        };
        if !is_ours {
            return None;
        }
        let doubt = |span: Range<usize>, why, help| YamlDoubt { span: span_of(file, span), why, help };
        match inner {
            [rows, YamlStep::Item(_), YamlStep::Key(key)] if rows.is("rows") && scalar.is_key => {
                if self.names.is_old_text(key) {
                    self.replace(file, scalar, edits);
                }
                None
            }
            [rows] if rows.is("rows") && !scalar.is_key => {
                let raw = &file.text[scalar.span.clone()];
                let above = &scalar.path[..scalar.path.len() - 1];
                let is_csv = value_at(all, above, &["format"]) == Some("csv");
                // The first line of CSV is its header, be it in a block or in quotes.
                let offset = raw.len() - raw.trim_start().len();
                let header = raw[offset..].lines().next().unwrap_or_default();
                let found = self.names.places_in(if is_csv { header } else { raw });
                if found.is_empty() {
                    return None;
                }
                if !is_csv {
                    let help = "change it by hand first, or write the rows as a list";
                    return Some(doubt(scalar.span.clone(), "these rows are SQL", help));
                }
                for token in found {
                    let from = scalar.span.start + offset;
                    let (start, end) = (from + token.start as usize, from + token.end as usize);
                    let _one = edits.replace(file.path, start..end, self.names.to.clone());
                }
                None
            }
            [key] if key.is("fixture") && !scalar.is_key => {
                let help = "write the rows here, or rename the column in the fixture by hand first";
                Some(doubt(scalar.span.clone(), "the rows stand in a fixture", help))
            }
            _ => None,
        }
    }

    /// Puts the new name into a scalar: in its whole, or where SQL in it names the column.
    fn replace(&self, file: OwnFile<'_>, scalar: &YamlScalar, edits: &mut Edits) {
        let raw = &file.text[scalar.span.clone()];
        let path: &Utf8Path = file.path;
        if self.names.is_old_text(&scalar.value) {
            let quoted = scalar.value.starts_with(['"', '`', '[']);
            let new = if quoted { self.names.written(&scalar.value) } else { self.names.to.clone() };
            let _one = edits.replace(path, scalar.span.clone(), scalar_text(raw, &new));
            return;
        }
        let Some(inner) = raw.find(scalar.value.as_str()) else {
            // A block, or a text with escapes: by its words as they stand.
            for (range, new) in in_text(raw, scalar.span.start, self.names) {
                let _one = edits.replace(path, range, new);
            }
            return;
        };
        for (range, new) in in_text(&scalar.value, scalar.span.start + inner, self.names) {
            let _one = edits.replace(path, range, new);
        }
    }

    fn is_renamed(&self, name: &str) -> bool {
        let project = self.context.project;
        let root = &project.root().name;
        self.renamed.iter().any(|id| {
            let node = project.node(*id);
            node.name == name && node.package == *root
        })
    }

    /// True if a text is a `ref()` to a renamed node.
    fn means(&self, text: &str) -> bool {
        let project = self.context.project;
        let root = &project.root().name;
        written_refs(text, 0..text.len()).iter().any(|found| {
            let (package, version) = (found.package.as_deref(), found.version.as_deref());
            let resolved = self.context.graph.resolve_ref(project, root, package, &found.name, version);
            matches!(resolved, Resolved::Found(id) if self.renamed.contains(&id))
        })
    }
}

/// The scalar at the end of some keys below a place.
fn value_at<'s>(all: &'s [YamlScalar], head: &[YamlStep], keys: &[&str]) -> Option<&'s str> {
    let is_it = |scalar: &&YamlScalar| {
        !scalar.is_key
            && scalar.path.len() == head.len() + keys.len()
            && scalar.path.starts_with(head)
            && scalar.path[head.len()..].iter().zip(keys).all(|(step, key)| step.is(key))
    };
    all.iter().find(is_it).map(|scalar| scalar.value.as_str())
}

fn span_of(file: OwnFile<'_>, range: Range<usize>) -> Option<Span> {
    file.id.map(|id| Span::new(id, range.start, range.end))
}

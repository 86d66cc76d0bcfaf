//! From arguments to a spec.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::spec::{Criterion, Group, How, Method, Place, Spec};
use super::{IndirectSelection, RESOURCE_TYPES, SelectionArgs, errors, yaml};
use crate::diagnostic::{Diagnostic, Staged};
use crate::project::Project;

/// What is selected where nothing is said.
const EVERYTHING: &[Method] =
    &[Method::Fqn, Method::Source, Method::Exposure, Method::Metric, Method::SemanticModel];

/// What all parsing needs, and the complaints.
pub(super) struct Parser<'a> {
    pub(super) project: &'a Project,
    pub(super) args: &'a SelectionArgs<'a>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The selectors that are being read, outermost first.
    pub(super) open: Vec<String>,
}

/// Reads what the command line says; `--selector` wins over `--select` and `--exclude`, and a default selector
/// stands in where nothing is said.
pub(super) fn parse(project: &Project, args: &SelectionArgs<'_>) -> Staged<Spec> {
    let mut parser = Parser { project, args, diagnostics: Vec::new(), open: Vec::new() };
    let unsaid = args.select.is_empty() && args.exclude.is_empty();
    let default = || yaml::default_selector(project).filter(|_| unsaid);
    let spec = match args.selector.map(str::to_owned).or_else(default) {
        Some(name) => parser.selector(&name, None),
        None => Some(parser.arguments()),
    };
    let nothing = || group(How::Union, Vec::new(), IndirectSelection::Eager);
    Staged::new(spec.unwrap_or_else(nothing), parser.diagnostics)
}

pub(super) fn group(how: How, parts: Vec<Spec>, mode: IndirectSelection) -> Spec {
    Spec::Group(Group { how, parts, mode, expected: None })
}

impl Parser<'_> {
    /// `--select` without `--exclude`.
    fn arguments(&mut self) -> Spec {
        let mode = self.args.indirect_selection;
        let included = if self.args.select.is_empty() {
            let place = Place::Argument { flag: "--select", text: "".into(), range: 0..0 };
            let all = EVERYTHING.iter().map(|method| {
                let place = place.clone();
                Spec::One(Box::new(Criterion {
                    method: *method,
                    value: "*".into(),
                    ..Criterion::new(mode, place)
                }))
            });
            group(How::Union, all.collect(), mode)
        } else {
            self.union("--select", self.args.select)
        };
        let excluded = self.union("--exclude", self.args.exclude);
        group(How::Difference, vec![included, excluded], IndirectSelection::Eager)
    }

    /// Arguments, each with criteria between blanks.
    fn union(&mut self, flag: &'static str, arguments: &[String]) -> Spec {
        let mut parts = Vec::new();
        for argument in arguments {
            let text: Arc<str> = argument.as_str().into();
            for range in pieces(argument, char::is_whitespace) {
                if !range.is_empty() {
                    let place = Place::Argument { flag, text: text.clone(), range };
                    parts.push(self.intersection(&place, argument));
                }
            }
        }
        group(How::Union, parts, self.args.indirect_selection)
    }

    /// Criteria between commas.
    fn intersection(&mut self, place: &Place, argument: &str) -> Spec {
        let Place::Argument { range, .. } = place else {
            return group(How::Union, Vec::new(), IndirectSelection::Eager);
        };
        let raw = &argument[range.clone()];
        let mut parts = Vec::new();
        for piece in pieces(raw, |char| char == ',') {
            let within = place.within(piece.clone());
            parts.extend(self.criterion(&raw[piece], &within));
        }
        let mode = self.args.indirect_selection;
        Spec::Group(Group { how: How::Intersection, parts, mode, expected: Some(place.clone()) })
    }

    /// One criterion with its operators.
    pub(super) fn criterion(&mut self, raw: &str, place: &Place) -> Option<Spec> {
        let syntax = Syntax::read(raw);
        let value = &raw[syntax.value.clone()];
        if value.is_empty() {
            let message = if raw.is_empty() { "a criterion is empty" } else { "a criterion names nothing" };
            let error = errors::bad(message, place);
            self.diagnostics.push(error.help("write what to select, as in `+orders` or `tag:nightly`"));
            return None;
        }
        let mut criterion = Criterion {
            value: Value::String(value.to_owned()),
            childrens_parents: syntax.childrens_parents,
            parents: syntax.parents,
            children: syntax.children,
            ..Criterion::new(self.args.indirect_selection, place.clone())
        };
        criterion.method = match &syntax.method {
            None => default_method(value),
            Some(range) => {
                self.method(&raw[range.clone()], &place.within(range.clone()), &mut criterion.arguments)?
            }
        };
        self.check(criterion, &place.within(syntax.value))
    }

    /// `config.meta.owner` into the method and the rest.
    pub(super) fn method(
        &mut self,
        text: &str,
        place: &Place,
        arguments: &mut Vec<String>,
    ) -> Option<Method> {
        let mut steps = text.split('.');
        let name = steps.next().unwrap_or_default();
        let found = Method::from_name(name);
        if found.is_none() {
            self.diagnostics.push(errors::unknown_method(name, &place.within(0..name.len().min(text.len()))));
        }
        arguments.extend(steps.map(str::to_owned));
        found
    }

    /// Refuses what no node could ever match.
    pub(super) fn check(&mut self, mut criterion: Criterion, value_place: &Place) -> Option<Spec> {
        let (method, text) = (criterion.method, criterion.text());
        let steps = text.split('.').count();
        let known: &[&str] = match method {
            Method::TestType => &["generic", "singular", "unit", "data", "schema"],
            Method::Version => &["latest", "prerelease", "old", "none"],
            Method::Access => &["private", "protected", "public"],
            _ => &[],
        };
        let kinds: Vec<&str> = RESOURCE_TYPES.iter().map(|kind| kind.resource_type()).collect();
        let known = if method == Method::ResourceType { &kinds } else { known };
        let error = match method {
            _ if criterion.childrens_parents && criterion.children.is_some() => {
                let error = errors::bad("`@` in front and `+` behind do not go together", &criterion.place);
                Some(error.help("`@` takes in all children already"))
            }
            _ if !known.is_empty() && !known.contains(&text.as_str()) => {
                Some(errors::unknown_value(method, &text, known, value_place))
            }
            Method::Config if criterion.arguments.is_empty() => {
                let error = errors::bad("`config:` does not say which config", &criterion.place);
                Some(error.help("write the key after a dot, as in `config.materialized:table`"))
            }
            Method::Source if steps > 3 => {
                let error = errors::bad(format!("`{text}` has too many dots for a source"), value_place);
                Some(error.help("write `source:name`, `source:name.table` or `source:package.name.table`"))
            }
            Method::Exposure
            | Method::Metric
            | Method::SemanticModel
            | Method::SavedQuery
            | Method::UnitTest
                if steps > 2 =>
            {
                let name = method.name();
                let error = errors::bad(format!("`{text}` has too many dots"), value_place);
                Some(error.help(format!("write `{name}:name` or `{name}:package.name`")))
            }
            Method::State | Method::Result | Method::SourceStatus => self.without_previous(&criterion),
            Method::Selector => {
                criterion.inherited = self.inherited(&text, value_place)?;
                None
            }
            _ => None,
        };
        match error {
            Some(error) => {
                self.diagnostics.push(error);
                None
            }
            None => Some(Spec::One(Box::new(criterion))),
        }
    }

    fn without_previous(&self, criterion: &Criterion) -> Option<Diagnostic> {
        let name = criterion.method.name();
        let Some(previous) = self.args.previous else {
            let error = errors::bad(
                format!("`{name}:` compares with an earlier run, and none is given"),
                &criterion.place,
            );
            return Some(error.help("name the folder of its artifacts with `--state`"));
        };
        // Whether it can be told at all does not depend on the node.
        let node = self.project.nodes.first()?;
        let refused = previous.holds(name, &criterion.text(), node).err()?;
        Some(errors::bad(refused, &criterion.place))
    }
}

impl Criterion {
    pub(super) fn new(mode: IndirectSelection, place: Place) -> Self {
        Self {
            method: Method::Fqn,
            arguments: Vec::new(),
            value: Value::Null,
            childrens_parents: false,
            parents: None,
            children: None,
            mode,
            inherited: Vec::new(),
            place,
        }
    }
}

/// A path if it has a slash, a file if it ends like one, else a name.
fn default_method(value: &str) -> Method {
    let lower = value.to_lowercase();
    if value.contains('/') {
        Method::Path
    } else if [".sql", ".py", ".csv"].iter().any(|end| lower.ends_with(end)) {
        Method::File
    } else {
        Method::Fqn
    }
}

/// The pieces of a criterion: `@`, `2+`, `method:`, the value, `+3`.
struct Syntax {
    childrens_parents: bool,
    parents: Option<usize>,
    method: Option<Range<usize>>,
    value: Range<usize>,
    children: Option<usize>,
}

impl Syntax {
    fn read(raw: &str) -> Self {
        let childrens_parents = raw.starts_with('@');
        let mut start = usize::from(childrens_parents);
        let mut parents = None;
        let digits = raw[start..].bytes().take_while(u8::is_ascii_digit).count();
        if raw[start + digits..].starts_with('+') {
            parents = Some(depth(&raw[start..start + digits]));
            start += digits + 1;
        }
        let mut method = None;
        if let Some(colon) = raw[start..].find(':') {
            let name = &raw[start..start + colon];
            if !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || "_.".contains(char)) {
                method = Some(start..start + colon);
                start += colon + 1;
            }
        }
        let mut end = raw.len();
        let mut children = None;
        let digits = raw[start..].bytes().rev().take_while(u8::is_ascii_digit).count();
        if raw[start..end - digits].ends_with('+') {
            children = Some(depth(&raw[end - digits..]));
            end -= digits + 1;
        }
        Self { childrens_parents, parents, method, value: start..end, children }
    }
}

/// No number is no limit.
fn depth(digits: &str) -> usize {
    digits.parse().unwrap_or(usize::MAX)
}

/// The ranges between separators.
fn pieces(text: &str, separates: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut pieces = Vec::new();
    for (at, char) in text.char_indices().filter(|(_, char)| separates(*char)) {
        pieces.push(start..at);
        start = at + char.len_utf8();
    }
    pieces.push(start..text.len());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expect: &str) {
        let syntax = Syntax::read(raw);
        let shown = |depth: Option<usize>| match depth {
            None => "-".to_owned(),
            Some(usize::MAX) => "all".to_owned(),
            Some(depth) => depth.to_string(),
        };
        let method = syntax.method.map_or("-", |range| &raw[range]);
        let at = if syntax.childrens_parents { "@ " } else { "" };
        let (parents, children) = (shown(syntax.parents), shown(syntax.children));
        assert_eq!(format!("{at}{parents} {method} {} {children}", &raw[syntax.value]), expect, "{raw}");
    }

    #[test]
    fn operators_stand_around_method_and_value() {
        check("orders", "- - orders -");
        check("+orders", "all - orders -");
        check("2+orders+3", "2 - orders 3");
        check("@orders", "@ - - orders -");
        check("tag:a:b+", "- tag a:b all");
        check("+config.meta.x:y", "all config.meta.x y -");
        check("v2", "- - v2 -");
        check("2", "- - 2 -");
        check("a++", "- - a+ all");
        check("a+b", "- - a+b -");
        check("a b:c", "- - a b:c -");
        check("3+", "3 -  -");
    }
}

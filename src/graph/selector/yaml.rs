//! From `selectors.yml` to specs.

use serde_json::{Map, Value};

use super::fnmatch::fnmatch;
use super::parse::{Parser, group};
use super::spec::{Criterion, How, Place, Spec};
use super::{IndirectSelection, errors};
use crate::project::Project;
use crate::source::Spanned;

/// The selector with `default: true`.
pub(super) fn default_selector(project: &Project) -> Option<String> {
    let is_default = |entry: &Value| entry.get("default").and_then(Value::as_bool).unwrap_or(false);
    project.selectors.iter().find(|(_, entry)| is_default(&entry.value)).map(|(name, _)| name.clone())
}

impl Parser<'_> {
    /// The selector of this name; `from` is where it is asked for, if not by `--selector`.
    pub(super) fn selector(&mut self, name: &str, from: Option<&Place>) -> Option<Spec> {
        let project = self.project;
        let Some(Spanned { value, span }) = project.selectors.get(name) else {
            let known = project.selectors.keys().map(String::as_str);
            self.diagnostics.push(errors::unknown_selector(name, known, from));
            return None;
        };
        let place = Place::File { name: name.to_owned(), span: *span };
        if self.open.iter().any(|open| open == name) {
            let chain: Vec<String> =
                self.open.iter().chain([&name.to_owned()]).map(|name| format!("`{name}`")).collect();
            let message = format!("selectors that need each other: {}", chain.join(" → "));
            self.diagnostics.push(errors::bad(message, &place));
            return None;
        }
        self.open.push(name.to_owned());
        let definition = value.get("definition").unwrap_or(value);
        let spec = self.definition(definition, &place, true);
        self.open.pop();
        spec
    }

    /// The definitions that `selector:shape` names.
    pub(super) fn inherited(&mut self, shape: &str, place: &Place) -> Option<Vec<Spec>> {
        let project = self.project;
        let mut names: Vec<&String> = project.selectors.keys().filter(|name| fnmatch(name, shape)).collect();
        names.sort();
        if names.is_empty() {
            let known = project.selectors.keys().map(String::as_str);
            self.diagnostics.push(errors::unknown_selector(shape, known, Some(place)));
            return None;
        }
        names.into_iter().map(|name| self.selector(name, Some(place))).collect()
    }

    fn definition(&mut self, definition: &Value, place: &Place, is_root: bool) -> Option<Spec> {
        match definition {
            Value::String(raw) => self.criterion(raw, place),
            Value::Object(map) => {
                let how = [("union", How::Union), ("intersection", How::Intersection)];
                let Some((key, how)) = how.into_iter().find(|(key, _)| map.contains_key(*key)) else {
                    return self.mapping(map, place);
                };
                if is_root && map.len() > 1 {
                    let message = format!("`{key}` stands beside other keys");
                    self.refuse(&message, place, "put all of them into one list under it");
                    return None;
                }
                self.combined(how, key, &map[key], place)
            }
            _ => {
                let help = "write a criterion such as `tag:nightly`, a mapping with `method` and `value`, or a `union` or `intersection`";
                self.refuse("a definition is neither text nor a mapping", place, help);
                None
            }
        }
    }

    /// A list under `union` or `intersection`, which may hold one `exclude`.
    fn combined(&mut self, how: How, key: &str, list: &Value, place: &Place) -> Option<Spec> {
        let mut parts = Vec::new();
        let mut excluded = None;
        for entry in self.list(key, list, place)? {
            match entry.get("exclude") {
                Some(_) if excluded.is_some() => {
                    let message = format!("`exclude` stands twice in one `{key}`");
                    self.refuse(&message, place, "put all of it into one list");
                    return None;
                }
                Some(list) => excluded = Some(self.excluded(list, place)?),
                None => parts.push(self.definition(entry, place, false)?),
            }
        }
        let combined = group(how, parts, IndirectSelection::Eager);
        Some(without(combined, excluded))
    }

    fn excluded(&mut self, list: &Value, place: &Place) -> Option<Spec> {
        let entries = self.list("exclude", list, place)?;
        let parts: Option<Vec<Spec>> =
            entries.iter().map(|entry| self.definition(entry, place, false)).collect();
        Some(group(How::Union, parts?, IndirectSelection::Eager))
    }

    /// `tag: nightly`, or a mapping with `method` and `value`.
    fn mapping(&mut self, map: &Map<String, Value>, place: &Place) -> Option<Spec> {
        let (method, value, options) = match (map.get("method"), map.get("value"), map.iter().next()) {
            (Some(Value::String(method)), Some(value), _) => (method, value, Some(map)),
            (_, _, Some((key, value))) if map.len() == 1 => (key, value, None),
            _ => {
                let help = "write `method` and `value`, or just `tag: nightly`";
                self.refuse("a definition has neither one key nor `method` and `value`", place, help);
                return None;
            }
        };
        let mut criterion =
            Criterion { value: value.clone(), ..Criterion::new(self.args.indirect_selection, place.clone()) };
        criterion.method = self.method(method, place, &mut criterion.arguments)?;
        let mut excluded = None;
        if let Some(options) = options {
            let depth = |key: &str| {
                let depth = options.get(key).and_then(Value::as_u64).filter(|depth| *depth > 0);
                depth.map_or(usize::MAX, |depth| depth as usize)
            };
            let is_set = |key: &str| {
                options.get(key).is_some_and(|value| !matches!(value, Value::Bool(false) | Value::Null))
            };
            criterion.childrens_parents = is_set("childrens_parents");
            criterion.parents = is_set("parents").then(|| depth("parents_depth"));
            criterion.children = is_set("children").then(|| depth("children_depth"));
            if let Some(mode) = options.get("indirect_selection") {
                let known = mode.as_str().and_then(IndirectSelection::from_name);
                let Some(known) = known else {
                    let help = "it can be `eager`, `cautious`, `buildable` or `empty`";
                    self.refuse(&format!("`indirect_selection` can't be {mode}"), place, help);
                    return None;
                };
                criterion.mode = known;
            }
            if let Some(list) = options.get("exclude") {
                excluded = Some(self.excluded(list, place)?);
            }
        }
        Some(without(self.check(criterion, place)?, excluded))
    }

    fn list<'v>(&mut self, key: &str, list: &'v Value, place: &Place) -> Option<&'v Vec<Value>> {
        if list.as_array().is_none() {
            self.refuse(
                &format!("`{key}` is not a list"),
                place,
                "write each entry on a line of its own after `-`",
            );
        }
        list.as_array()
    }

    fn refuse(&mut self, message: &str, place: &Place, help: &str) {
        self.diagnostics.push(errors::bad(message, place).help(help));
    }
}

fn without(spec: Spec, excluded: Option<Spec>) -> Spec {
    match excluded {
        Some(excluded) => group(How::Difference, vec![spec, excluded], IndirectSelection::Eager),
        None => spec,
    }
}

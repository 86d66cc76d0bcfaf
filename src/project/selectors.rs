//! `selectors.yml`: named selections, kept as plain values for the graph stage.

use camino::Utf8Path;
use indexmap::IndexMap;
use serde_json::Value;

use super::yaml::Yaml;
use super::yaml_jinja::YamlJinja;
use super::{errors, files, yaml};
use crate::diagnostic::Diagnostic;
use crate::source::{Sources, Spanned};
use crate::world::World;

/// The definitions by name.
pub(super) fn read(
    world: &dyn World,
    jinja: &YamlJinja<'_>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Spanned<Value>> {
    let mut selectors: IndexMap<String, Spanned<Value>> = IndexMap::new();
    let path = Utf8Path::new("selectors.yml");
    if !world.exists(path) {
        return selectors;
    }
    let Some(file) = files::read(world, path, sources, diagnostics) else { return selectors };
    let text = sources.get(file).text.clone();
    let document = yaml::parse(file, &text);
    diagnostics.extend(document.diagnostics);
    let Some(root) = document.root else { return selectors };
    let Some(list) = root.set("selectors") else {
        diagnostics.push(errors::missing_key(root.span, "selectors", "`selectors.yml`"));
        return selectors;
    };
    for item in list.items() {
        let Some(name) = item.set("name").and_then(Yaml::scalar_text) else {
            diagnostics.push(errors::missing_key(item.span, "name", "a selector"));
            continue;
        };
        let span = item.get("name").map_or(item.span, |name| name.span);
        if let Some(first) = selectors.get(&name) {
            diagnostics.push(errors::duplicate_name("the selector", &name, first.span, span));
            continue;
        }
        let value = jinja.render(item, &|_| true, diagnostics);
        selectors.insert(name, Spanned::new(value, span));
    }
    selectors
}

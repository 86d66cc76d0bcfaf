//! Putting what property files say onto the nodes it is about.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::{Attached, Draft, Patch, Said, SourcePatch, Version};
use crate::diagnostic::Diagnostic;
use crate::project::{NodeKind, errors, project_file, python};
use crate::source::Span;

/// Applies patches to the drafts they name, and adds their tests. Of several drafts of one name in one package the
/// first counts that is not `off`.
pub(in crate::project) fn apply(
    patches: Vec<Patch>,
    source_patches: Vec<SourcePatch>,
    drafts: &mut Vec<Draft>,
    off: &dyn Fn(&Draft) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for patch in source_patches {
        override_source(&patch, drafts, diagnostics);
    }
    let names = Names::new(drafts, off);
    for patch in patches {
        if patch.versions.is_empty() {
            match names.find(drafts, patch.kind, &patch.package, &patch.name) {
                Some(found) => {
                    say(found, patch.said, patch.name_span, drafts, diagnostics);
                    names.share(found, drafts);
                }
                None => names.missing(&patch.name, &patch, drafts, diagnostics),
            }
        } else {
            versioned(patch, &names, drafts, diagnostics);
        }
    }
}

/// Makes a unit test of a part with versions one for each version that it is for.
pub(in crate::project) fn unit_tests_by_version(drafts: &mut Vec<Draft>) {
    let mut by_model: FxHashMap<(String, String), Vec<String>> = FxHashMap::default();
    for node in drafts.iter().map(|draft| &draft.node).filter(|node| node.kind == NodeKind::Model) {
        if let Some(version) = &node.version {
            by_model.entry((node.package.clone(), node.name.clone())).or_default().push(version.clone());
        }
    }
    let listed = |rule: Option<&Value>, version: &String| {
        let items = rule.and_then(Value::as_array).into_iter().flatten();
        items.map(python::str).any(|item| item == *version)
    };
    let mut more = Vec::new();
    // Tests know their targets by the places of drafts, so each stays where it is.
    for draft in drafts.iter_mut().filter(|draft| draft.node.kind == NodeKind::UnitTest) {
        let node = &mut draft.node;
        let model = node.properties.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(versions) = by_model.get(&(node.package.clone(), model.clone())) else { continue };
        let rule = |key: &str| node.properties.get("versions")?.get(key).filter(|rule| !rule.is_null());
        let (include, exclude) = (rule("include"), rule("exclude"));
        let meant = |version: &&String| match (include, exclude) {
            (_, Some(_)) => !listed(exclude, version),
            (Some(_), None) => listed(include, version),
            (None, None) => true,
        };
        let made = versions.iter().filter(meant).map(|version| {
            let mut node = node.clone();
            node.unique_id = format!("{}_v{version}", node.unique_id);
            node.properties["version"] = Value::String(version.clone());
            for call in &mut node.depends_on {
                call.value = format!("ref('{model}', version='{version}')");
            }
            node
        });
        let mut made = made.collect::<Vec<_>>().into_iter();
        if let Some(first) = made.next() {
            draft.node = first;
        }
        more.extend(made.map(|node| Draft { node, attached: None, text: None }));
    }
    drafts.extend(more);
}

/// Drafts by kind and name; several if packages share a name.
struct Names {
    by_name: FxHashMap<(NodeKind, String), Vec<usize>>,
    /// Of those that share a name, the ones that folders switch off.
    off: FxHashSet<usize>,
}

impl Names {
    fn new(drafts: &[Draft], off: &dyn Fn(&Draft) -> bool) -> Self {
        let mut by_name: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (at, draft) in drafts.iter().enumerate() {
            let generic = draft.node.test.as_ref().is_some_and(|test| !test.name.is_empty());
            if !generic {
                by_name.entry((draft.node.kind, draft.node.name.clone())).or_default().push(at);
            }
        }
        let mut switched_off = FxHashSet::default();
        for same in by_name.values_mut().filter(|same| same.len() > 1) {
            switched_off.extend(same.iter().copied().filter(|at| off(&drafts[*at])));
            same.sort_by_key(|at| switched_off.contains(at));
        }
        Self { by_name, off: switched_off }
    }

    /// The node of that name in the package of the file, else in any other.
    fn find(&self, drafts: &[Draft], kind: NodeKind, package: &str, name: &str) -> Option<usize> {
        let found = self.by_name.get(&(kind, name.to_owned()))?;
        let own = found.iter().find(|at| drafts[**at].node.package == package);
        let elsewhere = matches!(kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot);
        own.or_else(|| found.first().filter(|_| elsewhere)).copied()
    }

    /// Says the same of the others of that name in the package: all but one of them are switched off, and which one
    /// is not may stand in their own texts.
    fn share(&self, from: usize, drafts: &mut [Draft]) {
        let node = &drafts[from].node;
        let Some(all) = self.by_name.get(&(node.kind, node.name.clone())) else { return };
        let twins = all.iter().copied().filter(|at| {
            let twin = &drafts[*at].node;
            *at != from
                && !self.off.contains(at)
                && twin.package == node.package
                && twin.properties_span.is_none()
        });
        for at in twins.collect::<Vec<_>>() {
            let said = drafts[from].node.clone();
            let twin = &mut drafts[at].node;
            twin.properties_span = said.properties_span;
            twin.property_config = said.property_config;
            twin.written_config = said.written_config;
            twin.properties = said.properties;
            twin.description = said.description;
            twin.columns = said.columns;
        }
    }

    fn missing(&self, name: &str, patch: &Patch, drafts: &[Draft], diagnostics: &mut Vec<Diagnostic>) {
        for other in [NodeKind::Model, NodeKind::Seed, NodeKind::Snapshot] {
            if other != patch.kind && self.find(drafts, other, &patch.package, name).is_some() {
                let heading = project_file::heading(patch.kind);
                let found = other.resource_type();
                diagnostics.push(errors::wrong_heading(found, name, heading, patch.name_span));
                return;
            }
        }
        let known = drafts
            .iter()
            .filter(|draft| draft.node.kind == patch.kind && draft.node.package == patch.package);
        let known = known.map(|draft| draft.node.name.as_str());
        diagnostics.push(errors::no_node(word(patch.kind), name, patch.name_span, known));
    }
}

/// What users call a node of this kind.
pub(in crate::project) fn word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Model => "part",
        NodeKind::Test => "singular test",
        kind => kind.resource_type(),
    }
}

fn say(at: usize, said: Said, name_span: Span, drafts: &mut Vec<Draft>, diagnostics: &mut Vec<Diagnostic>) {
    let node = &mut drafts[at].node;
    if let Some(first) = node.properties_span {
        diagnostics.push(errors::duplicate_properties(word(node.kind), &node.name, first, name_span));
        return;
    }
    node.properties_span = Some(name_span);
    node.property_config.values = said.config;
    node.written_config = said.written;
    node.properties = said.properties;
    node.description = said.description;
    node.columns = said.columns;
    for mut test in said.tests {
        test.attached = Some(Attached::Draft(at));
        drafts.push(test);
    }
}

fn versioned(patch: Patch, names: &Names, drafts: &mut Vec<Draft>, diagnostics: &mut Vec<Diagnostic>) {
    let latest = patch.latest_version.clone().unwrap_or_else(|| newest(&patch.versions));
    if !patch.versions.iter().any(|version| version.v == latest) {
        let known = errors::list(patch.versions.iter().map(|version| version.v.as_str()));
        let message = format!("`latest_version` of `{}` is `{latest}`, which is none of {known}", patch.name);
        diagnostics.push(errors::bad_value(
            patch.name_span,
            &message,
            "the latest version is none of its versions",
        ));
    }
    let package = patch.package.clone();
    let mut patch = patch;
    for version in std::mem::take(&mut patch.versions) {
        let file = version.defined_in.clone().unwrap_or_else(|| format!("{}_v{}", patch.name, version.v));
        let found = names.find(drafts, NodeKind::Model, &package, &file);
        // The latest version may stand in a file without a suffix.
        let found = found.or_else(|| {
            (version.v == latest).then(|| names.find(drafts, NodeKind::Model, &package, &patch.name))?
        });
        let Some(at) = found else {
            let known = drafts.iter().filter(|draft| draft.node.kind == NodeKind::Model);
            let known = known.map(|draft| draft.node.name.as_str());
            diagnostics.push(errors::no_node("part", &file, version.span, known));
            continue;
        };
        let node = &mut drafts[at].node;
        node.unique_id = format!("model.{package}.{}.v{}", patch.name, version.v);
        node.name.clone_from(&patch.name);
        if let Some(last) = node.fqn.last_mut() {
            last.clone_from(&patch.name);
        }
        node.fqn.push(format!("v{}", version.v));
        node.version = Some(version.v);
        node.latest_version = Some(latest.clone());
        say(at, version.said, version.span, drafts, diagnostics);
    }
}

/// The highest version: as numbers where both are numbers, else as text.
fn newest(versions: &[Version]) -> String {
    let mut newest = "";
    for version in versions {
        let higher = match (version.v.parse::<f64>(), newest.parse::<f64>()) {
            (Ok(version), Ok(newest)) => version > newest,
            _ => version.v.as_str() > newest,
        };
        if newest.is_empty() || higher {
            newest = &version.v;
        }
    }
    newest.to_owned()
}

/// Lays an entry with `overrides:` over the tables of that package's source.
fn override_source(patch: &SourcePatch, drafts: &mut [Draft], diagnostics: &mut Vec<Diagnostic>) {
    let mut used = false;
    let value = &patch.value;
    let quote = project_file::quoting(value.get("quoting"));
    let text = |value: &Value, key: &str| value.get(key).filter(|value| !value.is_null()).map(python::str);
    for draft in drafts.iter_mut() {
        let node = &mut draft.node;
        if node.package != patch.package || node.source_name.as_deref() != Some(patch.name.as_str()) {
            continue;
        }
        used = true;
        let tables = value.get("tables").and_then(Value::as_array);
        let table = tables
            .into_iter()
            .flatten()
            .find(|table| text(table, "name").as_deref() == Some(node.name.as_str()));
        if let Some(relation) = &mut node.source_relation {
            relation.database = text(value, "database").or(relation.database.take());
            relation.schema = text(value, "schema").or(relation.schema.take());
            let inner = project_file::quoting(table.and_then(|table| table.get("quoting")));
            relation.quote = std::array::from_fn(|at| inner[at].or(quote[at]).or(relation.quote[at]));
            if let Some(identifier) = table.and_then(|table| text(table, "identifier")) {
                relation.identifier = identifier;
            }
        }
        if let Some(description) = table.and_then(|table| text(table, "description")) {
            node.description = description;
        }
        for level in [Some(value), table].into_iter().flatten() {
            for key in ["meta", "tags"] {
                if let Some(value) = level.get(key) {
                    node.property_config.values.insert(key.to_owned(), value.clone());
                }
            }
            if let Some(Value::Object(config)) = level.get("config") {
                node.property_config.values.extend(config.clone());
            }
            if let (Value::Object(all), Value::Object(level)) = (&mut node.properties, level) {
                let kept =
                    level.iter().filter(|(key, _)| !matches!(key.as_str(), "name" | "tables" | "overrides"));
                all.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
            }
        }
    }
    if !used {
        let known = drafts.iter().filter(|draft| draft.node.package == patch.package);
        let known = known.filter_map(|draft| draft.node.source_name.as_deref());
        diagnostics.push(errors::no_node("source", &patch.name, patch.span, known));
    }
}

//! What each method compares.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;
use serde_json::{Value, json};

use super::fnmatch::{fnmatch, glob};
use super::spec::{Criterion, Method};
use super::{Previous, resource_type};
use crate::graph::access;
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::Collected;

/// What methods look at.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) project: &'a Project,
    pub(super) collected: &'a Collected,
    pub(super) previous: Option<&'a dyn Previous>,
}

/// A method with its value, ready to be asked of each node.
pub(super) struct Test<'a> {
    facts: Facts<'a>,
    criterion: &'a Criterion,
    text: String,
    paths: FxHashSet<Utf8PathBuf>,
}

impl<'a> Test<'a> {
    pub(super) fn new(facts: Facts<'a>, criterion: &'a Criterion) -> Self {
        let mut text = criterion.text();
        if criterion.method == Method::Package && text == "this" {
            text.clone_from(&facts.project.root().name);
        }
        let paths =
            if criterion.method == Method::Path { facts.paths_like(&text) } else { FxHashSet::default() };
        Self { facts, criterion, text, paths }
    }

    /// Whether the method holds for a node.
    pub(super) fn holds(&self, id: NodeId) -> bool {
        let Facts { project, collected, previous } = self.facts;
        let (node, value) = (project.node(id), self.text.as_str());
        let set = |key| access::text(node, collected.nodes[id].as_ref(), key);
        match self.criterion.method {
            Method::Fqn => node.kind != NodeKind::Source && names(node, value),
            Method::Tag => tags(node, collected, id).iter().any(|tag| fnmatch(tag, value)),
            Method::Group => {
                let groupable = node.kind.is_parsed() || node.kind == NodeKind::Metric;
                groupable && set("group").is_some_and(|group| fnmatch(group, value))
            }
            Method::Access => node.kind == NodeKind::Model && set("access").unwrap_or("protected") == value,
            Method::Source => node.kind == NodeKind::Source && source_is(node, value),
            Method::Exposure => node.kind == NodeKind::Exposure && named_in_package(node, value),
            Method::Metric => node.kind == NodeKind::Metric && named_in_package(node, value),
            Method::SemanticModel => node.kind == NodeKind::SemanticModel && named_in_package(node, value),
            Method::SavedQuery => node.kind == NodeKind::SavedQuery && named_in_package(node, value),
            Method::UnitTest => node.kind == NodeKind::UnitTest && named_in_package(node, value),
            Method::Path => self.stands_in_path(node),
            Method::File => {
                let name = |name: Option<&str>| name.is_some_and(|name| fnmatch(name, value));
                name(node.path.file_name()) || name(node.path.file_stem())
            }
            Method::Package => fnmatch(&node.package, value),
            Method::Config => self.config_is(node, id),
            Method::ResourceType => resource_type(value) == Some(node.kind),
            Method::TestName => match (&node.test, node.kind) {
                (Some(test), NodeKind::Test) => !test.name.is_empty() && fnmatch(&test.name, value),
                (_, NodeKind::UnitTest) => fnmatch(&node.name, value),
                _ => false,
            },
            Method::TestType => test_type_is(node, value),
            Method::Version => version_is(node, value),
            // These were seen to be answerable when the criterion was read.
            Method::State | Method::Result | Method::SourceStatus => previous.is_some_and(|previous| {
                previous.holds(self.criterion.method.name(), value, node).unwrap_or(false)
            }),
            // Evaluated by its definitions.
            Method::Selector => false,
        }
    }

    fn stands_in_path(&self, node: &Node) -> bool {
        let known = |path: &Utf8Path| self.paths.contains(path);
        if node.path.ancestors().filter(|path| !path.as_str().is_empty()).any(known) {
            return true;
        }
        self.facts.property_file(node).is_some_and(|path| known(&path))
    }

    fn config_is(&self, node: &Node, id: NodeId) -> bool {
        if !node.kind.is_parsed() && node.kind != NodeKind::Source {
            return false;
        }
        let steps = &self.criterion.arguments;
        let config = self.facts.collected.nodes[id].as_ref().map(|node| &node.config.values);
        let set = config.and_then(|config| descend(config.get(steps.first()?)?, &steps[1..]));
        let default = defaults(node.kind);
        let Some(found) = set.or_else(|| descend(&default, steps)) else { return false };
        let wanted = &self.criterion.value;
        let ignore_case = *steps == ["severity"];
        match found {
            Value::Array(list) => list.iter().any(|found| same(found, wanted, ignore_case)),
            found => same(found, wanted, ignore_case),
        }
    }
}

impl Facts<'_> {
    /// The known files and folders of the root project that a glob finds.
    fn paths_like(self, pattern: &str) -> FxHashSet<Utf8PathBuf> {
        let steps: Vec<&str> = pattern.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
        let root = &self.project.root().name;
        let mut found = FxHashSet::default();
        let mut seen = FxHashSet::default();
        for node in self.project.nodes.iter().filter(|node| node.package == *root) {
            let property_file = self.property_file(node);
            for file in [Some(&node.path), property_file.as_ref()].into_iter().flatten() {
                for (depth, path) in file.ancestors().enumerate() {
                    if path.as_str().is_empty() || !seen.insert(path.to_owned()) {
                        continue;
                    }
                    let names: Vec<&str> = path.as_str().split('/').collect();
                    if glob(&names, &steps, depth > 0) {
                        found.insert(path.to_owned());
                    }
                }
            }
        }
        found
    }

    /// The file with a node's properties, relative to its package.
    fn property_file(self, node: &Node) -> Option<Utf8PathBuf> {
        if matches!(node.kind, NodeKind::Source | NodeKind::Test) {
            return None;
        }
        let path = self.project.files.path(node.properties_span?.file);
        let package = self.project.packages.iter().find(|package| package.name == node.package)?;
        path.strip_prefix(&package.folder).ok().map(Utf8Path::to_owned)
    }
}

/// All tags of a node; exposures and the like have them beside the config.
pub(super) fn tags<'a>(node: &'a Node, collected: &'a Collected, id: NodeId) -> Vec<&'a str> {
    let mut tags = collected.nodes[id].as_ref().map(|node| node.config.tags()).unwrap_or_default();
    tags.extend(node.hook.iter().map(|hook| hook.when.as_str()));
    if node.kind == NodeKind::Metric {
        tags.clear();
    }
    if !node.kind.is_parsed() {
        let config = node.properties.get("config").filter(|_| node.kind != NodeKind::Metric);
        let config = config.and_then(|config| config.get("tags"));
        for listed in [node.properties.get("tags"), config].into_iter().flatten() {
            tags.extend(listed.as_str());
            tags.extend(listed.as_array().into_iter().flatten().filter_map(Value::as_str));
        }
    }
    tags
}

/// A part by its name, or by its place: `staging.orders`, `shop.staging.*`.
fn names(node: &Node, value: &str) -> bool {
    fqn_is(&node.fqn, value, node.version.is_some())
        || fqn_is(node.fqn.get(1..).unwrap_or_default(), value, node.version.is_some())
}

fn fqn_is(fqn: &[String], value: &str, is_versioned: bool) -> bool {
    if value == "*" {
        return true;
    }
    let Some((last, before)) = fqn.split_last() else { return false };
    let name = if is_versioned { before.last().unwrap_or(last) } else { last };
    if name == value {
        return true;
    }
    let wanted: Vec<&str> = value.split('.').collect();
    // `orders.v2` and `orders_v2` both name a version.
    if is_versioned
        && before.last().is_some_and(|name| {
            wanted[wanted.len().saturating_sub(2)..].join("_") == format!("{name}_{last}")
        })
    {
        return true;
    }
    // A dot in a name counts as a step.
    let steps: Vec<&str> = fqn.iter().flat_map(|step| step.split('.')).collect();
    if steps.len() < wanted.len() {
        return false;
    }
    for (at, shape) in wanted.iter().enumerate() {
        if shape.contains(['*', '?', '[', ']']) {
            return fnmatch(&steps[at..].join("."), &wanted[at..].join("."))
                || (wanted.len() == 1 && fnmatch(name, value));
        }
        if steps[at] != *shape {
            return false;
        }
    }
    true
}

fn source_is(node: &Node, value: &str) -> bool {
    let steps: Vec<&str> = value.split('.').collect();
    let (package, source, table) = match steps[..] {
        [source] => ("*", source, "*"),
        [source, table] => ("*", source, table),
        [package, source, table] => (package, source, table),
        _ => return false,
    };
    let source_name = node.source_name.as_deref().unwrap_or_default();
    fnmatch(&node.package, package) && fnmatch(source_name, source) && fnmatch(&node.name, table)
}

fn named_in_package(node: &Node, value: &str) -> bool {
    let (package, name) = value.split_once('.').unwrap_or(("*", value));
    fnmatch(&node.package, package) && fnmatch(&node.name, name)
}

fn test_type_is(node: &Node, value: &str) -> bool {
    let is_generic = node.test.as_ref().is_some_and(|test| !test.name.is_empty());
    match (value, node.kind) {
        ("unit", NodeKind::UnitTest) | ("data", NodeKind::Test) => true,
        ("generic" | "schema", NodeKind::Test) => is_generic,
        ("singular", NodeKind::Test) => !is_generic,
        _ => false,
    }
}

fn version_is(node: &Node, value: &str) -> bool {
    let (version, latest) = (node.version.as_deref(), node.latest_version.as_deref());
    // Versions are numbers if both can be read so.
    let is_below = |one: &str, other: &str| match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one < other,
        _ => one < other,
    };
    let both = version.zip(latest);
    node.kind == NodeKind::Model
        && match value {
            "latest" => both.is_some_and(|(version, latest)| version == latest),
            "prerelease" => both.is_some_and(|(version, latest)| is_below(latest, version)),
            "old" => both.is_some_and(|(version, latest)| is_below(version, latest)),
            "none" => version.is_none(),
            _ => false,
        }
}

fn descend<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| value.get(step))
}

/// A config value against what was asked for; `true` and `false` may be written as text in any case.
fn same(found: &Value, wanted: &Value, ignore_case: bool) -> bool {
    match (found, wanted) {
        (Value::Bool(found), Value::String(wanted)) => wanted.eq_ignore_ascii_case(&found.to_string()),
        (Value::String(found), Value::String(wanted)) if ignore_case => found.eq_ignore_ascii_case(wanted),
        _ => found == wanted,
    }
}

/// What dbt's config has where nothing is set.
fn defaults(kind: NodeKind) -> Value {
    let mut values = json!({"enabled": true});
    let more = match kind {
        NodeKind::Source => return values,
        NodeKind::Test => json!({
            "materialized": "test", "severity": "ERROR", "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0",
        }),
        _ => json!({
            "materialized": match kind {
                NodeKind::Seed => "seed",
                NodeKind::Snapshot => "snapshot",
                _ => "view",
            },
            "on_schema_change": "ignore",
            "on_configuration_change": "apply",
            "docs": {"show": true},
            "contract": {"enforced": false, "alias_types": true},
            "access": if kind == NodeKind::Model { json!("protected") } else { Value::Null },
            "delimiter": if kind == NodeKind::Seed { json!(",") } else { Value::Null },
        }),
    };
    if let (Value::Object(values), Value::Object(more)) = (&mut values, more) {
        values.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    values
}

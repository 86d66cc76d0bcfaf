//! `sources:`: tables that others write.

use serde_json::{Map, Value};

use super::generic_tests::Tested;
use super::{Attached, Draft, Item, Properties, Reader, columns, columns_of, keys, text};
use crate::diagnostic::Diagnostic;
use crate::project::project_file::quoting;
use crate::project::yaml::{Kind, Yaml};
use crate::project::{NodeKind, SourceRelation, errors, python};
use crate::source::Span;

/// An entry with `overrides:`, for a source of another package.
pub(in crate::project) struct SourcePatch {
    /// The other package.
    pub package: String,
    /// The source's name.
    pub name: String,
    /// Its place.
    pub span: Span,
    /// All of the entry.
    pub value: Value,
}

impl Reader<'_> {
    /// A source: a node for each of its tables.
    pub(super) fn source(&self, item: &Item<'_, '_>, properties: &mut Properties) {
        if let Some(package) = item.value.get("overrides").and_then(Value::as_str) {
            properties.source_patches.push(SourcePatch {
                package: package.to_owned(),
                name: item.name.clone(),
                span: item.name_span,
                value: item.value.clone(),
            });
            return;
        }
        let Some(tables) = item.tree.set("tables") else { return };
        if !matches!(tables.kind, Kind::List(_)) {
            let problem = errors::wrong_kind(tables.span, "tables", "a list", tables.kind_name());
            properties.diagnostics.push(problem);
            return;
        }
        let values = item.value.get("tables").and_then(Value::as_array);
        for (tree, value) in tables.items().iter().zip(values.into_iter().flatten()) {
            self.table(item, tree, value, properties);
        }
    }

    fn table(&self, source: &Item<'_, '_>, tree: &Yaml<'_>, value: &Value, properties: &mut Properties) {
        let diagnostics = &mut properties.diagnostics;
        let Kind::Map(entries) = &tree.kind else {
            diagnostics.push(errors::wrong_kind(tree.span, "tables", "a list of mappings", tree.kind_name()));
            return;
        };
        let name = value.get("name").filter(|name| !name.is_null());
        let (Some(name), Some(name_span)) = (name.map(python::str), tree.get("name").map(|name| name.span))
        else {
            diagnostics.push(errors::missing_key(
                tree.span,
                "name",
                &format!("a table of the source `{}`", source.name),
            ));
            return;
        };
        keys::check(entries, "tables", keys::TABLE, diagnostics);
        let all = &source.value;
        let mut node = self.defined(NodeKind::Source, source);
        node.unique_id = format!("source.{}.{}.{name}", self.context.package, source.name);
        node.fqn.push(name.clone());
        node.name.clone_from(&name);
        node.relative_path.clone_from(&node.path);
        node.span = name_span;
        node.properties_span = Some(name_span);
        node.source_name = Some(source.name.clone());
        node.description = text(value.get("description"));
        node.columns = columns::read(columns_of(tree), value.get("columns"), diagnostics);
        node.source_relation = Some(relation(all, value, &name));
        node.property_config.values = self.source_config(source, tree, value, diagnostics);
        node.properties = resolved(all, value, &node.property_config.values);
        for (key, names) in [
            ("unrendered_database", ["database", "project", "catalog"]),
            ("unrendered_schema", ["schema", "dataset", ""]),
        ] {
            let written = names.iter().find_map(|name| source.tree.get(name)?.scalar_text());
            if let Some(written) = written {
                node.properties[key] = written.into();
            }
        }

        let mut tags = columns::tags(all.get("tags"));
        tags.extend(columns::tags(value.get("tags")));
        let column_quoting = |value: &Value| value.get("quoting")?.get("column")?.as_bool();
        let mut tested = Tested {
            name: format!("{}_{name}", source.name),
            prefix: "source_",
            call: format!("source('{}', '{name}')", source.name),
            attached: Attached::Source(node.unique_id.clone()),
            tags,
            quote_columns: column_quoting(value).or_else(|| column_quoting(all)).unwrap_or(false),
            column: None,
        };
        let mut drafts = vec![Draft { node: Box::new(node), attached: None, text: None }];
        self.tests_of(tree, &tested, &mut drafts, diagnostics);
        self.column_tests(&columns_of(tree), &mut tested, &mut drafts, diagnostics);
        properties.drafts.append(&mut drafts);
    }

    fn source_config(
        &self,
        source: &Item<'_, '_>,
        tree: &Yaml<'_>,
        value: &Value,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Map<String, Value> {
        let all = &source.value;
        let mut config = self.plain_config(all, source.tree, diagnostics);
        config.extend(self.plain_config(value, tree, diagnostics));
        let inner =
            |value: &Value, key: &str| value.get("config").and_then(|config| config.get(key)).cloned();
        let mut meta = Map::new();
        for level in
            [all.get("meta").cloned(), inner(all, "meta"), value.get("meta").cloned(), inner(value, "meta")]
        {
            if let Some(Value::Object(level)) = level {
                meta.extend(level);
            }
        }
        set(&mut config, "meta", (!meta.is_empty()).then_some(Value::Object(meta)));
        let mut tags = columns::tags(all.get("tags"));
        tags.extend(columns::tags(inner(all, "tags").as_ref()));
        tags.extend(columns::tags(value.get("tags")));
        tags.extend(columns::tags(inner(value, "tags").as_ref()));
        tags.sort();
        tags.dedup();
        set(&mut config, "tags", (!tags.is_empty()).then(|| tags.into()));
        for key in ["loaded_at_field", "loaded_at_query"] {
            let of = |value: &Value| {
                let beside = value.get(key).filter(|value| !value.is_null()).cloned();
                beside.or_else(|| inner(value, key).filter(|value| !value.is_null()))
            };
            // An explicit null on the table takes the source's away; a field on the table does so for a query.
            let emptied = value.get(key).is_some_and(Value::is_null)
                || key == "loaded_at_query" && value.get("loaded_at_field").is_some();
            set(&mut config, key, of(value).or_else(|| if emptied { None } else { of(all) }));
        }
        let levels = [
            all.get("freshness").cloned(),
            inner(all, "freshness"),
            value.get("freshness").cloned(),
            inner(value, "freshness"),
        ];
        match freshness(&levels) {
            Freshness::Unset => {
                config.shift_remove("freshness");
            }
            Freshness::Off => {
                config.insert("freshness".to_owned(), Value::Null);
            }
            Freshness::On(value) => {
                config.insert("freshness".to_owned(), value);
            }
        }
        config
    }

    fn plain_config(
        &self,
        value: &Value,
        tree: &Yaml<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Map<String, Value> {
        match value.get("config") {
            Some(Value::Object(config)) => super::canonical(config.clone(), self.context.dialect),
            Some(Value::Null) | None => Map::new(),
            Some(_) => {
                let at = tree.get("config").map_or(tree.span, |config| config.span);
                diagnostics.push(errors::wrong_kind(at, "config", "a mapping", "something else"));
                Map::new()
            }
        }
    }
}

/// The relation of a table, the source's settings below the table's.
fn relation(all: &Value, table: &Value, name: &str) -> SourceRelation {
    let scalar = |value: &Value, keys: &[&str]| {
        keys.iter().find_map(|key| value.get(key).filter(|value| !value.is_null())).map(python::str)
    };
    let outer = quoting(all.get("quoting"));
    let inner = quoting(table.get("quoting"));
    SourceRelation {
        database: scalar(all, &["database", "project", "catalog"]),
        schema: scalar(all, &["schema", "dataset"]),
        identifier: scalar(table, &["identifier"]).unwrap_or_else(|| name.to_owned()),
        quote: std::array::from_fn(|at| inner[at].or(outer[at])),
    }
}

/// The table's entry with what it has from its source.
fn resolved(all: &Value, table: &Value, config: &Map<String, Value>) -> Value {
    let said = table.as_object().into_iter().flatten();
    // What is said of columns is in the node's columns.
    let said = said.filter(|(key, _)| *key != "columns").map(|(key, value)| (key.clone(), value.clone()));
    let mut resolved: Map<String, Value> = said.collect();
    for key in ["database", "schema", "loader"] {
        set(&mut resolved, key, all.get(key).cloned());
    }
    set(&mut resolved, "source_description", all.get("description").cloned());
    let mut meta = all.get("meta").and_then(Value::as_object).cloned().unwrap_or_default();
    let more = all.get("config").and_then(|config| config.get("meta")).and_then(Value::as_object);
    meta.extend(more.cloned().unwrap_or_default());
    resolved.insert("source_meta".to_owned(), Value::Object(meta));
    for key in ["loaded_at_field", "loaded_at_query", "freshness"] {
        match config.get(key) {
            Some(value) => {
                resolved.insert(key.to_owned(), value.clone());
            }
            None => {
                resolved.shift_remove(key);
            }
        }
    }
    Value::Object(resolved)
}

enum Freshness {
    /// Nobody said anything.
    Unset,
    /// Switched off with `null`.
    Off,
    On(Value),
}

/// Lays the levels over each other: source, its config, table, its config. `null` switches off.
fn freshness(levels: &[Option<Value>; 4]) -> Freshness {
    let mut state: Option<Map<String, Value>> = match &levels[0] {
        None => Some(Map::new()),
        Some(Value::Object(map)) => Some(map.clone()),
        Some(_) => None,
    };
    for level in &levels[1..] {
        state = match (state, level) {
            (state, None) => state,
            (Some(mut base), Some(Value::Object(update))) => {
                for (key, value) in update {
                    match (base.get_mut(key), value) {
                        (Some(Value::Object(base)), Value::Object(update)) => {
                            base.extend(update.iter().map(|(key, value)| (key.clone(), value.clone())));
                        }
                        _ => {
                            base.insert(key.clone(), value.clone());
                        }
                    }
                }
                Some(base)
            }
            (None, Some(Value::Object(update))) if !update.is_empty() => Some(update.clone()),
            _ => None,
        };
    }
    let Some(state) = state else { return Freshness::Off };
    let time = |key: &str| {
        let part =
            |name: &str| state.get(key).and_then(|time| time.get(name)).cloned().unwrap_or(Value::Null);
        (part("count"), part("period"))
    };
    let (warn, error) = (time("warn_after"), time("error_after"));
    if warn.0.is_null() && error.0.is_null() {
        return Freshness::Unset;
    }
    Freshness::On(serde_json::json!({
        "warn_after": {"count": warn.0, "period": warn.1},
        "error_after": {"count": error.0, "period": error.1},
        "filter": state.get("filter").cloned().unwrap_or(Value::Null),
    }))
}

fn set(map: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            map.insert(key.to_owned(), value);
        }
        None => {
            map.shift_remove(key);
        }
    }
}

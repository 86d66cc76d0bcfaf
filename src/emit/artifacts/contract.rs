//! Contracts: constraints with their defaults, and the checksum that tells whether a contract has changed.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::super::Context;
use super::checksum::sha256;
use crate::graph::Resolved;
use crate::graph::calls::{self, Call};
use crate::project::{ColumnProperties, Node};

/// A constraint as the manifest has it.
#[derive(Serialize)]
pub(super) struct Constraint<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: Option<&'a str>,
    expression: Option<&'a str>,
    warn_unenforced: bool,
    warn_unsupported: bool,
    to: Option<Cow<'a, str>>,
    to_columns: Vec<&'a str>,
    /// Of a part, not of a column.
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<&'a str>>,
}

impl<'a> Constraint<'a> {
    fn new(value: &'a Value, of_part: bool) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let flag = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(true);
        let list = |key: &str| -> Vec<&'a str> {
            value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
        };
        Self {
            kind: text("type").unwrap_or_default(),
            name: text("name"),
            expression: text("expression"),
            warn_unenforced: flag("warn_unenforced"),
            warn_unsupported: flag("warn_unsupported"),
            to: text("to").map(Cow::Borrowed),
            to_columns: list("to_columns"),
            columns: of_part.then(|| list("columns")),
        }
    }

    /// A column's.
    pub(super) fn of_column(column: &'a ColumnProperties) -> Vec<Self> {
        column.constraints.iter().map(|value| Self::new(value, false)).collect()
    }

    /// A part's own.
    pub(super) fn of_part(node: &'a Node) -> Vec<Self> {
        let listed = node.properties.get("constraints").and_then(Value::as_array);
        listed.into_iter().flatten().map(|value| Self::new(value, true)).collect()
    }

    /// The relation that a foreign key leads to in place of the call; a call that leads nowhere stays.
    pub(super) fn settled(mut self, context: &Context<'_>, package: &str) -> Self {
        if self.kind == "foreign_key"
            && let Some(relation) = self.to.as_deref().and_then(|to| relation(context, package, to))
        {
            self.to = Some(Cow::Owned(relation));
        }
        self
    }

    /// As Python shows dbt's object, for that is what its checksum is made of.
    fn repr(&self) -> String {
        let text = |text: Option<&str>| text.map_or_else(|| "None".to_owned(), quoted);
        let flag = |flag: bool| if flag { "True" } else { "False" };
        let list = |list: &[&str]| {
            format!("[{}]", list.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
        };
        let class = if self.columns.is_some() { "ModelLevelConstraint" } else { "ColumnLevelConstraint" };
        let columns = self.columns.as_deref().map(|columns| format!(", columns={}", list(columns)));
        format!(
            "{class}(type=<ConstraintType.{0}: '{0}'>, name={1}, expression={2}, warn_unenforced={3}, \
             warn_unsupported={4}, to={5}, to_columns={6}{7})",
            self.kind,
            text(self.name),
            text(self.expression),
            flag(self.warn_unenforced),
            flag(self.warn_unsupported),
            text(self.to.as_deref()),
            list(&self.to_columns),
            columns.unwrap_or_default(),
        )
    }
}

fn relation(context: &Context<'_>, package: &str, call: &str) -> Option<String> {
    let Context { project, graph, .. } = *context;
    let found = match calls::parse(call)? {
        Call::Ref { package: of, name, version } => {
            graph.resolve_ref(project, package, of.as_deref(), &name, version.as_deref())
        }
        Call::Source { source, table } => graph.resolve_source(project, package, &source, &table),
        Call::Metric { .. } => return None,
    };
    let Resolved::Found(id) = found else { return None };
    Some(context.collected.nodes[id].as_ref()?.relation.as_ref()?.render())
}

/// `contract` of a node.
#[derive(Serialize)]
pub(super) struct ContractOut {
    enforced: bool,
    alias_types: bool,
    checksum: Option<String>,
}

impl ContractOut {
    /// From the config; the checksum is only there where the contract holds.
    pub(super) fn of(node: &Node, config: Option<&Value>, materialized: &str) -> Self {
        let flag = |key: &str| config.and_then(|contract| contract.get(key)).and_then(Value::as_bool);
        let enforced = flag("enforced").unwrap_or(false);
        Self {
            enforced,
            alias_types: flag("alias_types").unwrap_or(true),
            checksum: enforced.then(|| checksum(node, materialized)),
        }
    }
}

fn checksum(node: &Node, materialized: &str) -> String {
    let list = |constraints: Vec<Constraint<'_>>| {
        let shown: Vec<String> = constraints.iter().map(Constraint::repr).collect();
        format!("[{}]", shown.join(", "))
    };
    let mut columns: Vec<&ColumnProperties> = node.columns.values().collect();
    columns.sort_by(|one, other| one.name.cmp(&other.name));
    let mut state = String::new();
    for column in columns {
        state.push('|');
        state.push_str(&column.name);
        state.push_str(column.data_type.as_deref().unwrap_or("None"));
        state.push_str(&list(Constraint::of_column(column)));
    }
    if matches!(materialized, "table" | "incremental") {
        state.push_str(materialized);
        state.push_str(&list(Constraint::of_part(node)));
    }
    sha256(state.as_bytes())
}

/// A text as Python shows it.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            char if char == quote => {
                shown.push('\\');
                shown.push(char);
            }
            char => shown.push(char),
        }
    }
    shown.push(quote);
    shown
}

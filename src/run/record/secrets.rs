//! Keeping secrets out of records: what must not be seen is five stars there, and in what is looked for, too.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Record;
use crate::project::Target;
use crate::world::World;

/// dbt's prefix of variables that nobody should see.
const PREFIX: &str = "DBT_ENV_SECRET";

/// Words in the keys of a profile whose values are secrets.
const WORDS: [&str; 6] = ["pass", "token", "secret", "private_key", "access_key", "credential"];

/// The values that must not be seen.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The values of all `DBT_ENV_SECRET…` variables and of the target's secret credentials, long ones first, so that
    /// none hides within another.
    pub fn of(world: &dyn World, target: &Target) -> Self {
        let mut values: Vec<String> = world.env_with_prefix(PREFIX).into_iter().map(|(_, it)| it).collect();
        in_profile(&target.credentials, &mut values);
        values.retain(|value| !value.trim().is_empty());
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self(values)
    }

    /// The text with five stars in place of each secret.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "*****"))
    }

    /// The record without any secret.
    pub(super) fn record(&self, record: Record) -> Record {
        if self.0.is_empty() {
            return record;
        }
        let text = |text: String| self.scrub(&text);
        let keys = |key: String| self.scrub(&key);
        Record {
            origin: record.origin.map(|mut origin| {
                origin.database = origin.database.map(text);
                origin.schema = self.scrub(&origin.schema);
                origin
            }),
            schemas: map(record.schemas, keys, |all| all.into_iter().map(|it| it.map(text)).collect()),
            relations: map(record.relations, keys, |found| found.map(|it| it.map(text))),
            columns: map(record.columns, keys, |all| {
                all.into_iter().map(|(name, kind)| (self.scrub(&name), kind)).collect()
            }),
            queries: map(record.queries, keys, |mut answer| {
                for (name, _) in &mut answer.columns {
                    *name = self.scrub(name);
                }
                for cell in answer.rows.iter_mut().flatten().flatten() {
                    *cell = self.scrub(cell);
                }
                answer
            }),
        }
    }
}

fn map<V>(
    entries: BTreeMap<String, V>,
    key: impl Fn(String) -> String,
    value: impl Fn(V) -> V,
) -> BTreeMap<String, V> {
    entries.into_iter().map(|(name, entry)| (key(name), value(entry))).collect()
}

fn in_profile(keys: &Map<String, Value>, values: &mut Vec<String>) {
    for (key, value) in keys {
        let key = key.to_ascii_lowercase();
        match value {
            Value::String(text) if WORDS.iter().any(|word| key.contains(word)) => values.push(text.clone()),
            Value::Object(inner) => in_profile(inner, values),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_object).for_each(|inner| in_profile(inner, values));
            }
            _ => {}
        }
    }
}

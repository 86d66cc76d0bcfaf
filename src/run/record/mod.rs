//! Answers of the warehouse in a file: recorded where there is one, replayed where there is none.
//!
//! Keys are what was asked, so that people can read the file and see what changed: the text of a query, the name of
//! a relation or of a schema.

mod file;
mod recorder;
mod replay;
mod secrets;

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::project::Target;
use crate::render::Answer;
use crate::sql::Relation;

pub use recorder::Recorder;
pub use replay::Replay;
pub use secrets::Secrets;

/// The name of the file beside the project.
pub const RECORD_FILE: &str = "buhin.answers.yml";

/// All answers, by what was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Where they come from; `None` for the empty record, whose answers are those of an empty warehouse.
    pub origin: Option<Origin>,
    /// What stands in a schema, by its name.
    schemas: BTreeMap<String, Vec<Found>>,
    /// Whether there is a relation, by its name.
    relations: BTreeMap<String, Option<Found>>,
    /// Names and types of columns, by the relation as SQL.
    columns: BTreeMap<String, Vec<(String, String)>>,
    /// Rows, by the query.
    queries: BTreeMap<String, Answer>,
}

/// The target that a record was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its dialect.
    pub dialect: String,
    /// Its database.
    pub database: Option<String>,
    /// Its schema.
    pub schema: String,
}

/// Database, schema, name and kind (`table` or `view`) of a relation.
type Found = [String; 4];

impl Origin {
    /// Of the target at hand.
    pub fn of(target: &Target) -> Self {
        Self {
            dialect: target.dialect.name().to_owned(),
            database: target.database.clone(),
            schema: target.schema.clone(),
        }
    }
}

impl Record {
    /// Reads a record; an error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        file::parse(text)
    }

    /// The record as a file: sorted, a line or a block for each answer.
    pub fn render(&self) -> String {
        file::render(self)
    }

    /// How many answers it has.
    pub fn len(&self) -> usize {
        self.schemas.len() + self.relations.len() + self.columns.len() + self.queries.len()
    }

    /// True if it has no answer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is in `self` and not in `newer`, in the words of the file.
    pub fn dropped(&self, newer: &Self) -> Vec<String> {
        fn gone<'k, V>(
            old: &'k BTreeMap<String, V>,
            new: &BTreeMap<String, V>,
        ) -> impl Iterator<Item = &'k String> {
            old.keys().filter(|key| !new.contains_key(*key)).collect::<Vec<_>>().into_iter()
        }
        let mut dropped: Vec<String> = Vec::new();
        dropped.extend(gone(&self.schemas, &newer.schemas).map(|key| format!("relations of schema {key}")));
        dropped.extend(gone(&self.relations, &newer.relations).map(|key| format!("relation {key}")));
        dropped.extend(gone(&self.columns, &newer.columns).map(|key| format!("columns of {key}")));
        dropped.extend(gone(&self.queries, &newer.queries).map(|key| format!("query: {}", headline(key))));
        dropped
    }

    /// Takes over what only an older record of the same origin has.
    pub fn keep(&mut self, older: Self) {
        fn keep<V>(new: &mut BTreeMap<String, V>, old: BTreeMap<String, V>) {
            for (key, value) in old {
                new.entry(key).or_insert(value);
            }
        }
        if self.origin != older.origin {
            return;
        }
        keep(&mut self.schemas, older.schemas);
        keep(&mut self.relations, older.relations);
        keep(&mut self.columns, older.columns);
        keep(&mut self.queries, older.queries);
    }
}

/// B0214: the file is no record, or not one for this project.
pub fn bad_record(path: &str, what: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_RECORD, format!("`{path}` can't be replayed: {what}"))
        .help("`buhin compile --record` makes it anew, with the database of the profile")
}

/// B0215: answers that nobody asks for any more.
pub fn answers_dropped(path: &str, dropped: &[String]) -> Diagnostic {
    let count = dropped.len();
    let answers = if count == 1 { "1 answer is".to_owned() } else { format!("{count} answers are") };
    let message = format!("{answers} no longer asked for and no longer in `{path}`");
    let mut shown: Vec<&str> = dropped.iter().take(10).map(String::as_str).collect();
    let more = format!("and {} more", count.saturating_sub(10));
    if count > 10 {
        shown.push(&more);
    }
    Diagnostic::warning(Code::ANSWERS_DROPPED, message).note(shown.join("\n"))
}

/// The first words of a query, in one line.
fn headline(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 100 { line } else { line.chars().take(99).chain(['…']).collect() }
}

/// A query as a key: no blanks around it or at the ends of its lines.
fn query_key(sql: &str) -> String {
    let lines: Vec<&str> = sql.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// A schema as a key.
fn schema_key(database: Option<&str>, schema: &str) -> String {
    let parts = database.into_iter().chain([schema]);
    parts.map(str::to_lowercase).collect::<Vec<_>>().join(".")
}

/// A relation as a key.
fn relation_key(database: Option<&str>, schema: &str, identifier: &str) -> String {
    format!("{}.{}", schema_key(database, schema), identifier.to_lowercase())
}

fn found(relation: &Relation) -> Found {
    let kind = match relation.kind {
        Some(crate::sql::RelationKind::View) => "view",
        _ => "table",
    };
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    [part(&relation.database), part(&relation.schema), part(&relation.identifier), kind.to_owned()]
}

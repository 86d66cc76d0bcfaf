//! Answers from a record, without a warehouse.

use super::{Found, Origin, Record, Secrets, query_key, relation_key, schema_key};
use crate::render::{Answer, Introspect};
use crate::sql::{Dialect, Relation, RelationKind};

/// A record that answers.
pub struct Replay {
    record: Record,
    dialect: Dialect,
    /// They are stars in the record.
    secrets: Secrets,
    /// What to say besides when an answer is missing.
    hint: String,
}

impl Replay {
    /// A record for the target at hand; an error says why it is not for it.
    pub fn new(
        record: Record,
        path: &str,
        now: &Origin,
        dialect: Dialect,
        secrets: Secrets,
    ) -> Result<Self, String> {
        let mut hint = format!("no answer to it is recorded in `{path}`");
        if let Some(then) = &record.origin {
            if then.dialect != now.dialect {
                return Err(format!(
                    "it was recorded with dialect `{}`, not `{}`",
                    then.dialect, now.dialect
                ));
            }
            if then != now {
                let place = |origin: &Origin| match &origin.database {
                    Some(database) => format!("{database}.{}", origin.schema),
                    None => origin.schema.clone(),
                };
                hint =
                    format!("{hint}, which was recorded with schema `{}`, not `{}`", place(then), place(now));
            }
        }
        Ok(Self { record, dialect, secrets, hint })
    }

    fn answer<T: Default>(&self, recorded: Option<T>) -> Result<T, String> {
        match recorded {
            Some(answer) => Ok(answer),
            None if self.record.origin.is_none() => Ok(T::default()),
            None => Err(self.hint.clone()),
        }
    }

    fn made(&self, [database, schema, identifier, kind]: &Found) -> Relation {
        let part = |part: &String| Some(part.clone()).filter(|part| !part.is_empty());
        Relation {
            database: part(database),
            schema: part(schema),
            identifier: part(identifier),
            quote: [true; 3],
            kind: Some(if kind == "view" { RelationKind::View } else { RelationKind::Table }),
            dialect: self.dialect,
        }
    }
}

impl Introspect for Replay {
    fn relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String> {
        let recorded = self.record.schemas.get(&self.secrets.scrub(&schema_key(database, schema)));
        self.answer(recorded.map(|all| all.iter().map(|found| self.made(found)).collect()))
    }

    fn relation(
        &self,
        database: Option<&str>,
        schema: &str,
        identifier: &str,
    ) -> Result<Option<Relation>, String> {
        let recorded =
            self.record.relations.get(&self.secrets.scrub(&relation_key(database, schema, identifier)));
        self.answer(recorded.map(|found| found.as_ref().map(|found| self.made(found))))
    }

    fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String> {
        self.answer(self.record.columns.get(&self.secrets.scrub(&relation.render())).cloned())
    }

    fn query(&self, sql: &str) -> Result<Answer, String> {
        self.answer(self.record.queries.get(&self.secrets.scrub(&query_key(sql))).cloned())
    }

    fn replays(&self) -> bool {
        true
    }
}

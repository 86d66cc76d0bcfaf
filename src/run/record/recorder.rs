//! Asks a warehouse and keeps what it answers.

use std::sync::{Mutex, PoisonError};

use super::{Origin, Record, Secrets, found, query_key, relation_key, schema_key};
use crate::render::{Answer, Introspect};
use crate::sql::Relation;

/// A warehouse whose answers are kept. What it could not answer is not.
pub struct Recorder<'i> {
    asked: &'i dyn Introspect,
    record: Mutex<Record>,
}

impl<'i> Recorder<'i> {
    /// Nothing asked yet.
    pub fn new(asked: &'i dyn Introspect, origin: Origin) -> Self {
        Self { asked, record: Mutex::new(Record { origin: Some(origin), ..Record::default() }) }
    }

    /// What was answered, without secrets.
    pub fn into_record(self, secrets: &Secrets) -> Record {
        secrets.record(self.record.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, keep: impl FnOnce(&mut Record)) {
        keep(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Introspect for Recorder<'_> {
    fn relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String> {
        let relations = self.asked.relations(database, schema)?;
        let all = relations.iter().map(found).collect();
        self.keep(|record| drop(record.schemas.insert(schema_key(database, schema), all)));
        Ok(relations)
    }

    fn relation(
        &self,
        database: Option<&str>,
        schema: &str,
        identifier: &str,
    ) -> Result<Option<Relation>, String> {
        let relation = self.asked.relation(database, schema, identifier)?;
        let key = relation_key(database, schema, identifier);
        self.keep(|record| drop(record.relations.insert(key, relation.as_ref().map(found))));
        Ok(relation)
    }

    fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String> {
        let columns = self.asked.columns(relation)?;
        self.keep(|record| drop(record.columns.insert(relation.render(), columns.clone())));
        Ok(columns)
    }

    fn query(&self, sql: &str) -> Result<Answer, String> {
        let key = query_key(sql);
        let known = |record: &Record| record.queries.get(&key).cloned();
        if let Some(answer) = known(&self.record.lock().unwrap_or_else(PoisonError::into_inner)) {
            // A query is asked once, so that all parts are made of the same answer, as they will be when it is replayed.
            return Ok(answer);
        }
        let answer = self.asked.query(sql)?;
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(record.queries.entry(key).or_insert(answer).clone())
    }
}

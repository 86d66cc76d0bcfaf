//! The way from rendering threads to what only the caller holds: the environment and the warehouse.
//!
//! Values in a template must own all they use, while the world and the warehouse are lent to the stage for one
//! call. So a thread that may hold them answers questions until the rendering is done.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::{Answer, Introspect};
use crate::sql::Relation;
use crate::world::World;

type Reply<T> = Sender<Result<T, String>>;

enum Question {
    Env(String, Reply<Option<String>>),
    Relations(Option<String>, String, Reply<Vec<Relation>>),
    Relation([Option<String>; 3], Reply<Option<Relation>>),
    Columns(Relation, Reply<Vec<(String, String)>>),
    Query(String, Reply<Answer>),
    Execute(String, bool, Reply<Answer>),
    Commit(Reply<()>),
    Done,
}

/// Where questions are put.
pub(super) struct Port {
    questions: Sender<Question>,
    /// True where macros may change the warehouse.
    pub(super) acts: bool,
    /// True where the answers are those of a record.
    pub(super) replays: bool,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Port")
    }
}

impl Port {
    /// A variable of the environment.
    pub(super) fn env(&self, name: &str) -> Option<String> {
        self.ask(|reply| Question::Env(name.to_owned(), reply)).ok().flatten()
    }

    /// What stands in a schema.
    pub(super) fn relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String> {
        self.ask(|reply| Question::Relations(database.map(str::to_owned), schema.to_owned(), reply))
    }

    /// What stands under a name.
    pub(super) fn relation(
        &self,
        database: Option<&str>,
        schema: &str,
        identifier: &str,
    ) -> Result<Option<Relation>, String> {
        let parts = [database, Some(schema), Some(identifier)].map(|part| part.map(str::to_owned));
        self.ask(|reply| Question::Relation(parts, reply))
    }

    /// Column names and types.
    pub(super) fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String> {
        self.ask(|reply| Question::Columns(relation.clone(), reply))
    }

    /// The rows of a query.
    pub(super) fn query(&self, sql: &str) -> Result<Answer, String> {
        self.ask(|reply| Question::Query(sql.to_owned(), reply))
    }

    /// What a macro says with `statement()`, within a transaction if `begin`.
    pub(super) fn execute(&self, sql: &str, begin: bool) -> Result<Answer, String> {
        self.ask(|reply| Question::Execute(sql.to_owned(), begin, reply))
    }

    /// The end of that transaction.
    pub(super) fn commit(&self) -> Result<(), String> {
        self.ask(Question::Commit)
    }

    fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Question) -> Result<T, String> {
        let (reply, answer) = channel();
        let gone = || "the rendering is over".to_owned();
        self.questions.send(question(reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// Runs `work`, which may ask the world and the warehouse through the port.
pub(super) fn serve<T>(
    world: &dyn World,
    introspect: &dyn Introspect,
    work: impl FnOnce(std::sync::Arc<Port>) -> T,
) -> T {
    let (questions, asked) = channel();
    let port = std::sync::Arc::new(Port {
        questions: questions.clone(),
        acts: introspect.acts(),
        replays: introspect.replays(),
    });
    std::thread::scope(|scope| {
        scope.spawn(move || answer(world, introspect, &asked));
        // The thread ends by this word and not by the port's end: a value may keep the port alive.
        let _done = Hangup(questions);
        work(port)
    })
}

struct Hangup(Sender<Question>);

impl Drop for Hangup {
    fn drop(&mut self) {
        let _already_gone = self.0.send(Question::Done);
    }
}

fn answer(world: &dyn World, introspect: &dyn Introspect, asked: &Receiver<Question>) {
    // A reply that nobody waits for any more is of no interest.
    while let Ok(question) = asked.recv() {
        let _nobody_waits = match question {
            Question::Env(name, reply) => reply.send(Ok(world.env(&name))).is_err(),
            Question::Relations(database, schema, reply) => {
                reply.send(introspect.relations(database.as_deref(), &schema)).is_err()
            }
            Question::Relation([database, schema, identifier], reply) => {
                let (schema, name) = (schema.unwrap_or_default(), identifier.unwrap_or_default());
                reply.send(introspect.relation(database.as_deref(), &schema, &name)).is_err()
            }
            Question::Columns(relation, reply) => reply.send(introspect.columns(&relation)).is_err(),
            Question::Query(sql, reply) => reply.send(introspect.query(&sql)).is_err(),
            Question::Execute(sql, begin, reply) => reply.send(introspect.execute(&sql, begin)).is_err(),
            Question::Commit(reply) => reply.send(introspect.commit()).is_err(),
            Question::Done => return,
        };
    }
}

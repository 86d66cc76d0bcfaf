//! Trials one after the other, until one shows a difference.

use std::collections::BTreeSet;

use super::answer::{Answer, Engine};
use super::chance::Chance;
use super::compare::{Difference, Normal, common};
use super::data::{Data, Maker};
use super::schema::{Column, Schema};
use super::shrink::shrink;
use super::text::{Queries, Query};
use super::{Budget, Counterexample, NoDifference, Outcome, Trial, pool, repair};
use crate::sql::Dialect;

/// So many rows of an answer are looked at.
const ROWS: usize = 20_000;

/// Rows are stored in so many orders to see whether an answer depends on that.
const ORDERS: usize = 40;

/// Tables that still depend on the order of rows when they are this small do so in truth.
const FEW: usize = 7;

/// Once there is a weak difference, a better one is looked for in so many trials.
const MORE: usize = 60;

/// Everything that trials need.
pub(super) struct Trials<'a> {
    pub(super) queries: Queries,
    pub(super) schema: Schema,
    pub(super) budget: &'a Budget<'a>,
    pub(super) common_columns: bool,
    /// The dialect of the queries, if they are not as their author wrote them.
    pub(super) translated_from: Option<Dialect>,
    engine: &'a mut dyn Engine,
}

/// What two queries answer on the same rows.
pub(super) struct Answers {
    pub(super) old: Result<Answer, String>,
    pub(super) new: Result<Answer, String>,
}

/// A difference on some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) difference: Difference,
    pub(super) is_order_dependent: bool,
}

impl<'a> Trials<'a> {
    /// Trials of two queries on an engine.
    pub(super) fn new(
        trial: &Trial<'_>,
        queries: Queries,
        engine: &'a mut dyn Engine,
        budget: &'a Budget<'a>,
    ) -> Self {
        let schema = Schema::of(trial, &queries);
        let translated_from = Some(trial.dialect).filter(|dialect| *dialect != Dialect::DuckDb);
        Self { queries, schema, budget, common_columns: trial.common_columns, translated_from, engine }
    }

    /// Runs them; fails with why nothing can be run.
    pub(super) fn run(mut self) -> Result<Outcome, String> {
        self.refuse_what_stays_empty()?;
        repair::repair(&mut self)?;
        let maker = Maker::new(&self.schema);
        let (mut compared, mut void) = (0, 0);
        let mut reason = "no trial was run".to_owned();
        // A difference in types or an error: weaker than one in rows.
        let mut weak: Option<(usize, Data, Found)> = None;
        for trial in 0..self.budget.trials {
            if (self.budget.is_over)() || weak.as_ref().is_some_and(|(at, ..)| trial > at + MORE) {
                break;
            }
            let mut chance = Chance::new(self.budget.seed.wrapping_mul(1_000_003) ^ trial as u64);
            let data = maker.data(&self.schema, trial, &mut chance);
            let answers = match self.ask(&data) {
                Ok(answers) => answers,
                Err(why) => {
                    (void, reason) = (void + 1, why);
                    continue;
                }
            };
            match (&answers.old, &answers.new) {
                (Ok(_), Ok(_)) => compared += 1,
                (Err(why), Err(_)) => (void, reason) = (void + 1, why.clone()),
                _ => {}
            }
            let Some(difference) = self.compare(&answers) else { continue };
            if !self.is_steady(&data, &answers) {
                return Err("its rows are others each time it is run".to_owned());
            }
            // Whether text can be converted says nothing where it is a guess that the column has text.
            let error = answers.old.as_ref().err().or(answers.new.as_ref().err());
            if let Some(why) = error.filter(|why| self.has_guess() && why.starts_with("Conversion Error")) {
                (void, reason) = (void + 1, why.clone());
                continue;
            }
            if difference > Difference::Order {
                let found = Found { difference, is_order_dependent: false };
                if weak.as_ref().is_none_or(|(_, _, other)| other.difference > difference) {
                    weak = Some((trial, data, found));
                }
                continue;
            }
            if let Some(example) = self.example(trial, &data) {
                return Ok(Outcome::Counterexample(Box::new(example)));
            }
        }
        if let Some((trial, data, found)) = weak
            && let Some(example) = self.shrunk(trial, &data, found)
        {
            return Ok(Outcome::Counterexample(Box::new(example)));
        }
        if compared == 0 {
            return Err(reason);
        }
        Ok(Outcome::NoDifference(NoDifference { trials: compared, void, seed: self.budget.seed }))
    }

    /// Fails if a table could never have a row: trials would be of less than they seem.
    fn refuse_what_stays_empty(&self) -> Result<(), String> {
        for table in &self.schema.tables {
            let is_stuck =
                |it: &&Column| it.not_null && it.accepted.is_empty() && pool::usual(&it.kind).is_empty();
            if let Some(column) = table.columns.iter().find(is_stuck) {
                let (name, column) = (table.parts.join("."), &column.name);
                return Err(format!(
                    "no values can be made up for `{column}` of `{name}`, which is never NULL"
                ));
            }
        }
        Ok(())
    }

    /// True unless a query gives something else when it is asked again about the same rows, as dice do.
    fn is_steady(&mut self, data: &Data, answers: &Answers) -> bool {
        let Ok(again) = self.ask(data) else { return true };
        match (self.normals(answers), self.normals(&again)) {
            (Some(before), Some(after)) => before == after,
            _ => true,
        }
    }

    /// The counterexample that these rows lead to, unless it only shows that an answer depends on the order of rows
    /// in the same way on both sides.
    fn example(&mut self, trial: usize, data: &Data) -> Option<Counterexample> {
        let found = self.found(data)?;
        self.shrunk(trial, data, found)
    }

    fn shrunk(&mut self, trial: usize, data: &Data, found: Found) -> Option<Counterexample> {
        let (data, found) = shrink(self, data.clone(), found);
        if found.is_order_dependent && data.len() > FEW && self.budget.shrinks > 0 {
            return None;
        }
        let answers = self.ask(&data).ok()?;
        Some(Counterexample {
            difference: found.difference,
            inputs: data.shown(&self.schema),
            old: answers.old,
            new: answers.new,
            is_order_dependent: found.is_order_dependent,
            translated_from: self.translated_from,
            trial: trial + 1,
            seed: self.budget.seed,
        })
    }

    /// The difference that these rows show, if it is none of chance.
    pub(super) fn found(&mut self, data: &Data) -> Option<Found> {
        let answers = self.ask(data).ok()?;
        let difference = self.compare(&answers)?;
        let sure = Found { difference, is_order_dependent: false };
        if difference > Difference::Order || difference == Difference::Columns {
            return Some(sure);
        }
        let Some(first) = self.normals(&answers) else { return Some(sure) };
        let reversed = self.ask(&data.reversed()).ok().and_then(|answers| self.normals(&answers))?;
        if reversed == first {
            return Some(sure);
        }
        let (mut old, mut new) =
            (BTreeSet::from([first.0, reversed.0]), BTreeSet::from([first.1, reversed.1]));
        let mut chance = Chance::new(self.budget.seed);
        for _ in 0..ORDERS {
            let other = data.shuffled(&mut chance);
            if let Some((left, right)) = self.ask(&other).ok().and_then(|answers| self.normals(&answers)) {
                old.insert(left);
                new.insert(right);
            }
        }
        if old == new {
            return None;
        }
        Some(Found { difference, is_order_dependent: !old.is_disjoint(&new) })
    }

    fn normals(&self, answers: &Answers) -> Option<(Normal, Normal)> {
        let (Ok(old), Ok(new)) = (&answers.old, &answers.new) else { return None };
        let is_ordered = self.queries.old.is_ordered || self.queries.new.is_ordered;
        let normal = |answer: &Answer| Normal::of(answer, is_ordered);
        Some(if self.common_columns {
            let (old, new) = common(old, new);
            (normal(&old), normal(&new))
        } else {
            (normal(old), normal(new))
        })
    }

    /// True if a column's kind is a guess.
    pub(super) fn has_guess(&self) -> bool {
        self.schema.tables.iter().flat_map(|table| &table.columns).any(|column| column.is_guess)
    }

    /// What is other in two answers; `None` also if both are errors.
    pub(super) fn compare(&self, answers: &Answers) -> Option<Difference> {
        match (&answers.old, &answers.new) {
            (Ok(_), Err(_)) => return Some(Difference::NewFails),
            (Err(_), Ok(_)) => return Some(Difference::OldFails),
            _ => {}
        }
        let (old, new) = self.normals(answers)?;
        // Types that follow from a guess may be wrong.
        let known = !self.has_guess();
        old.difference(&new).or_else(|| (known && old.types != new.types).then_some(Difference::Types))
    }

    /// Makes the tables and asks both queries; fails if the tables can't be made, the machine is too small, or an answer is
    /// longer than what is looked at: of two long answers the first rows may differ though all of them are the same.
    pub(super) fn ask(&mut self, data: &Data) -> Result<Answers, String> {
        if !self.schema.tables.is_empty() {
            self.engine.execute(&data.sql(&self.schema)).map_err(|error| lowered(&error))?;
        }
        let old = answer(self.engine, &self.queries.old)?;
        let new = answer(self.engine, &self.queries.new)?;
        Ok(Answers { old, new })
    }
}

fn answer(engine: &mut dyn Engine, query: &Query) -> Result<Result<Answer, String>, String> {
    let answer = engine.query(&query.sql, ROWS);
    match answer {
        Err(error) if error.contains("Out of Memory") || error.contains("memory limit") => {
            Err("it needs more memory than trials may have".to_owned())
        }
        Err(error) => Ok(Err(lowered(&error))),
        Ok(answer) if answer.rows.len() >= ROWS => Err("it gives more rows than are looked at".to_owned()),
        answer => Ok(answer),
    }
}

/// The first line of an error of the engine.
fn lowered(error: &str) -> String {
    error.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::prove::{AnswerColumn, TrialColumn, TrialTable, prove};

    /// An engine that has never seen a table: each query gets the next of its answers.
    struct Fake<F: FnMut(&str, usize) -> Vec<String>>(F);

    impl<F: FnMut(&str, usize) -> Vec<String>> Engine for Fake<F> {
        fn execute(&mut self, _sql: &str) -> Result<(), String> {
            Ok(())
        }

        fn query(&mut self, sql: &str, limit: usize) -> Result<Answer, String> {
            let columns = vec![AnswerColumn { name: "a".into(), type_name: "VARCHAR".into() }];
            let mut rows: Vec<_> = (self.0)(sql, limit).into_iter().map(|text| vec![Some(text)]).collect();
            rows.truncate(limit);
            Ok(Answer { columns, rows })
        }

        fn translate(&mut self, _dialect: Dialect, sql: &str) -> Result<String, String> {
            Ok(sql.to_owned())
        }
    }

    #[track_caller]
    fn check(answers: impl FnMut(&str, usize) -> Vec<String>, tables: &[TrialTable], reason: &str) {
        let trial = Trial {
            old: "select a from t",
            new: "select a as a from t",
            dialect: Dialect::DuckDb,
            tables,
            common_columns: false,
        };
        let budget = Budget { trials: 20, shrinks: 20, seed: 1, is_over: &|| false };
        let outcome = prove(&trial, &mut Fake(answers), &budget);
        assert_eq!(outcome, Outcome::NotRun { reason: reason.to_owned() });
    }

    #[test]
    fn of_long_answers_the_first_rows_tell_nothing() {
        let long = |sql: &str, limit| vec![if sql.contains(" as ") { "1" } else { "2" }.to_owned(); limit];
        check(long, &[], "it gives more rows than are looked at");
    }

    #[test]
    fn dice_are_no_difference() {
        let mut thrown = 0;
        let mut dice = move || {
            thrown += 1;
            vec![thrown.to_string()]
        };
        check(move |_, _| dice(), &[], "its rows are others each time it is run");
    }

    #[test]
    fn a_table_that_stays_empty_is_no_trial() {
        let data_type = Some("geometry".to_owned());
        let column = TrialColumn { name: "a".into(), data_type, not_null: true, ..TrialColumn::default() };
        let table = TrialTable { name: "t".into(), columns: vec![column], is_complete: true };
        let reason = "no values can be made up for `a` of `t`, which is never NULL";
        check(|_, _| Vec::new(), &[table], reason);
    }
}

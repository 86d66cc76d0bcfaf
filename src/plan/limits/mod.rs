//! What each warehouse takes: limits as data, with where they are written, and the budgets that are kept.
//!
//! A limit that is refused is told apart from a wall that was measured (planning takes seconds, or all memory) and
//! from what users reported or we guess. `local` holds the engines that were measured, `cloud` those known from their
//! documents. How the numbers were found: docs/planner.md.

mod cloud;
mod local;
#[cfg(test)]
mod tests;

use super::problem::{Budgets, CtePolicy, Measure};
use crate::project::{Bound, LimitSettings};
use crate::sql::Dialect;

/// How we know of a limit, and what happens beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The engine refuses the statement.
    Refusal,
    /// The engine doesn't refuse: its planner takes too long, or all memory.
    Wall,
    /// Its makers advise it.
    Advice,
    /// Users met it; the engine's makers don't give a number.
    Report,
    /// Nobody gives a number; chosen by what engines of the same kind take.
    Guess,
}

impl Kind {
    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refusal => "refusal",
            Self::Wall => "wall",
            Self::Advice => "advice",
            Self::Report => "report",
            Self::Guess => "guess",
        }
    }
}

/// What is counted against a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// The text as it is sent.
    Text,
    /// What the text is after CTEs and views have been put in.
    Expanded,
}

impl Counts {
    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Expanded => "expanded",
        }
    }
}

/// One limit of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What buhin counts against it; `None` for what statements of buhin can't exceed, or what it doesn't count.
    pub measure: Option<Measure>,
    /// What the engine counts.
    pub what: &'static str,
    /// How we know.
    pub kind: Kind,
    /// The engine's number; `None` where nobody gives one.
    pub value: Option<u64>,
    /// What is counted.
    pub counts: Counts,
    /// What the engine says beyond it; empty where it says nothing.
    pub error: &'static str,
    /// The setting that moves it.
    pub setting: Option<&'static str>,
    /// Where it is written, or how it was measured.
    pub source: &'static str,
    /// What buhin keeps to.
    pub budget: Option<u64>,
}

impl Limit {
    const fn new(measure: Measure, what: &'static str, kind: Kind, value: u64, budget: u64) -> Self {
        Self {
            measure: Some(measure),
            what,
            kind,
            value: Some(value),
            counts: Counts::Expanded,
            error: "",
            setting: None,
            source: "",
            budget: Some(budget),
        }
    }

    /// A budget for which nobody gives a number.
    const fn guess(measure: Measure, what: &'static str, budget: u64) -> Self {
        Self { value: None, source: GUESSED, ..Self::new(measure, what, Kind::Guess, 0, budget) }
    }

    /// A limit that buhin doesn't count.
    const fn other(what: &'static str, kind: Kind, value: u64) -> Self {
        Self { measure: None, budget: None, ..Self::new(Measure::Nodes, what, kind, value, 0) }
    }

    const fn unknown(self) -> Self {
        Self { value: None, ..self }
    }

    const fn text(self) -> Self {
        Self { counts: Counts::Text, ..self }
    }

    const fn error(self, error: &'static str) -> Self {
        Self { error, ..self }
    }

    const fn setting(self, setting: &'static str) -> Self {
        Self { setting: Some(setting), ..self }
    }

    const fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    /// What is left between the budget and the engine's number, in percent of the number.
    pub fn margin(&self) -> Option<u64> {
        let (value, budget) = (self.value?, self.budget?);
        Some(value.saturating_sub(budget).saturating_mul(100) / value.max(1))
    }
}

/// Who bounds a measure of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// `limits` of `buhin.yml`.
    Settings,
    /// The engine: its lowest limit.
    Engine(&'static Limit),
    /// Nobody.
    Nobody,
}

impl Authority {
    /// True if a statement beyond the limit is refused for sure: by settings, or by an engine that gives a number.
    pub fn refuses(self) -> bool {
        match self {
            Self::Settings => true,
            Self::Engine(limit) => limit.kind == Kind::Refusal && limit.value.is_some(),
            Self::Nobody => false,
        }
    }
}

const GUESSED: &str = "not documented; about what engines of its kind take";

/// What is known of one engine.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Its dialect.
    pub dialect: Dialect,
    /// What it does with a CTE that is read more than once.
    pub policy: CtePolicy,
    /// How we know that.
    pub policy_source: &'static str,
    /// Words that change it, e.g. `materialized`; empty where there are none that help planning.
    pub hints: &'static [&'static str],
    /// Its limits, those that count first.
    pub limits: &'static [Limit],
}

impl Profile {
    /// What is known of a dialect's engine.
    pub fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::BigQuery => &cloud::BIGQUERY,
            Dialect::Snowflake => &cloud::SNOWFLAKE,
            Dialect::Redshift => &cloud::REDSHIFT,
            Dialect::Databricks => &cloud::DATABRICKS,
            Dialect::Trino => &cloud::TRINO,
            Dialect::Athena => &cloud::ATHENA,
            Dialect::MsSql => &cloud::MSSQL,
            Dialect::Fabric => &cloud::FABRIC,
            Dialect::Generic => &cloud::GENERIC,
            Dialect::Spark => &local::SPARK,
            Dialect::Postgres => &local::POSTGRES,
            Dialect::MySql => &local::MYSQL,
            Dialect::MariaDb => &local::MARIADB,
            Dialect::Sqlite => &local::SQLITE,
            Dialect::DuckDb => &local::DUCKDB,
            Dialect::ClickHouse => &local::CLICKHOUSE,
            Dialect::DataFusion => &local::DATAFUSION,
        }
    }

    /// True if a CTE can be kept from being merged into its readers: `as materialized`.
    pub fn has_fences(&self) -> bool {
        self.hints.contains(&"materialized")
    }

    /// The budgets of a target: the profile's, and over them what `buhin.yml` says for all targets, then for this one.
    pub fn budgets(&self, settings: &LimitSettings, target: &str) -> Budgets {
        let mut budgets = Budgets::default();
        for limit in self.limits {
            if let (Some(measure), Some(budget)) = (limit.measure, limit.budget) {
                let least = budgets[measure].map_or(budget, |other| other.min(budget));
                budgets[measure] = Some(least);
            }
        }
        for measure in Measure::ALL {
            if let Some(budget) = settings.of(target, measure.name()) {
                budgets[measure] = budget.number();
            }
        }
        budgets
    }

    /// The profile as a table: each limit, then what settings say of measures that have none.
    pub fn rows(&self, settings: &LimitSettings, target: &str) -> Vec<LimitRow> {
        let own = |measure: Measure| settings.of(target, measure.name());
        let known = self.limits.iter().map(|limit| {
            let set = limit.measure.and_then(own);
            LimitRow { limit: *limit, budget: set.map_or(limit.budget, Bound::number), set: set.is_some() }
        });
        let added = Measure::ALL
            .into_iter()
            .filter(|measure| !self.limits.iter().any(|limit| limit.measure == Some(*measure)))
            .filter_map(|measure| {
                let budget = own(measure)?.number();
                let limit = Limit { source: "", budget: None, ..Limit::guess(measure, measure.noun(), 0) };
                Some(LimitRow { limit, budget, set: true })
            });
        known.chain(added).collect()
    }
}

/// A line of `buhin plan --limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// What is known.
    pub limit: Limit,
    /// What is kept to; `None` if it is off or isn't counted.
    pub budget: Option<u64>,
    /// True if `buhin.yml` says so.
    pub set: bool,
}

impl Profile {
    /// What is warned of where authors have decided: the engines' own numbers, without a margin. Where an engine
    /// refuses but gives no number, twice the budget; of guesses nothing is warned. What `buhin.yml` says is meant as
    /// it stands.
    pub fn walls(&self, settings: &LimitSettings, target: &str) -> Budgets {
        let mut walls = Budgets::default();
        for measure in Measure::ALL {
            walls[measure] = match (settings.of(target, measure.name()), self.limit(measure)) {
                (Some(set), _) => set.number(),
                (None, Some(limit)) if limit.kind == Kind::Guess => None,
                (None, Some(limit)) => limit.value.or(limit.budget.map(|budget| budget.saturating_mul(2))),
                (None, None) => None,
            };
        }
        walls
    }

    /// Who bounds a measure of a target's statements.
    pub fn authority(&self, measure: Measure, settings: &LimitSettings, target: &str) -> Authority {
        match (settings.of(target, measure.name()), self.limit(measure)) {
            (Some(_), _) => Authority::Settings,
            (None, Some(limit)) => Authority::Engine(limit),
            (None, None) => Authority::Nobody,
        }
    }

    /// The lowest limit of a measure.
    pub fn limit(&self, measure: Measure) -> Option<&'static Limit> {
        let own = self.limits.iter().filter(|limit| limit.measure == Some(measure) && limit.budget.is_some());
        own.min_by_key(|limit| limit.value.unwrap_or(u64::MAX))
    }
}

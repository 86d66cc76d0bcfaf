//! What holds for every profile, and what settings make of them.

use super::super::problem::{CtePolicy, Measure};
use super::{Kind, Profile};
use crate::project::{Bound, LimitSettings};
use crate::sql::Dialect;

fn profiles() -> impl Iterator<Item = &'static Profile> {
    Dialect::NAMES.iter().map(|name| Profile::of(Dialect::from_name(name).expect("it is a dialect's name")))
}

#[test]
fn measures_have_the_names_that_settings_use() {
    assert!(Measure::ALL.iter().map(|measure| measure.name()).eq(LimitSettings::MEASURES.iter().copied()));
}

#[test]
fn every_dialect_has_a_profile_of_its_own() {
    assert!(profiles().map(|profile| profile.dialect.name()).eq(Dialect::NAMES.iter().copied()));
}

#[test]
fn every_limit_has_a_source_and_a_budget_below_it() {
    for profile in profiles() {
        assert!(!profile.policy_source.is_empty());
        let mut seen = Vec::new();
        for limit in profile.limits {
            let name = format!("{:?}, {}", profile.dialect, limit.what);
            assert!(!limit.source.is_empty(), "{name}: where is it written?");
            assert_eq!(
                limit.measure.is_some(),
                limit.budget.is_some(),
                "{name}: counted and kept, or neither"
            );
            assert!(limit.kind != Kind::Guess || limit.value.is_none(), "{name}: who guesses has no number");
            if let (Some(value), Some(budget)) = (limit.value, limit.budget) {
                assert!(budget < value, "{name}: a budget leaves a margin");
                assert!(
                    limit.margin().is_some_and(|margin| (2..100).contains(&margin)),
                    "{name}: {:?}",
                    limit.margin()
                );
            }
            assert!(limit.measure.is_none() || !seen.contains(&limit.measure), "{name}: said twice");
            seen.push(limit.measure);
        }
        // What every engine gives up on sooner or later.
        for measure in [Measure::Joins, Measure::Depth] {
            assert!(seen.contains(&Some(measure)), "{:?} has no {measure:?}", profile.dialect);
        }
        assert!(
            seen.contains(&Some(Measure::Nodes)) || seen.contains(&Some(Measure::Stages)),
            "{:?} bounds what is expanded",
            profile.dialect
        );
    }
}

#[test]
fn engines_that_were_seen_to_run_a_cte_once_are_these() {
    let sharing: Vec<&str> = profiles()
        .filter(|profile| profile.policy == CtePolicy::Share)
        .map(|profile| profile.dialect.name())
        .collect();
    assert_eq!(sharing, ["duckdb", "postgres"]);
}

#[test]
fn settings_go_before_the_profile_and_those_of_a_target_before_all() {
    let profile = Profile::of(Dialect::Postgres);
    let settings = LimitSettings {
        common: vec![("joins", Bound::At(12)), ("stages", Bound::At(5)), ("nesting", Bound::Off)],
        targets: vec![("prod".to_owned(), vec![("joins", Bound::Off)])],
    };
    let dev = profile.budgets(&settings, "dev");
    assert_eq!((dev[Measure::Joins], dev[Measure::Stages], dev[Measure::Nesting]), (Some(12), Some(5), None));
    assert_eq!(dev[Measure::Nodes], Some(20_000));
    assert_eq!(profile.budgets(&settings, "prod")[Measure::Joins], None);
    assert_eq!(profile.budgets(&LimitSettings::default(), "dev")[Measure::Joins], Some(32));
}

#[test]
fn rows_show_what_is_kept_and_who_says_so() {
    let profile = Profile::of(Dialect::MariaDb);
    let settings = LimitSettings {
        common: vec![("ctes", Bound::At(40)), ("depth", Bound::Off), ("stages", Bound::At(9))],
        targets: Vec::new(),
    };
    let rows = profile.rows(&settings, "dev");
    let row = |measure| rows.iter().find(|row| row.limit.measure == Some(measure)).expect("it has a row");
    let ctes = row(Measure::Ctes);
    assert_eq!(
        (ctes.limit.value, ctes.limit.budget, ctes.budget, ctes.set),
        (Some(64), Some(32), Some(40), true)
    );
    assert_eq!((row(Measure::Depth).budget, row(Measure::Depth).set), (None, true));
    assert_eq!((row(Measure::Joins).budget, row(Measure::Joins).set), (Some(15), false));
    // A limit that the profile doesn't have.
    assert_eq!((row(Measure::Stages).budget, row(Measure::Stages).limit.value), (Some(9), None));
    assert_eq!(rows.len(), profile.limits.len() + 1);
}

//! Guessed tables that the queries do not fit: other types, further columns.

use super::data::Data;
use super::kind::Kind;
use super::schema::Column;
use super::trials::Trials;

/// At most so many other types are tried.
const TRIES: usize = 120;

/// Changes guesses until both queries can be run on empty tables, or as many as can be.
///
/// Fails with the engine's words if neither can.
pub(super) fn repair(trials: &mut Trials<'_>) -> Result<(), String> {
    let mut left = TRIES;
    let mut errors = errors(trials)?;
    while let Some(error) = errors.first().cloned() {
        if left == 0 || !(add_column(trials, &error) || other_kind(trials, errors.len(), &mut left)?) {
            break;
        }
        left = left.saturating_sub(1);
        let now = self::errors(trials)?;
        if now == errors {
            break;
        }
        errors = now;
    }
    match errors.first() {
        Some(error) if errors.len() > 1 => Err(error.clone()),
        // What fails may be the translation.
        Some(error) if trials.has_guess() => Err(format!("one of them fails on made-up tables: {error}")),
        Some(error) if trials.translated_from.is_some() => {
            Err(format!("translated to DuckDB, one of them fails: {error}"))
        }
        _ => Ok(()),
    }
}

/// What the queries fail with on empty tables.
fn errors(trials: &mut Trials<'_>) -> Result<Vec<String>, String> {
    let answers = trials.ask(&Data::empty(&trials.schema))?;
    Ok([answers.old.err(), answers.new.err()].into_iter().flatten().collect())
}

/// Adds the column that an error misses to the first table that may have it.
fn add_column(trials: &mut Trials<'_>, error: &str) -> bool {
    let missing =
        error.contains("not found in FROM clause") || error.contains("does not have a column named");
    let quoted = error.split('"').collect::<Vec<_>>();
    let (Some(name), true) = (quoted.get(if error.contains("does not have") { 3 } else { 1 }), missing)
    else {
        return false;
    };
    let may = |column: &Column| column.name.eq_ignore_ascii_case(name);
    let table =
        trials.schema.tables.iter_mut().find(|table| !table.is_complete && !table.columns.iter().any(may));
    let Some(table) = table else { return false };
    table.columns.push(Column::guessed(name));
    trials.schema.settle();
    true
}

/// Gives one guessed column another kind so that fewer queries fail, or they fail with other words.
fn other_kind(trials: &mut Trials<'_>, failing: usize, left: &mut usize) -> Result<bool, String> {
    let kinds = [
        Kind::Text,
        Kind::Timestamp,
        Kind::Int,
        Kind::Bool,
        Kind::Date,
        Kind::List(Box::new(Kind::Int)),
        Kind::Json,
        Kind::Decimal(3),
    ];
    let before = errors(trials)?;
    for table in 0..trials.schema.tables.len() {
        for at in 0..trials.schema.tables[table].columns.len() {
            if !trials.schema.tables[table].columns[at].is_guess {
                continue;
            }
            let kept = trials.schema.tables[table].columns[at].kind.clone();
            for kind in kinds.iter().filter(|kind| **kind != kept) {
                if *left == 0 {
                    return Ok(false);
                }
                *left -= 1;
                trials.schema.tables[table].columns[at].set(kind.clone());
                let now = errors(trials)?;
                let further = now.len() == failing && before.iter().zip(&now).all(|(old, new)| old != new);
                if now.len() < failing || further {
                    return Ok(true);
                }
            }
            trials.schema.tables[table].columns[at].set(kept);
        }
    }
    Ok(false)
}

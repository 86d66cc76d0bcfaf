//! The verdicts of `buhin diff` on the pairs of `tests/review/pairs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use buhin::review::{Outside, Tables, Verdict, Written, verdict};
use buhin::sql::{Dialect, fold, unquote};

use crate::pairs::{Pair, pairs};

/// The tables of a pair.
struct Declared(BTreeMap<String, Vec<String>>);

impl Declared {
    fn of(pair: &Pair, dialect: Dialect) -> Self {
        let key = |name: &str| fold(dialect, &unquote(name), name.starts_with(['"', '`']));
        let table = |table: &crate::pairs::PairTable| {
            (
                key(&table.name).to_lowercase(),
                table.columns.iter().map(|column| unquote(&column.name).into_owned()).collect(),
            )
        };
        Self(pair.tables.iter().map(table).collect())
    }
}

impl Tables for Declared {
    fn table(&self, name: &[String]) -> Outside {
        let columns = self.0.get(&name.last().map_or("", String::as_str).to_lowercase()).cloned();
        Outside { key: name.join("."), columns, ..Outside::default() }
    }
}

/// No pair that differs is called the same; what is told less exactly than it could be stands in `weaker.snap`.
#[test]
fn no_change_is_called_none() {
    let (mut wrong, mut weaker, mut told) = (String::new(), String::new(), 0);
    let pairs = pairs();
    for pair in &pairs {
        let dialect = Dialect::from_name(&pair.dialect).expect("a dialect");
        let tables = Declared::of(pair, dialect);
        let written = |sql| Written { sql, tables: &tables };
        let found = verdict(dialect, written(&pair.old), written(&pair.new));
        let ideal: Vec<String> =
            pair.verdict.iter().map(|(kind, details)| format!("{kind} {}", details.join(", "))).collect();
        let ideal = ideal.join("; ");
        if found.is_same() && !pair.is_equal() {
            writeln!(wrong, "{}: {}, but it is {ideal}", pair.name, found.name()).expect("text");
        }
        if is_told(pair, &found) {
            told += 1;
        } else {
            writeln!(weaker, "{}: {ideal} | {}: {}", pair.name, found.name(), found.detail()).expect("text");
        }
    }
    assert_eq!(wrong, "", "the one unforgivable error");
    let report = format!("{told} of {} pairs are told as they should be; the others:\n{weaker}", pairs.len());
    insta::with_settings!({ snapshot_path => "../review", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("weaker", report);
    });
}

/// Whether a verdict says what is ideal, as far as it goes.
fn is_told(pair: &Pair, found: &Verdict) -> bool {
    match found {
        Verdict::Changed(differences) => match pair.verdict.iter().find(|(kind, _)| kind == "rows") {
            Some((_, kinds)) => kinds.iter().any(|kind| differences.rows.iter().any(|it| it.name() == kind)),
            None => {
                let adds = pair.has("added columns");
                !pair.is_equal() && differences.rows.is_empty() && (found.name() == "added columns") == adds
            }
        },
        Verdict::Opaque(_) => pair.has("opaque"),
        _ => pair.is_equal(),
    }
}

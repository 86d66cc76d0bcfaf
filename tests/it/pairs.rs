//! Reads `tests/review/pairs/*.case`, pairs of queries with the right verdict, and holds their form.

use std::collections::BTreeSet;
use std::path::Path;

use buhin::sql::{Dialect, parse};

/// Two queries and what is to be said of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pair {
    /// The file's name.
    pub(crate) file: String,
    /// What the pair is about; no other has that name.
    pub(crate) name: String,
    /// The dialect's name.
    pub(crate) dialect: String,
    /// The tables that are read.
    pub(crate) tables: Vec<PairTable>,
    /// The ideal verdict: each kind with its details.
    pub(crate) verdict: Vec<(String, Vec<String>)>,
    /// The query before.
    pub(crate) old: String,
    /// The query after.
    pub(crate) new: String,
}

/// A table that a pair reads.
#[derive(Clone, Debug)]
pub(crate) struct PairTable {
    /// Its name as written.
    pub(crate) name: String,
    /// Its columns.
    pub(crate) columns: Vec<PairColumn>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(crate) struct PairColumn {
    /// Its name as written.
    pub(crate) name: String,
    /// Its type, if the pair says it.
    pub(crate) data_type: Option<String>,
    /// True if it is never NULL.
    pub(crate) not_null: bool,
    /// True if no two rows have the same value.
    pub(crate) unique: bool,
}

impl Pair {
    /// True if both queries give the same for every input.
    pub(crate) fn is_equal(&self) -> bool {
        self.verdict.iter().all(|(kind, _)| ["unchanged", "cosmetic", "equivalent"].contains(&kind.as_str()))
    }

    /// True if the ideal verdict has this kind.
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.verdict.iter().any(|(one, _)| one == kind)
    }
}

/// All pairs, in the order of files.
pub(crate) fn pairs() -> Vec<Pair> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/review/pairs");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("there are pairs").map(|it| it.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "case"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let file = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("pairs are UTF-8");
        format!("\n{text}").split("\n== ").skip(1).map(|text| one(&file, text)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(read).collect()
}

fn one(file: &str, text: &str) -> Pair {
    let text = text.split("\n\n").next().unwrap_or_default();
    let (head, rest) = text.split_once("\n-- old\n").unwrap_or_else(|| panic!("no `-- old`: {text}"));
    let (old, new) = rest.split_once("\n-- new\n").unwrap_or_else(|| panic!("no `-- new`: {text}"));
    let mut pair = Pair {
        file: file.to_owned(),
        dialect: "duckdb".to_owned(),
        old: old.trim_end_matches('\n').to_owned(),
        new: new.trim_end_matches('\n').to_owned(),
        ..Pair::default()
    };
    for (at, line) in head.lines().enumerate() {
        match line.split_once(": ") {
            _ if at == 0 => line.trim().clone_into(&mut pair.name),
            Some(("dialect", dialect)) => dialect.trim().clone_into(&mut pair.dialect),
            Some(("tables", tables)) => {
                pair.tables = split(tables, ';').iter().map(|table| self::table(table)).collect();
            }
            Some(("verdict", verdict)) => pair.verdict = verdict.split(';').map(self::verdict).collect(),
            _ => panic!("{file}: `{line}` of `{}`", pair.name),
        }
    }
    pair
}

fn verdict(text: &str) -> (String, Vec<String>) {
    let (kind, details) = text.split_once(':').unwrap_or((text, ""));
    let details = details.split(',').map(|detail| detail.trim().to_owned());
    (kind.trim().to_owned(), details.filter(|detail| !detail.is_empty()).collect())
}

fn table(text: &str) -> PairTable {
    let (name, columns) = text.trim().split_once('(').unwrap_or((text, ")"));
    let columns = columns.strip_suffix(')').expect("columns stand in brackets");
    PairTable { name: name.to_owned(), columns: split(columns, ',').iter().map(|it| column(it)).collect() }
}

fn column(text: &str) -> PairColumn {
    let text = text.trim();
    let end = match text.strip_prefix('"').and_then(|rest| rest.find('"')) {
        Some(end) => end + 2,
        None => text.find(' ').unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at(end);
    let (rest, unique) = rest.strip_suffix(" key").map_or((rest, false), |rest| (rest, true));
    let (rest, not_null) = rest.strip_suffix(" not null").map_or((rest, false), |rest| (rest, true));
    let data_type = Some(rest.trim().to_owned()).filter(|it| !it.is_empty());
    PairColumn { name: name.to_owned(), data_type, not_null: not_null || unique, unique }
}

/// The parts between a character that stands neither in brackets nor in quotes.
fn split(text: &str, by: char) -> Vec<String> {
    let (mut depth, mut quoted) = (0_i32, false);
    let mut parts = vec![String::new()];
    for char in text.chars() {
        match char {
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if char == by && depth == 0 && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(char);
        }
    }
    parts
}

/// The verdicts, each with the details that it may have.
const VERDICTS: &[(&str, &[&str])] = &[
    ("unchanged", &[]),
    ("cosmetic", &[]),
    ("equivalent", &[]),
    ("added columns", &[]),
    (
        "rows",
        &["filter", "join", "grain", "aggregation", "distinct", "limit", "order", "set operation", "other"],
    ),
    ("columns", &["expression", "type", "renamed", "removed"]),
    ("opaque", &[]),
];

#[test]
fn pairs_have_verdicts_of_the_closed_list() {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for pair in pairs() {
        let place = format!("{}: {}", pair.file, pair.name);
        if !names.insert(pair.name.clone()) {
            wrong.push(format!("{place}: a name that another pair has"));
        }
        if Dialect::from_name(&pair.dialect).is_none() {
            wrong.push(format!("{place}: no dialect `{}`", pair.dialect));
        }
        let fits = |(kind, details): &(String, Vec<String>)| {
            let known = VERDICTS.iter().find(|(name, _)| name == kind);
            known.is_some_and(|(_, known)| {
                details.is_empty() == known.is_empty()
                    && details.iter().all(|it| known.contains(&it.as_str()))
            })
        };
        let alone = pair.is_equal() || pair.has("opaque");
        if pair.verdict.is_empty() || !pair.verdict.iter().all(fits) || (alone && pair.verdict.len() > 1) {
            wrong.push(format!("{place}: {:?}", pair.verdict));
        }
        for table in &pair.tables {
            let names: BTreeSet<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let typed = |column: &PairColumn| column.data_type.is_some() || !column.not_null;
            if table.name.is_empty()
                || names.len() != table.columns.len()
                || !table.columns.iter().all(typed)
                || table.columns.iter().any(|column| column.unique && !column.not_null)
            {
                wrong.push(format!("{place}: the table `{}`", table.name));
            }
        }
        if (pair.old == pair.new) != pair.has("unchanged") {
            wrong.push(format!("{place}: unchanged means the same bytes"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_pairs_of_each_sort() {
    let all = pairs();
    let count = |test: &dyn Fn(&Pair) -> bool| all.iter().filter(|pair| test(pair)).count();
    assert!(all.len() >= 500, "only {}", all.len());
    assert!(count(&Pair::is_equal) >= 150, "too few that are equal");
    assert!(count(&|pair| pair.has("rows")) >= 120, "too few of rows");
    assert!(count(&|pair| pair.has("columns")) >= 120, "too few of columns");
    assert!(count(&|pair| pair.dialect != "duckdb") >= 50, "too few of other dialects");
    let dialects: BTreeSet<&str> = all.iter().map(|pair| pair.dialect.as_str()).collect();
    assert!(dialects.len() >= 9, "{dialects:?}");
}

/// What can't be parsed shows nothing of verdicts, so few pairs may be so.
#[test]
fn most_pairs_are_parsed() {
    let parses = |pair: &Pair| {
        let dialect = Dialect::from_name(&pair.dialect).unwrap_or(Dialect::Generic);
        [&pair.old, &pair.new].iter().all(|sql| parse(dialect, sql).is_ok())
    };
    let all = pairs();
    let not: Vec<&str> = all.iter().filter(|pair| !parses(pair)).map(|pair| pair.name.as_str()).collect();
    assert!(not.len() * 20 <= all.len(), "{} are not parsed: {not:#?}", not.len());
}

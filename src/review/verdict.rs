//! The verdict on a change of one query.

use super::canon::{self, ColumnChange, ColumnKind, Differences, Level, RowsKind, Tables, canonical};
use crate::sql::{Dialect, TokenKind, tokens};

/// What a change of a part does, from a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the text is the same.
    Unchanged,
    /// Whitespace, comments, case, quotes, names that don't escape, the order of CTEs.
    Cosmetic,
    /// It is written otherwise and gives the same rows for every input.
    Equivalent,
    /// It differs in its rows or columns.
    Changed(Differences),
    /// It can't be told, for this reason.
    Opaque(String),
}

impl Verdict {
    /// The verdict's name in the closed list.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Cosmetic => "cosmetic",
            Self::Equivalent => "equivalent",
            Self::Changed(found) if !found.rows.is_empty() => "changed rows",
            Self::Changed(found) if found.columns.iter().all(|it| it.kind == ColumnKind::Added) => {
                "added columns"
            }
            Self::Changed(_) => "changed columns",
            Self::Opaque(_) => "opaque",
        }
    }

    /// True if what comes out is surely the same.
    pub fn is_same(&self) -> bool {
        matches!(self, Self::Unchanged | Self::Cosmetic | Self::Equivalent)
    }

    /// What differs, in a few words.
    pub fn detail(&self) -> String {
        match self {
            Self::Opaque(why) => why.clone(),
            Self::Changed(Differences { rows, columns }) => {
                let mut words: Vec<String> = Vec::new();
                if !rows.is_empty() {
                    words.push(rows.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "));
                }
                words.extend(columns.iter().map(in_words));
                words.join("; ")
            }
            _ => String::new(),
        }
    }
}

fn in_words(change: &ColumnChange) -> String {
    match &change.kind {
        ColumnKind::Renamed { from } => format!("`{}` was `{from}`", change.name),
        kind => format!("`{}` {}", change.name, kind.name()),
    }
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    /// The query.
    pub sql: &'a str,
    /// What is known of the relations it reads.
    pub tables: &'a dyn Tables,
}

/// The verdict on two writings of a query.
///
/// It is never "cosmetic" or "equivalent" unless the forms of both are equal under rules that hold for every input;
/// what the rules don't know is [`Verdict::Opaque`].
pub fn verdict(dialect: Dialect, old: Written<'_>, new: Written<'_>) -> Verdict {
    let same_tables = |sql: &str| words(dialect, sql);
    let (before, after) = (same_tables(old.sql), same_tables(new.sql));
    if before.hints != after.hints {
        return Verdict::Opaque("a hint in a comment differs".to_owned());
    }
    if old.sql == new.sql {
        return Verdict::Unchanged;
    }
    if before.text == after.text {
        return Verdict::Cosmetic;
    }
    if !before.hints.is_empty() {
        return Verdict::Opaque("it has hints in comments".to_owned());
    }
    let form = |side: Written<'_>, level| canonical(dialect, side.sql, side.tables, level);
    let writing = (form(old, Level::Writing), form(new, Level::Writing));
    if let (Ok(old), Ok(new)) = &writing
        && old == new
    {
        return Verdict::Cosmetic;
    }
    match (form(old, Level::Meaning), form(new, Level::Meaning)) {
        (Ok(old), Ok(new)) if old == new => Verdict::Equivalent,
        (Ok(old), Ok(new)) => Verdict::Changed(canon::differences(&old, &new)),
        (Err(why), _) => Verdict::Opaque(format!("before, {}", why.0)),
        (_, Err(why)) => Verdict::Opaque(why.0),
    }
}

/// The words of a text with the case of keywords and names taken away where it can't count.
struct Words {
    text: Vec<String>,
    hints: Vec<String>,
}

fn words(dialect: Dialect, sql: &str) -> Words {
    let mut words = Words { text: Vec::new(), hints: Vec::new() };
    for token in tokens(dialect, sql) {
        let text = token.text(sql);
        match token.kind {
            kind if kind.is_trivia() => {
                let inner = text.strip_prefix("/*").or_else(|| text.strip_prefix("--")).unwrap_or_default();
                if inner.starts_with(['+', '!']) {
                    words.hints.push(text.to_owned());
                }
            }
            TokenKind::Word if is_keyword(text) => words.text.push(text.to_ascii_lowercase()),
            _ => words.text.push(text.to_owned()),
        }
    }
    while words.text.last().is_some_and(|last| last == ";") {
        words.text.pop();
    }
    words
}

/// Words whose case never counts, since they can be no names.
fn is_keyword(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "and",
        "as",
        "asc",
        "between",
        "by",
        "case",
        "cross",
        "desc",
        "distinct",
        "else",
        "end",
        "except",
        "exists",
        "from",
        "full",
        "group",
        "having",
        "in",
        "inner",
        "intersect",
        "is",
        "join",
        "left",
        "like",
        "limit",
        "not",
        "null",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "right",
        "select",
        "then",
        "union",
        "using",
        "when",
        "where",
        "with",
    ];
    WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

impl Differences {
    /// True if nothing but new columns was found.
    pub fn only_adds(&self) -> bool {
        self.rows.is_empty() && self.columns.iter().all(|it| it.kind == ColumnKind::Added)
    }

    /// True if the rows differ in this.
    pub fn has(&self, kind: RowsKind) -> bool {
        self.rows.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    use super::*;
    use crate::review::Outside;

    struct Declared(BTreeMap<String, Vec<String>>);

    impl Tables for Declared {
        fn table(&self, name: &[String]) -> Outside {
            let key = name.join(".");
            let columns = self.0.get(name.last().map_or("", String::as_str)).cloned();
            Outside { key, columns, query: None }
        }
    }

    struct Pair {
        name: String,
        dialect: Dialect,
        tables: Declared,
        ideal: String,
        old: String,
        new: String,
    }

    fn pairs(text: &str) -> Vec<Pair> {
        let mut all: Vec<Pair> = Vec::new();
        let mut part = 0;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("== ") {
                all.push(Pair {
                    name: name.trim().to_owned(),
                    dialect: Dialect::DuckDb,
                    tables: Declared(BTreeMap::new()),
                    ideal: String::new(),
                    old: String::new(),
                    new: String::new(),
                });
                part = 1;
                continue;
            }
            let Some(pair) = all.last_mut().filter(|_| part > 0) else { continue };
            match (part, line) {
                (_, "") => part = 0,
                (_, "-- old") => part = 2,
                (_, "-- new") => part = 3,
                (1, line) => match line.split_once(':') {
                    Some(("dialect", name)) => {
                        pair.dialect = Dialect::from_name(name.trim()).expect("a dialect")
                    }
                    Some(("verdict", ideal)) => ideal.trim().clone_into(&mut pair.ideal),
                    Some(("tables", tables)) => {
                        for table in tables.split(';') {
                            let Some((name, columns)) = table.trim().split_once('(') else { continue };
                            let columns = columns.trim_end().trim_end_matches(')');
                            pair.tables
                                .0
                                .insert(fold(pair.dialect, name.trim()), split(columns, pair.dialect));
                        }
                    }
                    _ => {}
                },
                (2, line) => writeln!(pair.old, "{line}").expect("text"),
                (_, line) => writeln!(pair.new, "{line}").expect("text"),
            }
        }
        all
    }

    fn fold(dialect: Dialect, name: &str) -> String {
        crate::sql::fold(dialect, &crate::sql::unquote(name), name.starts_with(['"', '`', '[']))
    }

    /// The names of columns: commas in brackets belong to types.
    fn split(columns: &str, dialect: Dialect) -> Vec<String> {
        let mut names = Vec::new();
        let (mut depth, mut from) = (0, 0);
        for (at, char) in columns.char_indices().chain([(columns.len(), ',')]) {
            match char {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 || at == columns.len() => {
                    let column = columns[from..at].trim();
                    let end = match column.chars().next() {
                        Some('"' | '`') => column[1..].find(['"', '`']).map_or(column.len(), |end| end + 2),
                        _ => column.find(char::is_whitespace).unwrap_or(column.len()),
                    };
                    let name = &column[..end];
                    let quoted = name.starts_with(['"', '`']);
                    let name = crate::sql::unquote(name).into_owned();
                    names.push(if quoted { name } else { crate::sql::fold(dialect, &name, false) });
                    from = at + 1;
                }
                _ => {}
            }
        }
        names
    }

    #[test]
    fn no_change_is_called_none() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/review/pairs");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).expect("pairs").map(|file| file.expect("file").path()).collect();
        files.retain(|path| path.extension().is_some_and(|it| it == "case"));
        files.sort();
        let (mut wrong, mut weaker, mut count) = (String::new(), String::new(), 0);
        for path in files {
            for pair in pairs(&std::fs::read_to_string(&path).expect("text")) {
                count += 1;
                let written = |sql| Written { sql, tables: &pair.tables };
                let found = verdict(pair.dialect, written(pair.old.trim_end()), written(pair.new.trim_end()));
                let name = found.name();
                let is_same = matches!(&*pair.ideal, "unchanged" | "cosmetic" | "equivalent");
                if found.is_same() && !is_same {
                    writeln!(wrong, "{}: {name}, but it is {}", pair.name, pair.ideal).expect("text");
                }
                let ideal = pair.ideal.as_str();
                let is_told = match &found {
                    Verdict::Changed(differences) => {
                        let rows =
                            ideal.strip_prefix("rows: ").map(|rest| rest.split(';').next().unwrap_or(rest));
                        match rows {
                            Some(kinds) => kinds
                                .split(", ")
                                .any(|kind| differences.rows.iter().any(|it| it.name() == kind.trim())),
                            None => {
                                differences.rows.is_empty()
                                    && (ideal.starts_with("columns") || ideal == "added columns")
                                    && (name == "added columns") == (ideal == "added columns")
                            }
                        }
                    }
                    _ => name == ideal || (found.is_same() && is_same),
                };
                if !is_told {
                    writeln!(weaker, "{}: {ideal} | {name}: {}", pair.name, found.detail()).expect("text");
                }
            }
        }
        assert!(count > 200, "{count} pairs");
        assert_eq!(wrong, "");
        insta::with_settings!({ snapshot_path => "../../tests/review", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("weaker", weaker);
        });
    }
}

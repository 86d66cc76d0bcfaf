//! The file of a record, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Found, Origin, Record};
use crate::project;
use crate::render::{Answer, AnswerKind};

const HEAD: &str = "\
# Answers of the warehouse to what macros ask while SQL is made.
# Recorded by `buhin compile --record`, replayed by `buhin compile --replay`.
";

pub(super) fn render(record: &Record) -> String {
    let mut text = format!("{HEAD}version: 1\n");
    // Writing to a string does not fail.
    if let Some(origin) = &record.origin {
        let _ = write!(
            text,
            "dialect: {}\ndatabase: {}\nschema: {}\n",
            json!(origin.dialect),
            json!(origin.database),
            json!(origin.schema)
        );
    }
    section(&mut text, "schemas", &record.schemas, |text, found| {
        list(text, found.iter().map(|it| json!(it)));
    });
    section(&mut text, "relations", &record.relations, |text, found| {
        let _ = writeln!(text, " {}", line(&json!(found)));
    });
    section(&mut text, "columns", &record.columns, |text, columns| {
        list(text, columns.iter().map(|it| json!(it)));
    });
    if !record.queries.is_empty() {
        text.push_str("queries:\n");
    }
    for (sql, answer) in &record.queries {
        let plain =
            sql.chars().all(|char| char == '\n' || char == '\t' || !char.is_control() && char != '\u{feff}');
        if plain && !sql.is_empty() {
            text.push_str("  - sql: |-\n");
            for part in sql.lines() {
                let indent = if part.is_empty() { "" } else { "      " };
                let _ = writeln!(text, "{indent}{part}");
            }
        } else {
            let _ = writeln!(text, "  - sql: {}", json!(sql));
        }
        let columns: Vec<Value> =
            answer.columns.iter().map(|(name, kind)| json!([name, kind.name()])).collect();
        let _ = writeln!(text, "    columns: {}", line(&Value::Array(columns)));
        text.push_str("    rows:");
        list(&mut text, answer.rows.iter().map(|row| json!(row)));
    }
    text
}

fn section<V>(text: &mut String, name: &str, entries: &BTreeMap<String, V>, value: impl Fn(&mut String, &V)) {
    if entries.is_empty() {
        return;
    }
    // Writing to a string does not fail.
    let _ = writeln!(text, "{name}:");
    for (key, entry) in entries {
        let _ = write!(text, "  {}:", json!(key));
        value(text, entry);
    }
}

/// Items, a line each.
fn list(text: &mut String, items: impl Iterator<Item = Value>) {
    let mut items = items.peekable();
    text.push_str(if items.peek().is_none() { " []\n" } else { "\n" });
    for item in items {
        // Writing to a string does not fail.
        let _ = writeln!(text, "      - {}", line(&item));
    }
}

/// JSON in one line, with blanks after commas.
fn line(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        value => value.to_string(),
    }
}

pub(super) fn parse(text: &str) -> Result<Record, String> {
    let file = project::mapping(text)?;
    if let Some(version) = file.get("version").filter(|version| **version != json!(1)) {
        return Err(format!("its version is {version}, and this buhin reads version 1"));
    }
    let known = ["version", "dialect", "database", "schema", "schemas", "relations", "columns", "queries"];
    if let Some(key) = file.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("`{key}` is no part of a record"));
    }
    let text = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
    let origin = text("dialect").map(|dialect| Origin {
        dialect,
        database: text("database"),
        schema: text("schema").unwrap_or_default(),
    });
    let broken = |what: &str| format!("its {what} are not as buhin writes them");
    let record = Record {
        origin,
        schemas: entries(&file, "schemas", |value| value.as_array()?.iter().map(found).collect())
            .ok_or_else(|| broken("schemas"))?,
        relations: entries(&file, "relations", |value| {
            if value.is_null() { Some(None) } else { found(value).map(Some) }
        })
        .ok_or_else(|| broken("relations"))?,
        columns: entries(&file, "columns", |value| value.as_array()?.iter().map(pair).collect())
            .ok_or_else(|| broken("columns"))?,
        queries: queries(&file).ok_or_else(|| broken("queries"))?,
    };
    if record.origin.is_none() && !record.is_empty() {
        return Err("it does not say with which dialect it was recorded".to_owned());
    }
    Ok(record)
}

fn entries<V>(
    file: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Option<V>,
) -> Option<BTreeMap<String, V>> {
    match file.get(name) {
        None | Some(Value::Null) => Some(BTreeMap::new()),
        Some(value) => {
            value.as_object()?.iter().map(|(key, value)| Some((key.clone(), read(value)?))).collect()
        }
    }
}

fn queries(file: &Map<String, Value>) -> Option<BTreeMap<String, Answer>> {
    let Some(queries) = file.get("queries").filter(|queries| !queries.is_null()) else {
        return Some(BTreeMap::new());
    };
    let query = |query: &Value| {
        let columns: Option<Vec<(String, String)>> =
            query.get("columns")?.as_array()?.iter().map(pair).collect();
        let columns: Option<Vec<(String, AnswerKind)>> =
            columns?.into_iter().map(|(name, kind)| Some((name, AnswerKind::from_name(&kind)?))).collect();
        let columns = columns?;
        let cell = |value: &Value| match value {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text.clone())),
            // Who edits the file by hand may leave out the quotes.
            Value::Number(number) => Some(Some(number.to_string())),
            Value::Bool(value) => Some(Some(value.to_string())),
            _ => None,
        };
        let row = |row: &Value| {
            let row: Vec<Option<String>> = row.as_array()?.iter().map(cell).collect::<Option<_>>()?;
            (row.len() == columns.len()).then_some(row)
        };
        let rows: Option<Vec<Vec<Option<String>>>> = query.get("rows")?.as_array()?.iter().map(row).collect();
        let rows = rows?;
        Some((super::query_key(query.get("sql")?.as_str()?), Answer { columns, rows }))
    };
    queries.as_array()?.iter().map(query).collect()
}

fn found(value: &Value) -> Option<Found> {
    let parts: Vec<String> =
        value.as_array()?.iter().filter_map(|part| Some(part.as_str()?.to_owned())).collect();
    parts.try_into().ok()
}

fn pair(value: &Value) -> Option<(String, String)> {
    let [first, second] = value.as_array()?.as_slice() else { return None };
    Some((first.as_str()?.to_owned(), second.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let answer = |kind, cell: Option<&str>| Answer {
            columns: vec![("x: 1".to_owned(), kind), ("x: 1".to_owned(), AnswerKind::Text)],
            rows: vec![vec![cell.map(str::to_owned), Some("no\n'\"#: 部".to_owned())]],
        };
        let mut record = Record {
            origin: Some(Origin { dialect: "duckdb".into(), database: None, schema: "ci".into() }),
            ..Record::default()
        };
        record.queries.insert(
            "select 1 -- # a\n\n\tfrom t: 'x\\'".to_owned(),
            answer(AnswerKind::Number, Some("3.30")),
        );
        record.queries.insert("with\u{7} bell".to_owned(), answer(AnswerKind::Integer, None));
        record.queries.insert(String::new(), Answer::default());
        record.relations.insert("shop.main.a".to_owned(), None);
        record
            .relations
            .insert("shop.main.b".to_owned(), Some(["shop", "main", "b", "view"].map(str::to_owned)));
        record.schemas.insert("shop.main".to_owned(), Vec::new());
        record.columns.insert("\"a\"".to_owned(), vec![("id".into(), "DECIMAL(5,2)".into())]);
        let text = record.render();
        assert_eq!(parse(&text), Ok(record), "{text}");
    }

    #[test]
    fn nothing_is_the_empty_record() {
        for text in ["", "\n", "# nothing\n", "{}", "version: 1\n"] {
            assert_eq!(parse(text), Ok(Record::default()));
        }
        assert!(parse("- a").is_err());
        assert!(parse("version: 2").is_err_and(|what| what.contains("version 1")));
        assert!(parse("nodes: {}").is_err_and(|what| what.contains("`nodes`")));
    }
}

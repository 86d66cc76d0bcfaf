//! Codes as property files write them: `meta: {values: …}`, and the values of `accepted_values`.

use serde_json::{Map, Value};

use super::codes::{number, same};
use crate::lineage::Literal;

/// A code and what it means, as `meta` has it.
type Code = (Literal, Option<Box<str>>);

/// The keys of an object that says what a code means.
const MEANINGS: [&str; 4] = ["label", "meaning", "name", "description"];

/// What `meta` says of codes.
#[derive(Debug, Default)]
pub(super) struct MetaCodes {
    /// The codes in order; none if one of them can't be read.
    pub(super) codes: Vec<Code>,
    /// What can't be read, in words behind the column's name; `None` if nothing, or if it is somebody else's.
    pub(super) fault: Option<String>,
}

/// `meta: {buhin: {values: …}}`, else `meta: {values: …}`: of which nothing has our form is somebody else's.
pub(super) fn of_meta(meta: &Map<String, Value>) -> MetaCodes {
    let own = meta.get("buhin").and_then(|own| own.get("values"));
    let Some(values) = own.or_else(|| meta.get("values")) else { return MetaCodes::default() };
    let read: Vec<Result<Code, String>> = match values {
        Value::Object(map) => map.iter().map(|(code, value)| of_entry(code, value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| of_item(at, item)).collect(),
        Value::Null => Vec::new(),
        _ => vec![Err("`values` is neither a mapping nor a list".to_owned())],
    };
    // An object of other keys may be anything.
    let is_of_others = |value: &Value| matches!(value, Value::Object(map) if !says_meaning(map));
    let is_telling = match values {
        Value::Object(map) => {
            map.values().zip(&read).any(|(value, read)| read.is_ok() && !is_of_others(value))
        }
        _ => read.iter().any(Result::is_ok),
    };
    let is_ours = own.is_some() || is_telling;
    match read.into_iter().collect::<Result<Vec<Code>, String>>() {
        Ok(codes) => MetaCodes { fault: contradiction(&codes), codes },
        Err(fault) => MetaCodes { codes: Vec::new(), fault: Some(fault).filter(|_| is_ours) },
    }
}

/// `1: new` of a mapping.
fn of_entry(code: &str, value: &Value) -> Result<Code, String> {
    let meaning =
        meaning(value).ok_or_else(|| format!("what `{code}` means is no text, and has no `label`"))?;
    Ok((key(code), meaning))
}

/// `{value: 1, label: new}` or `1` of a list.
fn of_item(at: usize, item: &Value) -> Result<Code, String> {
    let place = at + 1;
    let Value::Object(map) = item else {
        let code = literal(item).ok_or_else(|| format!("entry {place} is no code"))?;
        return Ok((code, None));
    };
    let code = ["value", "code"].iter().find_map(|key| map.get(*key));
    let code = code.ok_or_else(|| format!("entry {place} has no `value`"))?;
    let code = literal(code).ok_or_else(|| format!("the `value` of entry {place} is no code"))?;
    Ok((code, meaning(item).flatten()))
}

fn says_meaning(map: &Map<String, Value>) -> bool {
    MEANINGS.iter().any(|key| map.contains_key(*key))
}

/// A code that means two things.
fn contradiction(codes: &[Code]) -> Option<String> {
    codes.iter().enumerate().find_map(|(at, (code, meaning))| {
        let (_, other) = codes[..at].iter().find(|(other, _)| same(other, code, false))?;
        match (other, meaning) {
            (Some(other), Some(meaning)) if other != meaning => {
                Some(format!("a code stands there twice, as `{other}` and as `{meaning}`"))
            }
            _ => None,
        }
    })
}

/// What is written of a code: a text, or a label and a description. The outer `None` is something else.
#[expect(clippy::option_option, reason = "no meaning is a valid form, and another form is none")]
fn meaning(value: &Value) -> Option<Option<Box<str>>> {
    match value {
        Value::Null => Some(None),
        Value::Object(map) => {
            let text =
                |key: &str| map.get(key).and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty());
            let label = text("label").or_else(|| text("meaning")).or_else(|| text("name"));
            Some(match (label, text("description")) {
                (Some(label), Some(more)) => Some(format!("{label}: {more}").into()),
                (one, other) => one.or(other).map(Into::into),
            })
        }
        Value::Array(_) => None,
        other => match literal(other)? {
            Literal::Text(text) if text.trim().is_empty() => Some(None),
            Literal::Text(text) | Literal::Number(text) => Some(Some(text.trim().into())),
            Literal::Bool(bool) => Some(Some(bool.to_string().into())),
        },
    }
}

/// A key of a mapping, which YAML tells as text: `1` was meant as a number, `01` was not.
fn key(text: &str) -> Literal {
    let as_text = Literal::Text(text.into());
    if number(&as_text).is_some_and(|number| number == text) { Literal::Number(text.into()) } else { as_text }
}

fn literal(value: &Value) -> Option<Literal> {
    match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => None,
        Value::String(text) => Some(Literal::Text(text.as_str().into())),
        Value::Number(number) => Some(Literal::Number(number.to_string().into())),
        Value::Bool(bool) => Some(Literal::Bool(*bool)),
        _ => None,
    }
}

/// The values that a test accepts; `None` if they can't be told without rendering or running anything.
pub(super) fn of_test(arguments: &Map<String, Value>) -> Option<Vec<Literal>> {
    let values = arguments.get("values")?.as_array()?;
    // Without quotes the values are SQL: numbers, texts in their own quotes, or anything at all.
    let is_sql = arguments.get("quote").and_then(Value::as_bool) == Some(false);
    let values =
        values.iter().filter(|value| !value.is_null()).map(|value| match (literal(value)?, is_sql) {
            (Literal::Text(text), true) => {
                let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                match inner {
                    Some(inner) if !inner.contains('\'') => Some(Literal::Text(inner.into())),
                    _ => number(&Literal::Text(text.clone())).map(|_| Literal::Number(text)),
                }
            }
            (value, _) => Some(value),
        });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(meta: &Value, expect: &str) {
        let codes = of_meta(meta.as_object().unwrap()).codes;
        let shown: Vec<String> = codes
            .into_iter()
            .map(|(code, meaning)| match (code, meaning) {
                (Literal::Text(text), Some(meaning)) => format!("'{text}' {meaning}"),
                (Literal::Number(text), Some(meaning)) => format!("{text} {meaning}"),
                (code, meaning) => format!("{code:?} {meaning:?}"),
            })
            .collect();
        assert_eq!(shown.join(", "), expect);
    }

    #[test]
    fn meta_is_a_mapping_or_a_list() {
        check(&json!({"values": {"1": "新規", "02": "出荷済み"}}), "1 新規, '02' 出荷済み");
        check(
            &json!({"values": [{"value": 1, "label": "new"}, {"value": "B", "description": "done"}]}),
            "1 new, 'B' done",
        );
        check(&json!({"values": [1, "B"]}), r#"Number("1") None, Text("B") None"#);
        check(&json!({"values": {"A": {"label": "注文", "description": "支払い前"}}}), "'A' 注文: 支払い前");
        check(&json!({"values": {"1": "x"}, "buhin": {"values": {"2": "y"}}}), "2 y");
    }

    #[test]
    fn a_key_of_the_same_name_with_another_form_is_left_alone() {
        check(&json!({"values": "1 to 5"}), "");
        check(&json!({"values": {"min": {"of": 1}, "list": [1]}}), "");
        check(&json!({"values": [{"min": 1}]}), "");
        check(&json!({"values": ["{{ var('codes') }}"]}), "");
    }

    #[track_caller]
    fn faulty(meta: &Value, expect: Option<&str>) {
        let found = of_meta(meta.as_object().unwrap());
        assert_eq!(found.fault.as_deref(), expect, "{meta}");
    }

    #[test]
    fn what_was_meant_for_us_and_can_not_be_read_is_told() {
        faulty(
            &json!({"values": {"1": "new", "2": ["shipped"]}}),
            Some("what `2` means is no text, and has no `label`"),
        );
        faulty(&json!({"values": [1, {"label": "new"}]}), Some("entry 2 has no `value`"));
        faulty(
            &json!({"values": ["A", {"value": {"is": 1}, "label": "x"}]}),
            Some("the `value` of entry 2 is no code"),
        );
        faulty(&json!({"values": ["A", null]}), Some("entry 2 is no code"));
        faulty(&json!({"buhin": {"values": "1 to 5"}}), Some("`values` is neither a mapping nor a list"));
        faulty(
            &json!({"values": [{"value": 1, "label": "new"}, {"code": "1", "label": "old"}]}),
            Some("a code stands there twice, as `new` and as `old`"),
        );
    }

    #[test]
    fn what_is_right_or_somebody_elses_is_not() {
        for meta in [
            json!({"values": {"1": "new", "2": null}}),
            json!({"values": [1, {"value": 2}]}),
            json!({"values": [1, 1]}),
            json!({"values": "1 to 5"}),
            json!({"values": {"min": {"of": 1}, "list": [1]}}),
            json!({"values": [{"min": 1}]}),
            json!({"values": null}),
            json!({}),
        ] {
            faulty(&meta, None);
        }
    }
}

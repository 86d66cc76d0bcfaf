//! Values as YAML, as dbt's `toyaml()` writes them.

use serde_json::Value as Json;

use crate::jinja;

/// A value in block style; keys in their own order, or sorted.
pub(crate) fn yaml_text(json: &Json, sort_keys: bool) -> String {
    let mut out = String::new();
    block(&mut out, json, 0, sort_keys);
    out
}

/// Block style, as `PyYAML` writes it.
fn block(out: &mut String, json: &Json, depth: usize, sort_keys: bool) {
    match json {
        Json::Object(map) if !map.is_empty() => {
            let mut pairs: Vec<_> = map.iter().collect();
            if sort_keys {
                pairs.sort_by_key(|(key, _)| key.as_str());
            }
            for (at, (key, value)) in pairs.into_iter().enumerate() {
                if at > 0 || depth == 0 {
                    out.push_str(&"  ".repeat(depth));
                }
                out.push_str(&scalar(&Json::String(key.clone())));
                out.push(':');
                under(out, value, depth, sort_keys);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 || depth == 0 {
                    out.push_str(&"  ".repeat(depth));
                }
                out.push('-');
                if is_filled(item) {
                    out.push(' ');
                    block(out, item, depth + 1, sort_keys);
                } else {
                    out.push(' ');
                    out.push_str(&scalar(item));
                    out.push('\n');
                }
            }
        }
        plain => {
            out.push_str(&scalar(plain));
            out.push_str("\n...\n");
        }
    }
}

fn under(out: &mut String, value: &Json, depth: usize, sort_keys: bool) {
    if !is_filled(value) {
        out.push(' ');
        out.push_str(&scalar(value));
        out.push('\n');
        return;
    }
    out.push('\n');
    // PyYAML does not indent a list below its key.
    let deeper = if value.is_array() { depth } else { depth + 1 };
    out.push_str(&"  ".repeat(deeper));
    if deeper == 0 {
        block(out, value, 0, sort_keys);
    } else {
        block(out, value, deeper, sort_keys);
    }
}

fn is_filled(json: &Json) -> bool {
    json.as_object().is_some_and(|map| !map.is_empty())
        || json.as_array().is_some_and(|items| !items.is_empty())
}

fn scalar(json: &Json) -> String {
    let Json::String(text) = json else {
        return if json.is_number() {
            jinja::str_of(&jinja::from_json(json)).into_owned()
        } else {
            json.to_string()
        };
    };
    let reads_back = super::yaml_value(text).is_some_and(|read| read == *json);
    if reads_back && !text.is_empty() && !text.contains(['\n', '#', ':']) {
        return text.clone();
    }
    if text.contains(['\n', '\t']) {
        return jinja::dumps(json, false);
    }
    format!("'{}'", text.replace('\'', "''"))
}

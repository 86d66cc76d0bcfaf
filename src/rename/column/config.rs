//! Columns that config names: `unique_key`, `check_cols`, `partition_by` and their like.

use std::ops::Range;

use super::name::ColumnNames;
use crate::jinja;

/// Keys of config whose texts name columns.
pub(super) const KEYS: &[&str] = &[
    "bucketed_by",
    "check_cols",
    "cluster_by",
    "clustered_by",
    "dist",
    "distributed_by",
    "event_time",
    "incremental_predicates",
    "indexes",
    "liquid_clustered_by",
    "merge_exclude_columns",
    "merge_update_columns",
    "order_by",
    "partition_by",
    "partitioned_by",
    "primary_key",
    "sort",
    "sorted_by",
    "unique_key",
    "updated_at",
    "zorder",
];

/// The places of the old name in the calls of `config()` of a text, with the new one.
pub(super) fn in_calls(text: &str, names: &ColumnNames) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for mark in jinja::marks(text).into_iter().filter(|mark| !mark.is_comment) {
        let code = &text[mark.span.clone()];
        let Some(at) = code.find("config") else { continue };
        let open = code[at + "config".len()..].trim_start();
        if !open.starts_with('(') {
            continue;
        }
        let from = mark.span.start + (code.len() - open.len()) + 1;
        arguments(text, from..mark.span.end, names, &mut found);
    }
    found
}

/// Reads `key=value, …`; texts in the values of our keys are looked at.
fn arguments(text: &str, range: Range<usize>, names: &ColumnNames, found: &mut Vec<(Range<usize>, String)>) {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut is_ours) = (range.start, 0_usize, false);
    while at < range.end {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                let end = text_end(bytes, at, quote, range.end);
                if is_ours && let Some(inner) = text.get(at + 1..end.saturating_sub(1)) {
                    found.extend(in_text(inner, at + 1, names));
                }
                at = end;
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => is_ours = false,
            byte if depth == 0 && (byte == b'_' || byte.is_ascii_alphabetic()) => {
                let is_word = |byte: &&u8| **byte == b'_' || byte.is_ascii_alphanumeric();
                let end = at + bytes[at..range.end].iter().take_while(is_word).count();
                if text[end..range.end].trim_start().starts_with('=') {
                    is_ours = KEYS.contains(&&text[at..end]);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// The places of the old name in a text that names columns, counted from `offset`.
pub(super) fn in_text(inner: &str, offset: usize, names: &ColumnNames) -> Vec<(Range<usize>, String)> {
    let place = |token: crate::sql::Token| {
        let text = token.text(inner);
        // A text that is a name is no SQL: no quotes are needed there.
        let is_bare = text == inner.trim() && !text.starts_with(['"', '`', '[']);
        let new = if is_bare { names.to.clone() } else { names.written(text) };
        (offset + token.start as usize..offset + token.end as usize, new)
    };
    names.places_in(inner).into_iter().map(place).collect()
}

fn text_end(bytes: &[u8], start: usize, quote: u8, limit: usize) -> usize {
    let mut at = start + 1;
    while at < limit {
        if bytes[at] == quote {
            return at + 1;
        }
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Dialect;

    #[test]
    fn only_what_names_columns_is_changed() {
        let names = ColumnNames::new(Dialect::DuckDb, "id", "id", "番号");
        let mut text = "{{ config(materialized='id', unique_key=['id', \"b\"], tags=['id'], \
                        partition_by={'field': 'id', 'data_type': 'int64'}) }} select 'id'"
            .to_owned();
        for (range, new) in in_calls(&text.clone(), &names).into_iter().rev() {
            text.replace_range(range, &new);
        }
        assert_eq!(
            text,
            "{{ config(materialized='id', unique_key=['番号', \"b\"], tags=['id'], \
             partition_by={'field': '番号', 'data_type': 'int64'}) }} select 'id'"
        );
    }
}

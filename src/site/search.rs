//! What search reads, in pieces: names of columns, descriptions, words of SQL.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::Input;
use super::columns::Columns;
use super::entities::Entities;
use super::{highlight, text};
use crate::project::{NodeId, NodeKind};
use crate::sql::{TokenKind, tokens};

/// A piece is about as large as this, in bytes of names or texts.
const PIECE: usize = 700_000;
/// The longest text of a description that is searched, in characters.
const LONGEST: usize = 4_000;
/// The longest word of SQL that is searched, in bytes.
const WORD: usize = 64;

/// All that search reads.
pub(super) struct Search {
    /// For each piece, the names in it.
    pub(super) columns: Vec<Vec<Name>>,
    pub(super) text: Vec<TextPiece>,
    /// By bucket, in order.
    pub(super) sql: Vec<(String, SqlPiece)>,
}

/// A column's name, and the columns that have it: entity and place, in turn.
pub(super) struct Name {
    name: String,
    at: Vec<u32>,
}

/// Descriptions: whose, which column's (-1 for the entity's own), and the words.
#[derive(Default, Serialize)]
pub(super) struct TextPiece {
    n: Vec<u32>,
    i: Vec<i32>,
    t: Vec<String>,
}

/// Words, and the entities in whose SQL they stand.
#[derive(Default, Serialize)]
pub(super) struct SqlPiece {
    words: Vec<String>,
    at: Vec<Vec<u32>>,
}

#[derive(Serialize)]
pub(super) struct ColumnsPiece<'a> {
    names: Vec<&'a str>,
    labels: Vec<(&'a str, Vec<u32>)>,
    at: Vec<&'a [u32]>,
    codes: Vec<(Cow<'a, str>, Option<&'a str>, u32, u32)>,
}

impl Search {
    pub(super) fn of(input: Input<'_>, entities: &Entities, columns: &Columns<'_>) -> Self {
        let (names, (text, sql)) = rayon::join(
            || names(columns),
            || rayon::join(|| texts(input, entities, columns), || words(input, entities)),
        );
        Self { columns: names, text, sql }
    }
}

/// Names in pieces, in the order of names.
fn names(columns: &Columns<'_>) -> Vec<Vec<Name>> {
    let mut by_name: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
    for (at, column) in columns.iter() {
        by_name.entry(column.name).or_default().extend([at.n, at.index]);
    }
    let mut names: Vec<(&str, Vec<u32>)> = by_name.into_iter().collect();
    names.sort_unstable_by_key(|(name, _)| *name);
    let mut pieces: Vec<Vec<Name>> = Vec::new();
    let mut size = PIECE;
    for (name, at) in names {
        let own = name.len() + at.len() * 5;
        if size + own > PIECE {
            pieces.push(Vec::new());
            size = 0;
        }
        size += own;
        if let Some(piece) = pieces.last_mut() {
            piece.push(Name { name: name.to_owned(), at });
        }
    }
    pieces
}

/// One piece of names, with the names that people use.
pub(super) fn columns<'a>(search: &'a Search, columns: &'a Columns<'a>, piece: u32) -> ColumnsPiece<'a> {
    let names = &search.columns[piece as usize];
    let mut labels: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut codes = Vec::new();
    for (number, name) in names.iter().enumerate() {
        for at in name.at.chunks_exact(2) {
            let column = columns.get(super::columns::At { n: at[0], index: at[1] });
            // A list stands where it was written, not at every copy of the column.
            if column.codes.is_some_and(|list| list.from.is_none()) {
                codes.extend(column.codes().map(|(code, meaning)| (code, meaning, at[0], at[1])));
            }
            if let Some(label) = column.label() {
                let numbers = labels.entry(label).or_default();
                if numbers.last() != Some(&(number as u32)) {
                    numbers.push(number as u32);
                }
            }
        }
    }
    ColumnsPiece {
        names: names.iter().map(|name| name.name.as_str()).collect(),
        labels: labels.into_iter().collect(),
        at: names.iter().map(|name| name.at.as_slice()).collect(),
        codes,
    }
}

/// Descriptions in pieces; what is inherited stands where it was written.
fn texts(input: Input<'_>, entities: &Entities, columns: &Columns<'_>) -> Vec<TextPiece> {
    let of_entity = |n: u32| {
        let own = text::plain(&input.project.node(entities.id(n)).description, LONGEST);
        let mut all = vec![(-1, own)];
        for (index, column) in columns.of_entity(n).iter().enumerate() {
            if column.inherited.is_none() && !column.description.is_empty() {
                all.push((
                    i32::try_from(index).unwrap_or(i32::MAX),
                    text::plain(column.description, LONGEST),
                ));
            }
        }
        all
    };
    let all: Vec<Vec<(i32, String)>> = (0..entities.len()).into_par_iter().map(of_entity).collect();
    let mut pieces: Vec<TextPiece> = Vec::new();
    let mut size = PIECE;
    for (n, texts) in all.into_iter().enumerate() {
        for (index, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            if size + text.len() > PIECE {
                pieces.push(TextPiece::default());
                size = 0;
            }
            size += text.len() + 8;
            if let Some(piece) = pieces.last_mut() {
                piece.n.push(n as u32);
                piece.i.push(index);
                piece.t.push(text);
            }
        }
    }
    pieces
}

/// Words of SQL by the bucket of their first two characters.
fn words(input: Input<'_>, entities: &Entities) -> Vec<(String, SqlPiece)> {
    let of_entity = |n: u32| {
        let mut words: Vec<String> = words_of(input, entities.id(n)).into_iter().collect();
        words.sort_unstable();
        words
    };
    let all: Vec<Vec<String>> = (0..entities.len()).into_par_iter().map(of_entity).collect();
    let mut by_word: FxHashMap<String, Vec<u32>> = FxHashMap::default();
    for (n, words) in all.into_iter().enumerate() {
        for word in words {
            by_word.entry(word).or_default().push(n as u32);
        }
    }
    let mut words: Vec<(String, Vec<u32>)> = by_word.into_iter().collect();
    words.sort_unstable();
    let mut buckets: BTreeMap<String, SqlPiece> = BTreeMap::new();
    for (word, at) in words {
        let piece = buckets.entry(bucket(&word)).or_default();
        piece.words.push(word);
        piece.at.push(at);
    }
    buckets.into_iter().collect()
}

/// The first two characters if they may stand in any file's name, else the number of the first.
fn bucket(word: &str) -> String {
    let plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    match word.as_bytes() {
        [first, second, ..] if plain(first) && plain(second) => word[..2].to_owned(),
        _ => format!("u{:x}", word.chars().next().map_or(0, u32::from)),
    }
}

/// The words of an author's text, folded: of names, strings and comments, not of the language itself.
fn words_of(input: Input<'_>, id: NodeId) -> FxHashSet<String> {
    let project = input.project;
    let node = project.node(id);
    let mut words = FxHashSet::default();
    let has_sql = matches!(node.kind, NodeKind::Model | NodeKind::Snapshot | NodeKind::Analysis);
    let Some(span) = node.body.filter(|_| has_sql) else { return words };
    let text = project.files.text(span);
    for token in tokens(project.target.dialect, text) {
        let own = token.text(text);
        match token.kind {
            TokenKind::Space | TokenKind::Symbol(_) | TokenKind::Number => {}
            TokenKind::Word if highlight::is_keyword(own) => {}
            _ => split(own, &mut words),
        }
    }
    words
}

/// Cuts a text into words: runs of letters and digits, those of Japanese apart from others.
fn split(own: &str, words: &mut FxHashSet<String>) {
    let folded = text::fold(own);
    let class = |char: char| match char {
        'a'..='z' | '0'..='9' | '_' => 1,
        'ぁ'..='ゖ' | 'ー' => 2,
        '々' | '㐀'..='䶿' | '一'..='鿿' => 3,
        other if other.is_alphanumeric() => 1,
        _ => 0,
    };
    let mut start = 0;
    let mut current = 0;
    let mut add = |range: std::ops::Range<usize>, class: u8| {
        let word = &folded[range];
        let least = if class == 1 { 3 } else { 2 };
        let is_word = class > 0 && word.len() <= WORD && word.chars().nth(least - 1).is_some();
        if is_word && !word.bytes().all(|byte| byte.is_ascii_digit()) && !words.contains(word) {
            words.insert(word.to_owned());
        }
    };
    for (at, char) in folded.char_indices() {
        let class = class(char);
        if class != current {
            add(start..at, current);
            (start, current) = (at, class);
        }
    }
    add(start..folded.len(), current);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_one_kind() {
        let mut words = FxHashSet::default();
        split("-- Order_ID: 受注番号と カテゴリー名 12345 a1", &mut words);
        let mut words: Vec<String> = words.into_iter().collect();
        words.sort();
        assert_eq!(words, ["order_id", "かてごりー", "受注番号"]);
    }

    #[test]
    fn a_bucket_is_a_name_that_any_disk_takes() {
        let shown: Vec<String> = ["customer", "a部", "部品", "_x1", "ÿab"].map(bucket).to_vec();
        assert_eq!(shown, ["cu", "u61", "u90e8", "_x", "uff"]);
    }
}

//! The words that reading a query turns on, told apart once for each token: they are asked for many times.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Every word that some rule names.
const WORDS: &[&str] = &[
    "all",
    "and",
    "anti",
    "any",
    "any_value",
    "apply",
    "array_agg",
    "as",
    "asof",
    "avg",
    "between",
    "bool_and",
    "bool_or",
    "by",
    "case",
    "corr",
    "count",
    "count_if",
    "countif",
    "cross",
    "cycle",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "from",
    "full",
    "global",
    "group",
    "group_concat",
    "having",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "json_agg",
    "lateral",
    "left",
    "like",
    "limit",
    "list",
    "listagg",
    "match_recognize",
    "materialized",
    "max",
    "max_by",
    "median",
    "min",
    "min_by",
    "minus",
    "natural",
    "not",
    "null",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "pivot",
    "positional",
    "prewhere",
    "qualify",
    "recursive",
    "right",
    "search",
    "select",
    "semi",
    "set",
    "stddev",
    "string_agg",
    "sum",
    "then",
    "top",
    "true",
    "union",
    "unpivot",
    "using",
    "values",
    "variance",
    "when",
    "where",
    "window",
    "with",
];

/// Bytes of the longest.
const LONGEST: usize = 15;

/// The words by their [`key`].
static PLACES: LazyLock<FxHashMap<u128, u8>> = LazyLock::new(|| {
    WORDS.iter().enumerate().map(|(place, word)| (key(word.as_bytes()), place as u8)).collect()
});

/// By first byte, the lengths that words have which begin with it, as bits: most names are told by that.
static LENGTHS: [u16; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < WORDS.len() {
        let word = WORDS[at].as_bytes();
        lengths[word[0] as usize] |= 1 << word.len();
        lengths[word[0].to_ascii_uppercase() as usize] |= 1 << word.len();
        at += 1;
    }
    lengths
};

/// A number for a word of at most [`LONGEST`] bytes, the same in any case. No other word has it.
fn key(text: &[u8]) -> u128 {
    text.iter().fold(0, |key, byte| key << 8 | u128::from(byte | 0x20))
}

/// One of [`WORDS`], or none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u8);

impl Word {
    /// What a token is that is none of them.
    pub(super) const NONE: Self = Self(127);

    /// The word that a token is, in any case.
    pub(super) fn read(text: &[u8]) -> Self {
        let is_one = text
            .first()
            .is_some_and(|first| text.len() <= LONGEST && LENGTHS[*first as usize] >> text.len() & 1 == 1);
        let place = if is_one { PLACES.get(&key(text)) } else { None };
        place.map_or(Self::NONE, |place| Self(*place))
    }

    /// True for one of these.
    pub(super) const fn is(self, words: Words) -> bool {
        words.0 >> self.0 & 1 == 1
    }
}

/// Some of [`WORDS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(u128);

impl Words {
    /// The words of these names; does not compile for one that is missing above.
    pub(super) const fn of(names: &[&str]) -> Self {
        let mut set = 0;
        let mut at = 0;
        while at < names.len() {
            set |= 1 << place(names[at]);
            at += 1;
        }
        Self(set)
    }
}

const fn place(name: &str) -> usize {
    let mut at = 0;
    while at < WORDS.len() {
        if is_same(WORDS[at].as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("not one of WORDS")
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The words of these names, found while compiling.
macro_rules! words {
    ($($name:literal),+ $(,)?) => {
        const { $crate::sql::outline::keyword::Words::of(&[$($name),+]) }
    };
}

pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_told_from_the_others_in_any_case() {
        assert!(WORDS.len() < Word::NONE.0 as usize && WORDS.iter().all(|word| word.len() <= LONGEST));
        for (place, word) in WORDS.iter().enumerate() {
            assert_eq!(Word::read(word.to_uppercase().as_bytes()), Word(place as u8), "{word}");
        }
        for none in ["selects", "_rom", "frome", "売上", ""] {
            assert_eq!(Word::read(none.as_bytes()), Word::NONE, "{none}");
        }
        assert_eq!(Word::read(b"materialized_as_long"), Word::NONE);
    }
}

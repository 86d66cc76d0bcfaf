//! Names that stand for inlined parts and are no words: a part may be called `月次 売上` or `part's`, and until the emit stage
//! quotes what stands for it, no token of a text is that name.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use crate::render::{Collected, cte_name};

/// What such names are read as.
#[derive(Clone, Debug, Default)]
pub struct StandIns {
    /// Names and words of the same length in bytes, the longest name first.
    words: Vec<(String, String)>,
}

impl StandIns {
    /// A word for each such name of a project's nodes; no two names, odd or not, share one.
    pub fn of(collected: &Collected) -> Self {
        let identifiers = || {
            let nodes = collected.nodes.iter().filter_map(|(_, own)| own.as_ref()?.relation.as_ref());
            nodes.filter_map(|relation| relation.identifier.as_deref())
        };
        let mut odd: Vec<String> =
            identifiers().filter(|name| !name.chars().all(is_of_word)).map(cte_name).collect();
        if odd.is_empty() {
            return Self::default();
        }
        odd.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        odd.dedup();
        let mut taken: FxHashSet<String> = identifiers().map(|name| cte_name(name).to_lowercase()).collect();
        let words = odd.into_iter().map(|name| {
            let mut words = "_0123456789".chars().map(|filler| word(&name, filler));
            let free = words.find(|word| !taken.contains(&word.to_lowercase()));
            let word = free.unwrap_or_else(|| word(&name, '_'));
            taken.insert(word.to_lowercase());
            (name, word)
        });
        Self { words: words.collect() }
    }

    /// A text with the words in place of the names; every other byte keeps its place.
    pub fn text<'s>(&self, sql: &'s str) -> Cow<'s, str> {
        let mut text = Cow::Borrowed(sql);
        for (name, word) in self.words.iter().filter(|(name, _)| sql.contains(name.as_str())) {
            text = Cow::Owned(text.replace(name.as_str(), word));
        }
        text
    }

    /// What a name is read as: itself, if it is a word.
    pub fn name(&self, name: String) -> String {
        let found = self.words.iter().find(|(odd, _)| *odd == name);
        found.map_or(name, |(_, word)| word.clone())
    }
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// A word as long as a name, with this character in place of what no word has.
fn word(name: &str, filler: char) -> String {
    let mut word = String::with_capacity(name.len());
    for char in name.chars() {
        if is_of_word(char) {
            word.push(char);
        } else {
            word.extend(std::iter::repeat_n(filler, char.len_utf8()));
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::Fixture;

    #[test]
    fn each_name_has_a_word_of_its_own_and_of_its_length() {
        let names = ["月次 売上", "月次・売上", "a b", "a_b", "a-b"];
        let fixture = names
            .iter()
            .fold(Fixture::new(), |fixture, name| fixture.part(&format!("models/{name}.sql"), "select 1"));
        let stand_ins = StandIns::of(&fixture.collected);
        let words: Vec<String> = names.iter().map(|name| stand_ins.name(cte_name(name))).collect();
        insta::assert_snapshot!(words.join(" "), @r"
        __dbt__cte__月次_売上 __dbt__cte__月次___売上 __dbt__cte__a0b __dbt__cte__a_b __dbt__cte__a1b
        ");
        for (name, word) in names.iter().zip(&words) {
            let text = format!("select 1 from {}", cte_name(name));
            assert_eq!(stand_ins.text(&text), format!("select 1 from {word}"));
            assert_eq!(word.len(), cte_name(name).len());
        }
    }
}

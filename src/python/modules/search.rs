//! Searching for a pattern, without trying it where it can't begin.
//!
//! A pattern that looks around or back is tried by backtracking, at one place after the other. A *sieve* is the same
//! pattern with all of that left out: it matches wherever the pattern does, perhaps at more places, and is searched
//! for in one go over the text. So the pattern is only tried from where its sieve is found.

use fancy_regex::{Assertion, Captures, Expr, LookAround};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Search {
    pattern: fancy_regex::Regex,
    /// For patterns that are tried by backtracking.
    sieve: Option<regex::Regex>,
}

impl Search {
    /// Compiles a pattern in our syntax.
    pub(super) fn new(pattern: &str) -> Result<Self, Box<fancy_regex::Error>> {
        let sieve = sieve(pattern).and_then(|sieve| regex::Regex::new(&sieve).ok());
        Ok(Self { pattern: fancy_regex::Regex::new(pattern).map_err(Box::new)?, sieve })
    }

    /// The pattern.
    pub(super) fn as_str(&self) -> &str {
        self.pattern.as_str()
    }

    /// The names of its groups, in order; the whole match and groups without a name have none.
    pub(super) fn names(&self) -> Vec<Option<String>> {
        self.pattern.capture_names().map(|name| name.map(str::to_owned)).collect()
    }

    /// The first match from `at` on; patterns that need too many steps are an error.
    pub(super) fn from<'s>(
        &self,
        text: &'s str,
        at: usize,
    ) -> Result<Option<Captures<'s>>, fancy_regex::Error> {
        let at = match &self.sieve {
            Some(sieve) => match sieve.find_at(text, at) {
                Some(found) => found.start(),
                None => return Ok(None),
            },
            None => at,
        };
        self.pattern.captures_from_pos(text, at)
    }

    /// All matches that don't overlap. As in Python a match may be empty, but not where another one ends.
    pub(super) fn all<'s>(&self, text: &'s str) -> Result<Vec<Captures<'s>>, fancy_regex::Error> {
        let (mut found, mut at, mut last) = (Vec::new(), 0, None);
        while at <= text.len() {
            let Some(captures) = self.from(text, at)? else { break };
            let Some(whole) = captures.get(0) else { break };
            let (start, end) = (whole.start(), whole.end());
            let is_empty = start == end;
            at = if is_empty { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
            if is_empty && last == Some(end) {
                continue;
            }
            last = Some(end);
            found.push(captures);
        }
        Ok(found)
    }
}

/// A regular expression that matches wherever this pattern does; none where backtracking isn't needed anyway, or
/// where nothing simpler can be said.
fn sieve(pattern: &str) -> Option<String> {
    let mut tree = Expr::parse_tree(pattern).ok()?.expr;
    if !is_hard(&tree) {
        return None;
    }
    // What has to follow the whole match may as well be part of it.
    if let Expr::Concat(parts) = &mut tree
        && let Some(last) = parts.last_mut()
        && let Expr::LookAround(ahead, LookAround::LookAhead) = last
    {
        *last = Expr::Group(std::mem::replace(ahead, Box::new(Expr::Empty)));
    }
    loosen(&mut tree)?;
    let mut out = String::new();
    tree.to_str(&mut out, 0);
    Some(out)
}

/// True for what fancy-regex tries by backtracking.
fn is_hard(expr: &Expr) -> bool {
    match expr {
        Expr::Empty | Expr::Any { .. } | Expr::Literal { .. } | Expr::Delegate { .. } => false,
        Expr::Assertion(assertion) => word_edge(*assertion).is_some(),
        Expr::Concat(parts) | Expr::Alt(parts) => parts.iter().any(is_hard),
        Expr::Group(inner) | Expr::Repeat { child: inner, .. } => is_hard(inner),
        _ => true,
    }
}

/// The assertions that fancy-regex does not leave to the regex crate, as that writes them.
fn word_edge(assertion: Assertion) -> Option<&'static str> {
    match assertion {
        Assertion::WordBoundary => Some("\\b"),
        Assertion::NotWordBoundary => Some("\\B"),
        Assertion::LeftWordBoundary => Some("\\b{start}"),
        Assertion::RightWordBoundary => Some("\\b{end}"),
        _ => None,
    }
}

/// Leaves out whatever the regex crate has not; none where that isn't enough.
fn loosen(expr: &mut Expr) -> Option<()> {
    match expr {
        Expr::Empty | Expr::Any { .. } | Expr::Literal { .. } | Expr::Delegate { .. } => {}
        Expr::Assertion(assertion) => {
            if let Some(edge) = word_edge(*assertion) {
                *expr = Expr::Delegate { inner: edge.to_owned(), size: 0, casei: false };
            }
        }
        Expr::Concat(parts) | Expr::Alt(parts) => parts.iter_mut().try_for_each(loosen)?,
        Expr::Group(inner) | Expr::Repeat { child: inner, .. } => loosen(inner)?,
        Expr::LookAround(..) => *expr = Expr::Empty,
        Expr::AtomicGroup(inner) => {
            loosen(inner)?;
            *expr = Expr::Group(std::mem::replace(inner, Box::new(Expr::Empty)));
        }
        Expr::Backref { .. } => {
            let any = Box::new(Expr::Any { newline: true });
            *expr = Expr::Repeat { child: any, lo: 0, hi: usize::MAX, greedy: false };
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sieve_is_the_pattern_without_what_it_looks_at() {
        let check = |pattern: &str, expect: Option<&str>| {
            assert_eq!(sieve(pattern).as_deref(), expect, "{pattern}");
        };
        check("from (a|b)+", None);
        check("^a$", None);
        check("(?<!x )from(?!z) a(?=\\s|$)", Some("from a(\\s|$)"));
        check("\\bfrom\\B", Some("\\bfrom\\B"));
        check("(?i)(?>ab)(?<=b)c", Some("((?i:a)(?i:b))(?i:c)"));
        check("(.)\\1", Some("(.)(?s:.)*?"));
        check("a\\Kb", None);
    }

    #[test]
    fn matches_are_those_of_the_pattern_alone() {
        let patterns = [
            "(?<!not )a\\w*",
            "(?<=a)b|c(?!d)",
            "(\\w)\\1",
            "(?=a)|b",
            "(?:(?!ab).)*",
            "(?>a*)b",
            "\\b\\w",
            "\\B",
            "(?i)(?<!x)A(b)?(?=\\s|$)",
            "(?m)^(?=部)",
            "x(?=.*品)",
            "(?:a(?=b))*",
        ];
        let texts = ["", "a", "not ab abc aab\nb cd ce", "部品 a部品\n部", "xab AB\nAa bb 品", "aaaab x 品x"];
        for pattern in patterns {
            let search = Search::new(pattern).unwrap();
            for text in texts {
                let places = |captures: &Captures<'_>| {
                    captures.iter().map(|group| group.map(|it| it.range())).collect::<Vec<_>>()
                };
                let alone: Vec<_> =
                    search.pattern.captures_iter(text).map(|captures| places(&captures.unwrap())).collect();
                let sieved: Vec<_> = search.all(text).unwrap().iter().map(places).collect();
                assert_eq!(sieved, alone, "{pattern} in {text:?}");
            }
        }
    }
}

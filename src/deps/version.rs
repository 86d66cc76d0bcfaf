//! Versions of packages and what is asked of them, in dbt's reading of semantic versions.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

/// A semantic version. What follows a `+` says nothing about order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    base: [u64; 3],
    /// What follows the `-`, e.g. `rc1`.
    pub prerelease: Option<String>,
    text: String,
}

/// How a version is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    /// `=`, or nothing.
    Exact,
    /// `>`.
    Above,
    /// `>=`.
    From,
    /// `<`.
    Below,
    /// `<=`.
    UpTo,
}

/// One condition, e.g. `>=1.0.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub matcher: Matcher,
    pub version: Version,
}

static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(>=|<=|>|<|=)?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)",
        r"(?:-?((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?",
        r"(?:\+([0-9A-Za-z-]*(?:\.[0-9A-Za-z-]*)*))?$",
    ))
    .expect("the pattern is well-formed")
});

impl Condition {
    /// Reads `>=1.0.0` and the like; `None` if that is no version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let found = VERSION.captures(text)?;
        let number = |at: usize| found.get(at).and_then(|digits| digits.as_str().parse().ok());
        let matcher = match found.get(1).map(|matcher| matcher.as_str()) {
            Some(">") => Matcher::Above,
            Some(">=") => Matcher::From,
            Some("<") => Matcher::Below,
            Some("<=") => Matcher::UpTo,
            _ => Matcher::Exact,
        };
        let start = found.get(2)?.start();
        Some(Self {
            matcher,
            version: Version {
                base: [number(2)?, number(3)?, number(4)?],
                prerelease: found.get(5).map(|text| text.as_str().to_owned()),
                text: text[start..].to_owned(),
            },
        })
    }

    /// Whether a version fulfils it.
    pub(super) fn allows(&self, version: &Version) -> bool {
        let order = version.compare(&self.version);
        match self.matcher {
            Matcher::Exact => order == Ordering::Equal,
            Matcher::Above => order == Ordering::Greater,
            Matcher::From => order != Ordering::Less,
            // `<1.0.0` does not let `1.0.0-rc1` in, although that is less.
            Matcher::Below => {
                let same_base = version.base == self.version.base;
                order == Ordering::Less && !(same_base && self.version.prerelease.is_none())
            }
            Matcher::UpTo => order != Ordering::Greater,
        }
    }

    fn is_lower(&self) -> bool {
        matches!(self.matcher, Matcher::Above | Matcher::From)
    }

    fn is_upper(&self) -> bool {
        matches!(self.matcher, Matcher::Below | Matcher::UpTo)
    }
}

/// Whether some version could fulfil all of them, be there such a version or not.
pub(super) fn compatible<'c>(conditions: impl IntoIterator<Item = &'c Condition>) -> bool {
    let conditions: Vec<&Condition> = conditions.into_iter().collect();
    if let Some(exact) = conditions.iter().find(|condition| condition.matcher == Matcher::Exact) {
        return conditions.iter().all(|condition| condition.allows(&exact.version));
    }
    conditions.iter().filter(|lower| lower.is_lower()).all(|lower| {
        conditions.iter().filter(|upper| upper.is_upper()).all(|upper| {
            match lower.version.compare(&upper.version) {
                Ordering::Less => upper.allows(&lower.version),
                Ordering::Equal => lower.matcher == Matcher::From && upper.matcher == Matcher::UpTo,
                Ordering::Greater => false,
            }
        })
    })
}

impl Version {
    /// A version without a condition; `None` if it has one or is no version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Condition::parse(text).filter(|found| found.matcher == Matcher::Exact).map(|found| found.version)
    }

    /// Which one is later.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.base.cmp(&other.base).then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => compare_prerelease(one, other),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matcher = match self.matcher {
            Matcher::Exact => "=",
            Matcher::Above => ">",
            Matcher::From => ">=",
            Matcher::Below => "<",
            Matcher::UpTo => "<=",
        };
        write!(f, "{matcher}{}", self.version)
    }
}

/// Part by part: numbers before words, numbers by value, words by letters; then the longer text is later.
fn compare_prerelease(one: &str, other: &str) -> Ordering {
    let number = |part: &str| part.parse::<u64>().ok();
    for (left, right) in one.split('.').zip(other.split('.')) {
        let order = match (number(left), number(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn condition(text: &str) -> Condition {
        Condition::parse(text).unwrap_or_else(|| panic!("{text} is a condition"))
    }

    #[track_caller]
    fn check(conditions: &str, allowed: &str, refused: &str) {
        let conditions: Vec<Condition> = conditions.split_whitespace().map(condition).collect();
        for (list, expected) in [(allowed, true), (refused, false)] {
            for text in list.split_whitespace() {
                let version = Version::parse(text).expect("a version");
                let found = conditions.iter().all(|condition| condition.allows(&version));
                assert_eq!(found, expected, "{text} of {conditions:?}");
            }
        }
    }

    #[test]
    fn conditions_allow_what_dbt_allows() {
        check("1.2.3", "1.2.3 1.2.3+x", "1.2.4 1.2.3-rc1");
        check("=1.2.3", "1.2.3", "1.2.2");
        check(">=1.0.0 <2.0.0", "1.0.0 1.9.9 1.5.0-rc1", "0.9.9 2.0.0 1.0.0-rc1 2.0.0-rc1");
        check(">1.0.0 <=2.0.0", "1.0.1 2.0.0 2.0.0-rc1", "1.0.0 2.0.1");
        check("<2.0.0-rc2", "2.0.0-rc1 1.9.9", "2.0.0-rc2 2.0.0");
        check(">1.0.0-a.2", "1.0.0-a.10 1.0.0-b 1.0.0 1.0.0-a.x", "1.0.0-a.1 1.0.0-1");
    }

    #[test]
    fn what_is_no_version() {
        for text in ["1.0", "1", "01.0.0", ">= 1.0.0", ">=1.0.0,<2.0.0", "~1.0.0", "latest", "1.0.x", ""] {
            assert!(Condition::parse(text).is_none(), "{text}");
        }
        for text in ["1.0.0rc1", "1.0.0-rc.1", "1.0.0+build.5", "10.20.30"] {
            assert!(Version::parse(text).is_some(), "{text}");
        }
        assert!(Version::parse(">1.0.0").is_none());
    }

    #[test]
    fn conditions_that_fit_together() {
        #[track_caller]
        fn check(conditions: &str, expected: bool) {
            let conditions: Vec<Condition> = conditions.split_whitespace().map(condition).collect();
            assert_eq!(compatible(&conditions), expected, "{conditions:?}");
        }
        check("1.0.0 1.0.0", true);
        check("1.0.0 1.0.1", false);
        check(">=1.0.0 <1.0.0", false);
        check(">=1.0.0 <=1.0.0", true);
        check(">1.0.0 <1.0.0", false);
        check(">=1.0.0 >=1.5.0 <2.0.0", true);
        check(">=1.0.0 <2.0.0 >=2.0.0", false);
        check(">=1.0.0 1.2.0 <2.0.0", true);
        check("", true);
    }
}

//! Flags of dbt that are taken before the command line is read: those that mean a flag of buhin's, and those that
//! have nothing to act on here. `docs/guide.md` lists the latter.

/// What becomes of a flag.
#[derive(Clone, Copy)]
enum Becomes {
    /// Nothing: what it switches is not there.
    Nothing,
    /// Nothing, and neither does the word after it.
    NothingWithValue,
    /// Other words.
    Words(&'static [&'static str]),
    /// Takes away an earlier flag of this name.
    Undo(&'static str),
}

/// Switches without effect, each also with `no-`.
const SWITCHES: &[&str] = &[
    "cache-selected-only",
    "debug",
    "deprecated-print",
    "hints-enabled",
    "log-cache-events",
    "partial-parse",
    "partial-parse-file-diff",
    "populate-cache",
    "send-anonymous-usage-stats",
    "show-all-deprecations",
    "snowflake-projects-otel",
    "static-parser",
    "upload-to-artifacts-ingest-api",
    "use-colors-file",
    "use-experimental-parser",
    "use-v2-parser",
];

/// Switches of buhin's own that dbt also knows with `no-`.
const OWN: &[&str] =
    &["defer", "empty", "fail-fast", "favor-state", "full-refresh", "quiet", "store-failures", "warn-error"];

const VALUES: &[&str] = &[
    "log-format-file",
    "log-level-file",
    "log-path",
    "maximum-seed-size-mib",
    "printer-width",
    "record-timing-info",
];

fn becomes(name: &str, value: Option<&str>) -> Option<Becomes> {
    let plain = name.strip_prefix("no-");
    Some(match (name, value) {
        ("use-colors", _) => Becomes::Words(&["--color", "always"]),
        ("no-use-colors", _) => Becomes::Words(&["--color", "never"]),
        ("print" | "write-json" | "version-check", _) => Becomes::Nothing,
        ("log-format", Some("json")) => Becomes::Words(&["--format", "json"]),
        ("log-level", Some("none" | "error")) => Becomes::Words(&["--quiet"]),
        ("log-format" | "log-level", _) => Becomes::NothingWithValue,
        _ if SWITCHES.contains(&plain.unwrap_or(name)) => Becomes::Nothing,
        _ if VALUES.contains(&name) => Becomes::NothingWithValue,
        _ => match OWN.iter().find(|own| plain == Some(**own)) {
            Some(own) => Becomes::Undo(own),
            None => return None,
        },
    })
}

/// The command line in buhin's words. Nothing is changed after `--`.
pub(super) fn translated(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut translated: Vec<String> = Vec::new();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            translated.push(word);
            translated.extend(words);
            break;
        }
        if word == "--no-version-check" && !translated.iter().any(|word| word == "deps") {
            // Only `deps` has a version to check.
            continue;
        }
        let Some(flag) = word.strip_prefix("--") else {
            if word == "-r" {
                words.next();
            } else {
                translated.push(word);
            }
            continue;
        };
        let (name, joined) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag, None),
        };
        let next = joined.or(words.peek().map(String::as_str)).map(str::to_owned);
        let takes_value = matches!(name, "log-format" | "log-level") || VALUES.contains(&name);
        match becomes(name, next.as_deref()) {
            None => {
                translated.push(word);
                continue;
            }
            Some(Becomes::Nothing | Becomes::NothingWithValue) => {}
            Some(Becomes::Words(words)) => translated.extend(words.iter().map(|word| (*word).to_owned())),
            Some(Becomes::Undo(own)) => translated.retain(|word| word.strip_prefix("--") != Some(own)),
        }
        if takes_value && joined.is_none() {
            words.next();
        }
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: &str) {
        let words = translated(line.split(' ').map(str::to_owned));
        assert_eq!(words.join(" "), expect, "{line}");
    }

    #[test]
    fn flags_of_dbt_are_translated_or_taken_away() {
        check("buhin --no-partial-parse ls --use-colors", "buhin ls --color always");
        check("buhin ls --log-format json --log-path x --select a", "buhin ls --format json --select a");
        check("buhin --log-level=none ls --log-level debug", "buhin --quiet ls");
        check("buhin run --full-refresh --no-full-refresh --fail-fast", "buhin run --fail-fast");
        check("buhin ls -r timing.txt --printer-width 80", "buhin ls");
        check("buhin ls --no-print", "buhin ls --no-print");
        check("buhin ls -- --no-partial-parse", "buhin ls -- --no-partial-parse");
    }
}

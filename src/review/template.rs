//! Templates: whether a change can hide in what this target did not render.

use regex::Regex;
use std::sync::LazyLock;

/// How two templates that render to the same differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// Not in Jinja.
    Same,
    /// In comments of Jinja, or in blanks.
    Comments,
    /// In a branch that may not have been taken, or in Jinja of which the text says nothing.
    Hidden,
}

static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)\{#.*?#\}").expect("a pattern"));
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)\{%.*?%\}|\{\{.*?\}\}").expect("a pattern"));
static CONDITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)\{%[-+]?\s*(?:if|elif)\b(.*?)[-+]?%\}").expect("a pattern"));
static BRANCHES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)\{%[-+]?\s*if\b.*\{%[-+]?\s*endif\s*[-+]?%\}").expect("a pattern"));

static CONFIG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)\{\{[-+]?\s*config\s*\(.*?\)\s*[-+]?\}\}").expect("a pattern"));
static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    let text = r#"(?:'[^'\\]*'|"[^"\\]*"|\d+)"#;
    let call = format!(r"(?:ref|source)\(\s*{text}(?:\s*,\s*(?:(?:v|version)\s*=\s*)?{text})*\s*\)");
    let value = format!(r"^\{{\{{[-+]?\s*(?:{call}|this|config\s*\(.*\))\s*[-+]?\}}\}}$");
    let branch = r"^\{%[-+]?\s*(?:if\s+(?:not\s+)?is_incremental\(\)|else|endif)\s*[-+]?%\}$";
    Regex::new(&format!("(?s){value}|{branch}")).expect("a pattern")
});

/// Compares the templates of a node whose SQL is the same on both sides, as far as it was rendered. `covers_both` says that
/// it was rendered with and without `is_incremental()`.
pub(super) fn compare(old: &str, new: &str, covers_both: bool) -> Template {
    if old == new {
        return Template::Same;
    }
    let bare = |text: &str| COMMENT.replace_all(text, " ").into_owned();
    let (old, new) = (bare(old), bare(new));
    if words(&old) == words(&new) {
        return Template::Comments;
    }
    let (was, is) = (tags(&old), tags(&new));
    let is_taken = |text: &str| {
        covers_both
            && CONDITION.captures_iter(text).all(|found| {
                let condition = words(&found[1]);
                condition == "is_incremental()" || condition == "not is_incremental()"
            })
    };
    // One span from the first `if` to the last `endif`: what is between two of them counts as well.
    let branches = |text: &str| BRANCHES.find(text).map(|found| words(found.as_str()));
    let is_seen = branches(&old) == branches(&new) || (is_taken(&old) && is_taken(&new));
    if !is_seen {
        return Template::Hidden;
    }
    // A choice within an expression is a branch, too, and so is one that a macro makes.
    if was == is || (is_taken(&old) && is_taken(&new) && choices(&was) == choices(&is)) {
        Template::Same
    } else if was.iter().chain(&is).any(|tag| is_choice(tag)) {
        Template::Hidden
    } else {
        Template::Comments
    }
}

/// The template as SQL: each piece of Jinja is a word of its own, comments of Jinja are gone.
pub(super) fn as_sql(text: &str) -> String {
    let bare = COMMENT.replace_all(text, " ");
    let word = |found: &regex::Captures<'_>| {
        let name: String = words(&found[0]).bytes().map(|byte| format!("{byte:02x}")).collect();
        format!(" __{name}__ ")
    };
    TAG.replace_all(&bare, word).into_owned()
}

/// The template without its calls of `config()`, which give no text.
pub(super) fn without_config(text: &str) -> String {
    CONFIG.replace_all(text, " ").into_owned()
}

/// True if the text that comes of a template depends on nothing but what relations are called, and on whether the part is
/// added to.
pub(super) fn is_plain(text: &str) -> bool {
    let bare = COMMENT.replace_all(text, " ");
    let rest =
        TAG.replace_all(
            &bare,
            |found: &regex::Captures<'_>| {
                if PLAIN.is_match(&found[0]) { String::new() } else { found[0].to_owned() }
            },
        );
    !rest.contains("{{") && !rest.contains("{%") && !rest.contains("{#")
}

fn tags(text: &str) -> Vec<String> {
    TAG.find_iter(text).map(|found| words(found.as_str())).collect()
}

fn choices(tags: &[String]) -> Vec<&String> {
    tags.iter().filter(|tag| is_choice(tag)).collect()
}

fn is_choice(tag: &str) -> bool {
    !CONDITION.is_match(tag) && (tag.contains(" if ") || tag.contains(" or ") || tag.contains(" and "))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::Template::{Comments, Hidden, Same};
    use super::{compare, is_plain, without_config};

    #[test]
    fn a_branch_that_was_not_taken_hides_nothing() {
        let old = "select 1 {% if target.name == 'prod' %} where a = 1 {% endif %}";
        let other = old.replace("a = 1", "a = 2");
        assert_eq!(compare(old, &other, false), Hidden);
        assert_eq!(compare(old, &format!("{old} -- x"), false), Same);
        assert_eq!(compare(old, &format!("{{# why #}}{old}"), false), Comments);
        assert_eq!(compare("{{ a if b else c }}", "{{ a if b else d }}", false), Hidden);
        assert_eq!(compare("{{ f(1) }}", "{{ g(1) }}", false), Comments);
    }

    #[test]
    fn a_plain_template_names_relations_and_asks_nothing() {
        for text in [
            "select 1",
            "{{ config(materialized='table', tags=var('t')) }} select * from {{ ref('a') }}",
            "select * from {{- source('s', \"t\") -}} {# why #} join {{ ref('p', 'b', v=2) }}",
            "{% if is_incremental() %} where 1 > (select 1 from {{ this }}) {% endif %}",
        ] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "select {{ var('x') }}",
            "select * from {{ ref('a' ~ 'b') }}",
            "select * from {{ ref(name) }}",
            "{% if target.name == 'x' %} a {% endif %}",
            "{% set ref = 1 %}",
            "{{ ref('a').schema }}",
            "{{ config(a='}}') ~ var('x') }}",
            "{{ unclosed",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        assert_eq!(without_config("{{ config(a=f('x')) }}select {{ ref('a') }}"), " select {{ ref('a') }}");
    }

    #[test]
    fn both_renderings_show_what_is_incremental() {
        let old = "select 1 {% if is_incremental() %} where a = 1 {% endif %}";
        let other = old.replace("a = 1", "a = 1 -- x");
        assert_eq!(compare(old, &other, true), Same);
        assert_eq!(compare(old, &other, false), Hidden);
    }
}

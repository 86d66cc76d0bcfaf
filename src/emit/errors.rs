//! What can go wrong when SQL is put together.

use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::source::Span;

/// A strategy that no dialect or not this one has.
pub(super) fn unknown_strategy(at: Span, part: &str, strategy: &str, known: &[&str]) -> Diagnostic {
    let known_list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!("incremental strategy `{strategy}` of `{part}` can't be used here");
    let diagnostic = Diagnostic::error(Code::BAD_CONFIG, message)
        .at(at, "this part sets `incremental_strategy`")
        .note(format!("this warehouse has {known_list}"));
    match suggest::closest(strategy, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("a strategy with a similar name exists: `{near}`")),
        None => diagnostic.help(format!("use one of {known_list}")),
    }
}

/// A config key whose value is not one of a few words.
pub(super) fn unknown_word(at: Span, key: &str, word: &str, known: &[&str]) -> Diagnostic {
    let known_list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let diagnostic = Diagnostic::error(Code::BAD_CONFIG, format!("`{key}` can't be `{word}`"))
        .at(at, format!("this sets `{key}`"))
        .note(format!("`{key}` is one of {known_list}"));
    match suggest::closest(word, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("use one of {known_list}")),
    }
}

/// A config that needs another one beside it.
pub(super) fn missing_config(at: Span, part: &str, key: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_CONFIG, format!("`{part}` needs `{key}`: {why}"))
        .at(at, format!("no `{key}` here"))
        .help(format!("add `{key}` to its config"))
}

/// Something dbt or an adapter has and buhin has not.
pub(super) fn unsupported(at: Span, part: &str, what: &str, instead: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_CONFIG, format!("{what} of `{part}` can't be built"))
        .at(at, "asked for here")
        .help(instead.to_owned())
}

/// `on_schema_change: fail`, and the columns differ.
pub(super) fn schema_changed(at: Span, part: &str, added: &[String], removed: &[String]) -> Diagnostic {
    let quoted =
        |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut diagnostic = Diagnostic::error(
        Code::SCHEMA_CHANGED,
        format!("the columns of `{part}` no longer match its table, and `on_schema_change` is `fail`"),
    )
    .at(at, "this part's columns have changed");
    if !added.is_empty() {
        diagnostic = diagnostic.note(format!("not in the table: {}", quoted(added)));
    }
    if !removed.is_empty() {
        diagnostic = diagnostic.note(format!("no longer selected: {}", quoted(removed)));
    }
    diagnostic.help(
        "set `on_schema_change` to `append_new_columns` or `sync_all_columns`, or run with `--full-refresh`",
    )
}

/// An inlined part whose SQL is no query.
pub(super) fn no_query(at: Span, part: &str, word: &str, reader: &str) -> Diagnostic {
    let message = format!("`{part}` can't be inlined into `{reader}`: a `{word}` statement is no query");
    Diagnostic::error(Code::CANNOT_INLINE, message)
        .at(at, "this statement gives no rows")
        .help("materialize it as `view` or `table`, or begin its SQL with `select`, `with` or `values`")
}

/// Two inlined parts of one name in one reader; a warning if their rows are not `read`.
pub(super) fn same_name(at: Span, reader: &str, name: &str, packages: [&str; 2], read: bool) -> Diagnostic {
    let message = format!("`{reader}` reads two inlined parts of the name `{name}`");
    let severity = if read { Diagnostic::error } else { Diagnostic::warning };
    severity(Code::CANNOT_INLINE, message)
        .at(at, "both would have the same CTE")
        .note(format!("one is in package `{}`, the other in `{}`", packages[0], packages[1]))
        .help("give one of them another `alias`, or materialize it as `view` or `table`")
}

/// B0601: a CTE with the name that stands for an inlined part.
pub(super) fn reserved_name(at: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::CANNOT_INLINE,
        format!("`{name}` is the name that an inlined part has in this statement"),
    )
    .at(at, "defined as something else here")
    .help("give this CTE another name")
}

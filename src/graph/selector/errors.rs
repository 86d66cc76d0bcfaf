//! What can go wrong with a selection.

use unicode_width::UnicodeWidthStr;

use super::spec::{Method, Place};
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};

/// A selection that can't be understood.
pub(super) fn bad(message: impl Into<String>, place: &Place) -> Diagnostic {
    placed(Diagnostic::error(Code::BAD_SELECTOR, message), place)
}

/// `tagg:nightly`.
pub(super) fn unknown_method(name: &str, place: &Place) -> Diagnostic {
    let error = bad(format!("`{name}` is not a selection method"), place);
    match closest(name, Method::NAMES.iter().copied()) {
        Some(near) => error.help(format!("a method with a similar name exists: `{near}`")),
        None => error.help(format!("the methods are {}", listed(Method::NAMES))),
    }
}

/// `resource_type:modl`.
pub(super) fn unknown_value(method: Method, value: &str, known: &[&str], place: &Place) -> Diagnostic {
    let error = bad(format!("`{value}` is not a value of `{}:`", method.name()), place);
    match closest(value, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`")),
        None => error.help(format!("the values are {}", listed(known))),
    }
}

/// A selector that is not in `selectors.yml`.
pub(super) fn unknown_selector<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str>,
    place: Option<&Place>,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let error = Diagnostic::error(Code::BAD_SELECTOR, format!("selector `{name}` is not defined"));
    let error = match place {
        Some(place) => placed(error, place),
        None => error,
    };
    match closest(name, known.iter().copied()) {
        Some(near) => error.help(format!("a selector with a similar name exists: `{near}`")),
        None if known.is_empty() => error.help("selectors are defined in `selectors.yml`, which has none"),
        None => error.help(format!("the selectors are {}", listed(&known))),
    }
}

/// Something that was asked for and isn't there.
pub(super) fn nothing(raw: &str, place: &Place) -> Diagnostic {
    let message = format!("`{raw}` selects nothing");
    placed(Diagnostic::warning(Code::NOTHING_SELECTED, message), place)
}

/// All that was asked for is there, and nothing is left of it.
pub(super) fn nothing_left(why: &str) -> Diagnostic {
    Diagnostic::warning(Code::NOTHING_SELECTED, "nothing is selected").note(why)
}

/// Names in backquotes, with commas.
pub(super) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn placed(diagnostic: Diagnostic, place: &Place) -> Diagnostic {
    match place {
        Place::Argument { flag, text, range } => {
            let before = flag.width() + 1 + text[..range.start].width();
            let marks = text[range.clone()].width().max(1);
            diagnostic.note(format!("{flag} {text}\n{}{}", " ".repeat(before), "^".repeat(marks)))
        }
        Place::File { name, span } => diagnostic.at(*span, format!("in the definition of `{name}`")),
    }
}

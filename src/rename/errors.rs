//! What keeps a rename from being made, and what it leaves alone.

use camino::Utf8Path;

use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::source::{Frame, Span};

/// B0901: a name that nothing can have.
pub fn bad_name(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_ARGUMENT, format!("nothing can be named `{name}`: {why}"))
        .help("letters, digits and `_` can stand in a name, Japanese ones too")
}

/// B0406: there is no part of this name.
pub fn nothing_to_rename<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Diagnostic {
    let found = Diagnostic::error(Code::NOTHING_SELECTED, format!("no part is named `{name}`"));
    match suggest::closest(name, known) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found.help("`buhin ls --resource-type model` lists the names of all parts"),
    }
}

/// B0406: what has this name can't be renamed.
pub(super) fn not_renamable(name: &str, what: &str) -> Diagnostic {
    let message = format!("`{name}` can't be renamed: it is {what}");
    Diagnostic::error(Code::NOTHING_SELECTED, message).help("only parts of this project can be renamed")
}

/// B1201: a use that a rename can't be sure of.
pub(super) fn unsure(message: String, span: Option<Span>, label: &str, frames: &[Frame]) -> Diagnostic {
    let found = Diagnostic::error(Code::CANNOT_RENAME, message);
    let has_place = span.is_some();
    let found = placed(found, span, label);
    if has_place { found.through(frames) } else { found }
}

/// With its place, if it has one.
fn placed(found: Diagnostic, span: Option<Span>, label: &str) -> Diagnostic {
    match span {
        Some(span) => found.at(span, label),
        None => found,
    }
}

/// B1202: the new name is taken.
pub(super) fn taken(name: &str, by: &str, span: Option<Span>) -> Diagnostic {
    let found = Diagnostic::error(Code::NAME_TAKEN, format!("the name `{name}` is taken by {by}"));
    placed(found, span, "it stands here").help("choose another name, or rename that first")
}

/// B1202: the file that a part would move to exists.
pub(super) fn file_exists(path: &Utf8Path) -> Diagnostic {
    Diagnostic::error(Code::NAME_TAKEN, format!("the file {path} exists already"))
        .help("choose another name, or move that file first")
}

/// B1203: the project would not be what it was.
pub(super) fn changes_more(message: String, span: Option<Span>) -> Diagnostic {
    let found = Diagnostic::error(Code::RENAME_CHANGES_MORE, message);
    placed(found, span, "this").help("nothing was written; mend this place first, or rename by hand")
}

/// B1204: something that the rename leaves alone.
pub(super) fn left_alone(message: String) -> Diagnostic {
    Diagnostic::warning(Code::LEFT_ALONE, message)
}

/// B1204: the project has errors of its own, so that not all of it could be compared.
pub fn partly_checked(said: &[Diagnostic]) -> Option<Diagnostic> {
    let count = said.iter().filter(|one| one.is_error()).count();
    if count == 0 {
        return None;
    }
    let errors = if count == 1 { "an error" } else { "errors" };
    let message =
        format!("the project has {errors} of its own; what can't be compiled could not be compared");
    Some(left_alone(message).help("`buhin compile` shows it"))
}

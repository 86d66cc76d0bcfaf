//! Reading files: all at once, as UTF-8, without byte order marks.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::errors;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources, Span};
use crate::world::World;

/// Reads files in parallel and adds them in the order given; `None` stands for one that can't be used.
pub(super) fn read_all(
    world: &dyn World,
    paths: &[Utf8PathBuf],
    files: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<FileId>> {
    let read: Vec<_> = paths.par_iter().with_min_len(16).map(|path| world.read(path).map(decode)).collect();
    paths
        .iter()
        .zip(read)
        .map(|(path, read)| match read {
            Ok(text) => add(path, text, files, diagnostics),
            Err(error) => {
                diagnostics.push(errors::unreadable(path, &error));
                None
            }
        })
        .collect()
}

/// Reads one file.
pub(super) fn read(
    world: &dyn World,
    path: &Utf8Path,
    files: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    match world.read(path) {
        Ok(bytes) => add(path, decode(bytes), files, diagnostics),
        Err(error) => {
            diagnostics.push(errors::unreadable(path, &error));
            None
        }
    }
}

/// Text, or what could be made of it and where the first bad byte stands.
enum Decoded {
    Good(String),
    Bad { lossy: String, at: usize, byte: u8 },
}

fn decode(bytes: Vec<u8>) -> Decoded {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Decoded::Good(text)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            Decoded::Bad { lossy: String::from_utf8_lossy(&bytes).into_owned(), at, byte: bytes[at] }
        }
    }
}

fn add(
    path: &Utf8Path,
    text: Decoded,
    files: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    match text {
        Decoded::Good(text) => Some(files.add(path, text)),
        Decoded::Bad { lossy, at, byte } => {
            let id = files.add(path, lossy);
            let span = Span::new(id, at, at + '\u{fffd}'.len_utf8());
            diagnostics.push(errors::not_utf8(path, span, byte));
            None
        }
    }
}

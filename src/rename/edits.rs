//! Splices by file, and what comes of them: files with new texts, some under new names.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use similar::TextDiff;

use crate::world::{Overlay, World};

/// Text to be put in the place of other text, by file; and files to be moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    files: BTreeMap<Utf8PathBuf, BTreeMap<(usize, usize), String>>,
    moves: BTreeMap<Utf8PathBuf, Utf8PathBuf>,
}

/// One file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path from the project's folder.
    pub from: Utf8PathBuf,
    /// Its path afterwards; the same unless it is moved.
    pub to: Utf8PathBuf,
    /// Its text.
    pub before: String,
    /// Its text afterwards.
    pub after: String,
}

impl Edits {
    /// Puts `text` in the place of some bytes of a file, counted without a byte order mark. False if they overlap with
    /// bytes that get another text.
    #[must_use]
    pub fn replace(&mut self, file: &Utf8Path, range: Range<usize>, text: impl Into<String>) -> bool {
        let (key, text) = ((range.start, range.end), text.into());
        let own = self.files.entry(file.to_owned()).or_default();
        if let Some(known) = own.get(&key) {
            return *known == text;
        }
        let overlaps = |other: &(usize, usize)| {
            other.0 < range.end && range.start < other.1 || (other.0 == range.start && other.1 == range.end)
        };
        if own.keys().any(overlaps) {
            return false;
        }
        own.insert(key, text);
        true
    }

    /// Gives a file another path.
    pub fn move_file(&mut self, from: &Utf8Path, to: &Utf8Path) {
        self.moves.insert(from.to_owned(), to.to_owned());
    }

    /// Where a file is afterwards.
    pub fn path_after<'a>(&'a self, path: &'a Utf8Path) -> &'a Utf8Path {
        self.moves.get(path).map_or(path, |to| to)
    }

    /// True if these bytes of a file get another text.
    pub fn has(&self, file: &Utf8Path, range: &Range<usize>) -> bool {
        self.files.get(file).is_some_and(|own| own.contains_key(&(range.start, range.end)))
    }

    /// True if some bytes within these get another text.
    pub fn touches(&self, file: &Utf8Path, range: &Range<usize>) -> bool {
        let within = |key: &(usize, usize)| range.start <= key.0 && key.1 <= range.end;
        self.files.get(file).is_some_and(|own| own.keys().any(within))
    }

    /// The files as they are and as they would be, by path. Fails if one can't be read.
    pub fn changes(&self, world: &dyn World) -> io::Result<Vec<FileChange>> {
        let mut paths: Vec<&Utf8PathBuf> = self.files.keys().chain(self.moves.keys()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut changes = Vec::new();
        for path in paths {
            let before = String::from_utf8(world.read(path)?).map_err(io::Error::other)?;
            let after = self.files.get(path).map_or_else(|| before.clone(), |own| spliced(&before, own));
            changes.push(FileChange {
                from: path.clone(),
                to: self.path_after(path).to_owned(),
                before,
                after,
            });
        }
        changes.retain(|change| change.from != change.to || change.before != change.after);
        Ok(changes)
    }
}

fn spliced(text: &str, edits: &BTreeMap<(usize, usize), String>) -> String {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str(mark);
    let mut at = 0;
    for ((start, end), new) in edits {
        out.push_str(&body[at..*start]);
        out.push_str(new);
        at = *end;
    }
    out.push_str(&body[at..]);
    out
}

/// A world with the changes made.
pub fn overlay<'w>(world: &'w dyn World, changes: &[FileChange]) -> Overlay<'w> {
    let gone = changes.iter().filter(|change| change.from != change.to);
    let below = gone.fold(Overlay::new(world), |world, change| world.without_file(change.from.clone()));
    changes.iter().fold(below, |world, change| world.with_file(change.to.clone(), change.after.as_str()))
}

/// The changes as `git diff` shows them, for `git apply` and `patch -p1` in the project's folder.
pub fn patch(changes: &[FileChange]) -> String {
    let mut out = String::new();
    for FileChange { from, to, before, after } in changes {
        out.push_str(&format!("diff --git a/{from} b/{to}\n"));
        if from != to {
            if before == after {
                out.push_str("similarity index 100%\n");
            }
            out.push_str(&format!("rename from {from}\nrename to {to}\n"));
        }
        if before != after {
            let diff = TextDiff::from_lines(before.as_str(), after.as_str());
            let (old, new) = (format!("a/{from}"), format!("b/{to}"));
            out.push_str(&diff.unified_diff().context_radius(3).header(&old, &new).to_string());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    #[test]
    fn splices_are_made_together_and_conflicts_are_told() {
        let world = Memory::default().with_file("a.sql", "\u{feff}select 部品 from t\r\n");
        let mut edits = Edits::default();
        let path = Utf8Path::new("a.sql");
        assert!(edits.replace(path, 7..13, "x"));
        assert!(edits.replace(path, 7..13, "x"), "twice the same is one");
        assert!(!edits.replace(path, 7..13, "y"));
        assert!(!edits.replace(path, 9..11, "y"));
        assert!(edits.replace(path, 13..13, " as y"));
        let changes = edits.changes(&world).expect("it can be read");
        assert_eq!(changes[0].after, "\u{feff}select x as y from t\r\n");
    }

    #[test]
    fn a_moved_file_is_a_rename_of_git() {
        let world = Memory::default().with_file("m/a.sql", "select 1\nfrom b");
        let mut edits = Edits::default();
        edits.move_file("m/a.sql".into(), "m/c.sql".into());
        let pure = patch(&edits.changes(&world).expect("it can be read"));
        let head = "diff --git a/m/a.sql b/m/c.sql\n";
        assert_eq!(pure, format!("{head}similarity index 100%\nrename from m/a.sql\nrename to m/c.sql\n"));
        assert!(edits.replace("m/a.sql".into(), 14..15, "d"));
        let changes = edits.changes(&world).expect("it can be read");
        let expected = "rename from m/a.sql\nrename to m/c.sql\n--- a/m/a.sql\n+++ b/m/c.sql\n@@ -1,2 +1,2 @@\n select 1\n-from b\n\\ No newline at end of file\n+from d\n\\ No newline at end of file\n";
        assert_eq!(patch(&changes), format!("{head}{expected}"));
        let after = overlay(&world, &changes);
        assert!(!after.exists("m/a.sql".into()) && after.exists("m/c.sql".into()));
        assert_eq!(after.walk("m".into()).expect("a folder"), ["m/c.sql"]);
    }
}

//! What one run leaves for the next, in a folder below the target's: given back only whole, and only to the same program.
//!
//! Nobody is told of what can't be read or written here: a cache costs time at worst.

use std::hash::Hasher as _;

use camino::Utf8PathBuf;
use rustc_hash::FxHasher;

use super::{folder, remove, write};

/// A folder of files that this program wrote for itself.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Utf8PathBuf,
    /// What another program, or another build, would have otherwise.
    program: String,
}

impl Cache {
    /// A cache in `folder`, which is made when something is kept.
    pub fn new(folder: Utf8PathBuf, program: String) -> Self {
        Self { folder, program }
    }

    /// The bytes that were kept under a name last.
    #[allow(clippy::disallowed_methods, reason = "this is behind the door")]
    pub fn recall(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(self.path(name)).ok()?;
        let length = bytes.len().checked_sub(SEAL)?;
        let (kept, seal) = bytes.split_at(length);
        if seal != self.seal(kept) {
            return None;
        }
        bytes.truncate(length);
        Some(bytes)
    }

    /// Keeps bytes under a name; of all whose names begin with the same word (`word-…`), only so many newest ones stay.
    pub fn keep(&self, name: &str, mut bytes: Vec<u8>, newest: usize) {
        let seal = self.seal(&bytes);
        bytes.extend(seal);
        self.forget_oldest(name, newest);
        // A full or read-only disk has been told of by those who had to write something.
        drop(write::replace(&self.path(name), &bytes));
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(name)
    }

    /// Makes room for one more.
    fn forget_oldest(&self, name: &str, newest: usize) {
        let word = name.split_once('-').map_or(name, |(word, _)| word);
        let is_one = |path: &Utf8PathBuf| {
            let own = path.file_name().unwrap_or_default();
            own != name && own.split_once('-').map_or(own, |(word, _)| word) == word
        };
        let files: Vec<Utf8PathBuf> = folder::by_age(&self.folder).into_iter().filter(is_one).collect();
        let too_many = (files.len() + 1).saturating_sub(newest);
        for path in files.iter().take(too_many) {
            drop(remove(path));
        }
    }

    /// Enough to tell a file that was damaged or is another program's; nobody is kept from making one that says what it
    /// likes.
    fn seal(&self, bytes: &[u8]) -> [u8; SEAL] {
        let mut hasher = FxHasher::default();
        hasher.write(self.program.as_bytes());
        hasher.write(bytes);
        hasher.write_usize(bytes.len());
        hasher.finish().to_le_bytes()
    }
}

/// Bytes of a seal.
const SEAL: usize = 8;

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "files are what is tested")]
mod tests {
    use camino::Utf8Path;

    use super::*;

    #[test]
    fn what_is_damaged_or_foreign_or_old_is_not_there() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(scratch.path()).expect("UTF-8").join("cache");
        let cache = Cache::new(folder.clone(), "one".to_owned());
        assert_eq!(cache.recall("a-1"), None);
        cache.keep("a-1", b"first".to_vec(), 2);
        assert_eq!(cache.recall("a-1").as_deref(), Some(&b"first"[..]));
        assert_eq!(Cache::new(folder.clone(), "other".to_owned()).recall("a-1"), None);

        let path = folder.join("a-1");
        let whole = std::fs::read(&path).expect("a file");
        for damaged in [&whole[..whole.len() - 1], &whole[1..], b"", &[b"x", &whole[1..]].concat()] {
            std::fs::write(&path, damaged).expect("written");
            assert_eq!(cache.recall("a-1"), None, "{damaged:?}");
        }

        for name in ["a-1", "b-1", "a-2", "a-3"] {
            cache.keep(name, name.into(), 2);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let there: Vec<bool> = ["a-1", "a-2", "a-3", "b-1"].map(|name| cache.recall(name).is_some()).into();
        assert_eq!(there, [false, true, true, true]);
    }
}

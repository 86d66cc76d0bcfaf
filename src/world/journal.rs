//! What a command wrote, noted only while somebody wants to know: where files stand, and in what state they were left.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::Stamp;

/// Files and folders that a command answers for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    written: Vec<(Utf8PathBuf, Stamp)>,
    /// Folders in which nothing stands but what was written.
    swept: Vec<Utf8PathBuf>,
    /// Something was asked or done that no journal can hold: of a warehouse, of git, of a user.
    untold: bool,
}

static JOURNAL: OnceLock<Mutex<Journal>> = OnceLock::new();

impl Journal {
    /// True if all of it is as it was left.
    pub fn holds(&self) -> bool {
        let same = |(path, stamp): &(Utf8PathBuf, Stamp)| {
            std::fs::symlink_metadata(path).is_ok_and(|meta| Stamp::by_any_name(&meta) == *stamp)
        };
        if self.untold || !self.written.par_iter().all(same) {
            return false;
        }
        let written: FxHashSet<&str> = self.written.iter().map(|(path, _)| path.as_str()).collect();
        self.swept.iter().filter(|folder| folder.exists()).all(|folder| {
            let mut found = WalkDir::new(folder).into_iter();
            found.all(|entry| {
                entry.is_ok_and(|entry| {
                    let path = entry.path().to_str();
                    entry.file_type().is_dir() || path.is_some_and(|path| written.contains(path))
                })
            })
        })
    }

    /// True if it can hold at all.
    pub fn can_hold(&self) -> bool {
        !self.untold
    }
}

/// From now on what is written is noted.
pub fn keep() {
    JOURNAL.get_or_init(Mutex::default);
}

/// What has been written.
pub fn kept() -> Option<Journal> {
    open().map(|journal| journal.clone())
}

/// Says that the command depends on something that can't be asked for again, or does something that can't be left out.
pub fn untold() {
    if let Some(mut journal) = open() {
        journal.untold = true;
    }
}

pub(super) fn is_kept() -> bool {
    JOURNAL.get().is_some()
}

/// A file was written, or had its bytes already.
pub(super) fn wrote(path: &Utf8Path, stamp: Stamp) {
    if let Some(mut journal) = open() {
        journal.written.push((path.to_owned(), stamp));
    }
}

/// A folder has nothing in it but what was written.
pub(super) fn swept(folder: &Utf8Path) {
    if let Some(mut journal) = open() {
        journal.swept.push(folder.to_owned());
    }
}

fn open() -> Option<MutexGuard<'static, Journal>> {
    JOURNAL.get().map(|journal| journal.lock().unwrap_or_else(PoisonError::into_inner))
}

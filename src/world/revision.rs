//! The project's folder as it is in a git revision, without a checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Clock, World, git};

/// A revision, seen from the project's folder.
///
/// Files that git has and that are what they were are read from the work tree, which is faster; those that differ come
/// from git. What is in no revision by its nature (installed packages, a profile beside the project, absolute paths)
/// is that of the work tree.
pub struct Revision {
    disk: Arc<dyn World>,
    files: BTreeSet<Utf8PathBuf>,
    differing: BTreeMap<Utf8PathBuf, Vec<u8>>,
    beside: Vec<Utf8PathBuf>,
}

impl Revision {
    /// The revision of the folder that `disk` shows; `beside` are folders and files that no revision has.
    ///
    /// Fails with git's words if there is no such revision, no repository or no git.
    pub fn open(disk: Arc<dyn World>, revision: &str, beside: Vec<Utf8PathBuf>) -> Result<Self, String> {
        let commit = git::resolve(disk.root(), revision)?;
        let files = git::files(disk.root(), &commit)?;
        let differing = git::differing(disk.root(), &commit, &files)?;
        Ok(Self { disk, files, differing, beside })
    }

    fn is_beside(&self, path: &Utf8Path) -> bool {
        path.is_absolute() || self.beside.iter().any(|beside| path.starts_with(beside))
    }
}

impl World for Revision {
    fn root(&self) -> &Utf8Path {
        self.disk.root()
    }

    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        let own = path.strip_prefix(self.root()).unwrap_or(path);
        if let Some(bytes) = self.differing.get(own) {
            return Ok(bytes.clone());
        }
        if self.files.contains(own) || self.is_beside(own) {
            return self.disk.read(path);
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "the revision has no such file"))
    }

    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
        if self.is_beside(folder) {
            return self.disk.walk(folder);
        }
        let from = (Bound::Included(folder.to_owned()), Bound::Unbounded);
        let below = |path: &&Utf8PathBuf| folder == "" || folder == "." || path.starts_with(folder);
        let mut files: Vec<Utf8PathBuf> = if folder == "" || folder == "." {
            self.files.iter().cloned().collect()
        } else {
            self.files.range(from).take_while(below).cloned().collect()
        };
        for beside in self.beside.iter().filter(|beside| folder == "" || beside.starts_with(folder)) {
            files.extend(self.disk.walk(beside)?);
        }
        files.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        files.dedup();
        Ok(files)
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        let own = path.strip_prefix(self.root()).unwrap_or(path);
        if self.is_beside(own) {
            return self.disk.exists(path);
        }
        self.files.contains(own)
            || self.files.range(own.to_owned()..).next().is_some_and(|file| file.starts_with(own))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.disk.env(name)
    }

    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        self.disk.env_with_prefix(prefix)
    }

    fn now(&self) -> jiff::Timestamp {
        self.disk.now()
    }

    fn clock(&self) -> Clock {
        self.disk.clock()
    }
}

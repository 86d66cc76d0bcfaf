//! A world with a few files more, or other texts for them: unsaved text of an editor, a query of the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Clock, World};

/// Another world with files laid over it.
pub struct Overlay<'w> {
    below: &'w dyn World,
    files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    gone: BTreeSet<Utf8PathBuf>,
}

impl<'w> Overlay<'w> {
    /// `below`, seen through nothing yet.
    pub fn new(below: &'w dyn World) -> Self {
        Self { below, files: BTreeMap::new(), gone: BTreeSet::new() }
    }

    /// Lays a file over it; the path is relative to the project's folder.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<Utf8PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        let path = path.into();
        self.gone.remove(&path);
        self.files.insert(path, bytes.into());
        self
    }

    /// Takes a file away; the path is relative to the project's folder.
    #[must_use]
    pub fn without_file(mut self, path: impl Into<Utf8PathBuf>) -> Self {
        let path = path.into();
        self.files.remove(&path);
        self.gone.insert(path);
        self
    }
}

impl World for Overlay<'_> {
    fn root(&self) -> &Utf8Path {
        self.below.root()
    }

    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None if self.gone.contains(path) => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
            None => self.below.read(path),
        }
    }

    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
        let mut files = self.below.walk(folder)?;
        files.retain(|path| !self.gone.contains(path));
        files.extend(self.files.keys().filter(|path| folder == "" || path.starts_with(folder)).cloned());
        files.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        files.dedup();
        Ok(files)
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        self.files.keys().any(|file| file.starts_with(path))
            || (!self.gone.contains(path) && self.below.exists(path))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.below.env(name)
    }

    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        self.below.env_with_prefix(prefix)
    }

    fn now(&self) -> jiff::Timestamp {
        self.below.now()
    }

    fn clock(&self) -> Clock {
        self.below.clock()
    }
}

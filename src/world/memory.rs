//! A world in memory, for tests and for text that is not saved yet.

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Cache, World};

/// Files and environment given as values.
#[derive(Clone, Debug)]
pub struct Memory {
    root: Utf8PathBuf,
    files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    env: BTreeMap<String, String>,
    now: jiff::Timestamp,
    cache: Option<Cache>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            root: Utf8PathBuf::from("/project"),
            files: BTreeMap::new(),
            env: BTreeMap::new(),
            now: jiff::Timestamp::from_second(1_768_478_400).expect("2026-01-15T12:00:00Z is a valid time"),
            cache: None,
        }
    }
}

impl Memory {
    /// Adds or replaces a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<Utf8PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    /// Sets the start of the run.
    #[must_use]
    pub fn with_now(self, now: jiff::Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Gives a place for what one run leaves for the next.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }
}

impl World for Memory {
    fn root(&self) -> &Utf8Path {
        &self.root
    }

    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
        Ok(self.files.keys().filter(|path| folder == "" || path.starts_with(folder)).cloned().collect())
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        self.files.keys().any(|file| file.starts_with(path))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        let found = self.env.iter().filter(|(name, _)| name.starts_with(prefix));
        found.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn now(&self) -> jiff::Timestamp {
        self.now
    }

    fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }
}

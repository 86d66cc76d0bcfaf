//! The real disk, environment and clock.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use super::{Cache, World};

/// A project's folder on disk.
#[derive(Clone, Debug)]
pub struct Disk {
    root: Utf8PathBuf,
    now: jiff::Timestamp,
    cache: Option<Cache>,
}

impl Disk {
    /// The world of a project at `root`. `BUHIN_RUN_STARTED_AT` (RFC 3339) fixes the clock.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        let root = root.into();
        let root = root.canonicalize_utf8().unwrap_or(root);
        let fixed = environment("BUHIN_RUN_STARTED_AT").and_then(|text| text.parse().ok());
        Self { root, now: fixed.unwrap_or_else(jiff::Timestamp::now), cache: None }
    }

    /// The same with a place for what one run leaves for the next.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }
}

impl World for Disk {
    fn root(&self) -> &Utf8Path {
        &self.root
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        std::fs::read(self.root.join(path))
    }

    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
        let start = self.root.join(folder);
        if !start.exists() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for entry in WalkDir::new(&start).follow_links(true) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.loop_ancestor().is_some() => continue,
                // A link that leads nowhere is a file that can't be read, no reason to give up on its folder.
                Err(error) if error.path().is_some_and(std::path::Path::is_symlink) => {
                    if let Some(path) = error.path().and_then(Utf8Path::from_path) {
                        files.push(path.strip_prefix(&self.root).unwrap_or(path).to_owned());
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if !entry.file_type().is_file() {
                continue;
            }
            // A name that is not UTF-8 can't be shown or referred to; it is none of the project's files.
            let Some(path) = Utf8Path::from_path(entry.path()) else { continue };
            files.push(path.strip_prefix(&self.root).unwrap_or(path).to_owned());
        }
        files.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(files)
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        self.root.join(path).exists()
    }

    fn env(&self, name: &str) -> Option<String> {
        environment(name)
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        let all = std::env::vars_os()
            .filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        let mut found: Vec<(String, String)> = all.filter(|(name, _)| name.starts_with(prefix)).collect();
        found.sort();
        found
    }

    fn now(&self) -> jiff::Timestamp {
        self.now
    }

    fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the door")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

//! The one door to the outside: files, environment, clock. Stages see nothing else.

mod cache;
mod disk;
pub mod folder;
pub mod git;
pub mod journal;
mod memory;
mod overlay;
mod revision;
pub mod timing;
mod trail;
mod write;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

pub use cache::Cache;
pub use disk::Disk;
pub use journal::Journal;
pub use memory::Memory;
pub use overlay::Overlay;
pub use revision::Revision;
pub(crate) use trail::may_be_secret;
pub use trail::{Stamp, Traced, Trail};
pub use write::{
    Written, remove, remove_stale, share, write_atomic, write_if_changed, write_new_folder, write_stream,
};

/// What a compilation can see of the outside.
///
/// Paths are relative to the project's folder, with `/`; an absolute path may be asked for where the user
/// named one (`--profiles-dir`).
pub trait World: Send + Sync {
    /// The project's folder, for messages and for the database's path; not for reading around this trait.
    fn root(&self) -> &Utf8Path;

    /// The bytes of a file.
    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>>;

    /// All files below a folder, as paths like the one given, sorted by bytes; empty if there is no such folder.
    /// Links that lead in a circle are passed over.
    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>>;

    /// True if a file or folder of this path exists.
    fn exists(&self, path: &Utf8Path) -> bool;

    /// A variable of the environment.
    fn env(&self, name: &str) -> Option<String>;

    /// The values of all variables whose names start with `prefix`, by name; for hiding secrets.
    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)>;

    /// The time of the run's start; the same at each call.
    fn now(&self) -> jiff::Timestamp;

    /// The same to be taken along, for those who may never look at it.
    fn clock(&self) -> Clock {
        Clock::at(self.now())
    }

    /// Where one run leaves things for the next, if anywhere. Nothing that is found there may change a result.
    fn cache(&self) -> Option<&Cache> {
        None
    }
}

/// The start of a run, and whether anybody asked for it.
#[derive(Clone, Debug)]
pub struct Clock {
    now: jiff::Timestamp,
    asked: Arc<AtomicBool>,
}

impl Clock {
    /// A clock that stands at this moment.
    pub fn at(now: jiff::Timestamp) -> Self {
        Self { now, asked: Arc::default() }
    }

    /// The moment.
    pub fn now(&self) -> jiff::Timestamp {
        self.asked.store(true, Ordering::Relaxed);
        self.now
    }

    /// True if both stand at the same moment; that is not asking for it.
    pub fn stands_with(&self, other: &Self) -> bool {
        self.now == other.now
    }

    /// True if somebody asked this one, or one that was cloned from it.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Whatever stands behind it.
impl World for Arc<dyn World> {
    fn root(&self) -> &Utf8Path {
        (**self).root()
    }

    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        (**self).read(path)
    }

    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
        (**self).walk(folder)
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        (**self).exists(path)
    }

    fn env(&self, name: &str) -> Option<String> {
        (**self).env(name)
    }

    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        (**self).env_with_prefix(prefix)
    }

    fn now(&self) -> jiff::Timestamp {
        (**self).now()
    }

    fn clock(&self) -> Clock {
        (**self).clock()
    }

    fn cache(&self) -> Option<&Cache> {
        (**self).cache()
    }
}

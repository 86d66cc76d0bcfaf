//! What a command asked of the world and what it was told, so that the next one can see whether anything is different.
//!
//! A file is the same if its length, times and number are, as git has it; one that changed shortly before it was read
//! could change again within the same tick of the clock, so its bytes are compared. Whatever is not known for sure counts
//! as different.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Cache, Clock, Disk, World};

/// Times of files are this coarse on some disks (FAT).
const TICK: Duration = Duration::from_secs(2);

/// What tells one state of a file from another, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 4]", into = "[u64; 4]")]
pub struct Stamp {
    length: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    /// The same, of the file's own data on disk: its name, owner, rights; 0 where the system has none.
    changed: u64,
    /// The number of the file on its disk; 0 where the system has none.
    number: u64,
}

impl From<[u64; 4]> for Stamp {
    fn from([length, modified, changed, number]: [u64; 4]) -> Self {
        Self { length, modified, changed, number }
    }
}

impl From<Stamp> for [u64; 4] {
    fn from(Stamp { length, modified, changed, number }: Stamp) -> Self {
        [length, modified, changed, number]
    }
}

impl Stamp {
    /// The stamp of a file with this metadata.
    pub fn of(meta: &Metadata) -> Self {
        let since_1970 = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let modified = meta.modified().map(since_1970).unwrap_or_default().as_nanos() as u64;
        #[cfg(unix)]
        let (changed, number) = {
            use std::os::unix::fs::MetadataExt as _;
            let nanoseconds = meta.ctime().unsigned_abs() * 1_000_000_000 + meta.ctime_nsec().unsigned_abs();
            (nanoseconds, meta.ino())
        };
        #[cfg(not(unix))]
        let (changed, number) = (0, 0);
        Self { length: meta.len(), modified, changed, number }
    }

    /// The same without what a new name changes, for files that are written aside and moved.
    pub fn by_any_name(meta: &Metadata) -> Self {
        Self { changed: 0, ..Self::of(meta) }
    }

    /// True if the file could change again and still look like this.
    fn is_fresh(&self, now: SystemTime) -> bool {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let last = Duration::from_nanos(self.modified.max(self.changed));
        now.saturating_sub(last) < TICK
    }
}

/// A file as it was before it was read, and the SHA-256 of its bytes if the stamp alone does not tell; `None` if it could
/// not be read.
type Read = Option<(Stamp, Option<String>)>;

/// Questions and answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// By path, as text: paths are compared by their parts, which takes long.
    read: BTreeMap<String, Read>,
    /// The digest of what stands below a folder; `None` if that can't be told.
    walked: BTreeMap<String, Option<String>>,
    exists: BTreeMap<String, bool>,
    env: BTreeMap<String, Option<String>>,
    prefixes: BTreeMap<String, String>,
    /// The start of the run, if anything depended on it.
    now: Option<String>,
    /// Something was asked that can't be asked again: a secret, or two different answers to one question.
    untold: bool,
}

impl Trail {
    /// True if the world would say the same again.
    pub fn holds(&self, world: &Disk) -> bool {
        !self.untold
            && self.now.as_ref().is_none_or(|now| world.now().to_string() == *now)
            && self.env.iter().all(|(name, value)| world.env(name).as_deref().map(digest_of) == *value)
            && self
                .prefixes
                .iter()
                .all(|(prefix, all)| digest_of_pairs(&world.env_with_prefix(prefix)) == *all)
            && self.exists.par_iter().all(|(path, there)| world.exists(path.as_ref()) == *there)
            && self.walked.par_iter().all(|(path, all)| all.is_some() && walked(world, path.as_ref()) == *all)
            && self.read.par_iter().all(|(path, read)| same_file(world, path.as_ref(), read))
    }

    /// True if it can hold at all.
    pub fn can_hold(&self) -> bool {
        !self.untold
    }
}

#[allow(clippy::disallowed_methods, reason = "this is behind the door")]
fn same_file(world: &Disk, path: &Utf8Path, read: &Read) -> bool {
    let path = world.root().join(path);
    match (read, std::fs::metadata(&path)) {
        (None, _) => std::fs::read(&path).is_err(),
        (Some(_), Err(_)) => false,
        (Some((stamp, None)), Ok(meta)) => Stamp::of(&meta) == *stamp,
        (Some((stamp, Some(digest))), Ok(meta)) => {
            meta.len() == stamp.length && std::fs::read(&path).is_ok_and(|bytes| digest_of(&bytes) == *digest)
        }
    }
}

fn walked(world: &Disk, folder: &Utf8Path) -> Option<String> {
    world.walk(folder).ok().map(|found| digest_of_paths(&found))
}

fn digest_of_paths(paths: &[Utf8PathBuf]) -> String {
    let mut hasher = Sha256::new();
    for path in paths {
        hasher.update(path.as_str());
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

fn digest_of(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

fn digest_of_pairs(pairs: &[(String, String)]) -> String {
    let mut hasher = Sha256::new();
    for part in pairs.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A world on disk that keeps a [`Trail`] of what is asked of it.
#[derive(Debug)]
pub struct Traced {
    disk: Disk,
    trail: Arc<Mutex<Trail>>,
    clock: Clock,
}

impl Traced {
    /// The disk, and nothing asked yet.
    pub fn new(disk: Disk) -> Self {
        let clock = disk.clock();
        Self { disk, trail: Arc::default(), clock }
    }

    /// What has been asked so far.
    pub fn trail(&self) -> Trail {
        let mut trail = self.note().clone();
        trail.now = self.clock.was_asked().then(|| self.disk.now().to_string());
        trail
    }

    fn note(&self) -> MutexGuard<'_, Trail> {
        self.trail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes an answer; two different ones to the same question leave nothing to rely on.
fn put<K: Ord, V: PartialEq>(answers: &mut BTreeMap<K, V>, untold: &mut bool, question: K, answer: V) {
    match answers.get(&question) {
        Some(before) if *before != answer => *untold = true,
        _ => drop(answers.insert(question, answer)),
    }
}

impl World for Traced {
    fn root(&self) -> &Utf8Path {
        self.disk.root()
    }

    fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        // Stamped through the handle that is read, before anything is.
        let opened = std::fs::File::open(self.disk.root().join(path));
        let stamped = opened.and_then(|file| Ok((file.metadata()?, file)));
        let result = stamped.and_then(|(meta, mut file)| {
            let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or_default());
            file.read_to_end(&mut bytes)?;
            Ok((Stamp::of(&meta), bytes))
        });
        let read: Read = match &result {
            Ok((stamp, bytes)) => {
                let stamp = *stamp;
                // Not the run's start: a run may take longer than a tick.
                #[allow(clippy::disallowed_methods, reason = "no result depends on it")]
                let is_fresh = stamp.is_fresh(SystemTime::now());
                Some((stamp, is_fresh.then(|| digest_of(bytes))))
            }
            Err(_) => None,
        };
        let result = result.map(|(_, bytes)| bytes);
        let mut trail = self.note();
        let Trail { read: answers, untold, .. } = &mut *trail;
        match (answers.get(path.as_str()), &read) {
            // Read again, and the same; the digest of the first time is kept.
            (Some(Some((before, _))), Some((stamp, _))) if before == stamp => {}
            _ => put(answers, untold, path.to_string(), read),
        }
        result
    }

    fn walk(&self, folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
        let result = self.disk.walk(folder);
        let digest = result.as_ref().ok().map(|found| digest_of_paths(found));
        let mut trail = self.note();
        let Trail { walked: answers, untold, .. } = &mut *trail;
        put(answers, untold, folder.to_string(), digest);
        result
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        let there = self.disk.exists(path);
        let mut trail = self.note();
        let Trail { exists: answers, untold, .. } = &mut *trail;
        put(answers, untold, path.to_string(), there);
        there
    }

    fn env(&self, name: &str) -> Option<String> {
        let value = self.disk.env(name);
        let mut trail = self.note();
        let Trail { env: answers, untold, .. } = &mut *trail;
        // Even the digest of a password tells something of it.
        *untold |= value.is_some() && may_be_secret(name);
        put(answers, untold, name.to_owned(), value.as_deref().map(digest_of));
        value
    }

    fn env_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        let all = self.disk.env_with_prefix(prefix);
        let mut trail = self.note();
        let Trail { prefixes: answers, untold, .. } = &mut *trail;
        *untold |= all.iter().any(|(name, _)| may_be_secret(name));
        put(answers, untold, prefix.to_owned(), digest_of_pairs(&all));
        all
    }

    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// What is found there is no answer: it only says again what the other answers lead to.
    fn cache(&self) -> Option<&Cache> {
        self.disk.cache()
    }
}

/// True for the name of a variable that may hold a password or the like.
pub(crate) fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "PASS", "PWD", "TOKEN", "KEY", "CREDENTIAL"].iter().any(|word| name.contains(word))
}

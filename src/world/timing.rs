//! How long things take: spans, noted only while somebody wants to know (`--timings`). No result depends on them.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// One span that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Took {
    /// What was done: a stage, or a step of one.
    pub what: &'static str,
    /// What it was done to: a node, if it was one of many.
    pub to: Option<String>,
    /// The thread, counted from 0 in the order in which threads noted something first.
    pub thread: u32,
    /// How many spans of the same thread it stands in.
    pub depth: u32,
    /// From the moment of [`note`] to its start.
    pub start: Duration,
    /// On the clock.
    pub wall: Duration,
    /// CPU time of the whole process, all threads; `None` for one of many, and where the system doesn't tell.
    pub cpu: Option<Duration>,
    /// What the process held in memory at its end, in bytes; `None` as for `cpu`.
    pub memory: Option<u64>,
}

/// A span that lasts until it is dropped.
#[derive(Debug)]
#[must_use = "a span that is dropped at once took no time"]
pub struct Span(Option<Open>);

#[derive(Debug)]
struct Open {
    what: &'static str,
    to: Option<String>,
    start: Instant,
    cpu: Option<Duration>,
}

struct Notes {
    began: Instant,
    took: Mutex<Vec<Took>>,
}

static NOTES: OnceLock<Notes> = OnceLock::new();
static THREADS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static THREAD: u32 = THREADS.fetch_add(1, Ordering::Relaxed);
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// From now on spans are noted, until the process ends.
pub fn note() {
    NOTES.get_or_init(|| Notes { began: Instant::now(), took: Mutex::default() });
}

/// A stage, or a step of one, with its CPU time.
pub fn stage(what: &'static str) -> Span {
    open(what, || None, true)
}

/// One of many, which may be worked on by several threads at once; `to` is only asked if spans are noted.
pub fn one<T: Into<String>>(what: &'static str, to: impl FnOnce() -> T) -> Span {
    open(what, || Some(to().into()), false)
}

/// What has been noted, in the order of starts.
pub fn took() -> Vec<Took> {
    let Some(notes) = NOTES.get() else { return Vec::new() };
    let mut took = notes.took.lock().unwrap_or_else(PoisonError::into_inner).clone();
    took.sort_by_key(|it| (it.start, it.depth));
    took
}

/// Time since [`note`], and CPU time of the process; `None` if nothing is noted.
pub fn total() -> Option<(Duration, Option<Duration>)> {
    NOTES.get().map(|notes| (notes.began.elapsed(), cpu()))
}

fn open(what: &'static str, to: impl FnOnce() -> Option<String>, with_cpu: bool) -> Span {
    if NOTES.get().is_none() {
        return Span(None);
    }
    DEPTH.set(DEPTH.get() + 1);
    let cpu = if with_cpu { cpu() } else { None };
    Span(Some(Open { what, to: to(), start: Instant::now(), cpu }))
}

impl Drop for Span {
    fn drop(&mut self) {
        let (Some(open), Some(notes)) = (self.0.take(), NOTES.get()) else { return };
        let wall = open.start.elapsed();
        let cpu = open.cpu.and_then(|before| cpu()?.checked_sub(before));
        let depth = DEPTH.get().saturating_sub(1);
        DEPTH.set(depth);
        let Open { what, to, start, .. } = open;
        let start = start.saturating_duration_since(notes.began);
        let memory = if to.is_none() { memory() } else { None };
        let took = Took { what, to, thread: THREAD.with(|id| *id), depth, start, wall, cpu, memory };
        notes.took.lock().unwrap_or_else(PoisonError::into_inner).push(took);
    }
}

/// What the process holds in memory now, in bytes; only Linux tells.
#[allow(clippy::disallowed_methods, reason = "the system's word on this process, not a file")]
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// CPU time of the process so far, all threads.
#[cfg(unix)]
fn cpu() -> Option<Duration> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(now).ok()
}

#[cfg(not(unix))]
fn cpu() -> Option<Duration> {
    None
}

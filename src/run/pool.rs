//! Threads that take nodes as they become ready, and pass over what stands below a failure.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::schedule::Schedule;

/// How a node ended, for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The nodes below may go on.
    Good,
    /// The nodes below are skipped.
    Bad,
}

/// What a thread is given to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Run the node at this place of the schedule.
    Run(usize),
    /// Skip it, because of the node at the other place.
    Skip(usize, Cause),
}

/// Why a node is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The node at this place failed; it need not be a direct parent.
    Failure(usize),
    /// The run was stopped by `--fail-fast`.
    Stopped,
}

/// The state that the threads share.
pub(super) struct Pool<'a> {
    schedule: &'a Schedule,
    state: Mutex<State>,
    changed: Condvar,
    fail_fast: bool,
}

struct State {
    missing: Vec<usize>,
    cause: Vec<Option<usize>>,
    ready: BTreeSet<usize>,
    left: usize,
    stopped: bool,
}

impl<'a> Pool<'a> {
    pub(super) fn new(schedule: &'a Schedule, fail_fast: bool) -> Self {
        let missing: Vec<usize> = schedule.waits_for.iter().map(Vec::len).collect();
        let ready = (0..missing.len()).filter(|at| missing[*at] == 0).collect();
        let state =
            State { left: missing.len(), cause: vec![None; missing.len()], missing, ready, stopped: false };
        Self { schedule, state: Mutex::new(state), changed: Condvar::new(), fail_fast }
    }

    /// The next task, waiting for one if need be; `None` when all is done.
    pub(super) fn take(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if let Some(at) = state.ready.pop_first() {
                return Some(match state.cause[at] {
                    Some(cause) => Task::Skip(at, Cause::Failure(cause)),
                    None if state.stopped => Task::Skip(at, Cause::Stopped),
                    None => Task::Run(at),
                });
            }
            if state.left == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The task is done.
    pub(super) fn finish(&self, task: Task, outcome: Outcome) {
        let mut state = self.lock();
        let (at, cause) = match task {
            Task::Run(at) => (at, (outcome == Outcome::Bad).then_some(at)),
            Task::Skip(at, Cause::Failure(cause)) => (at, Some(cause)),
            Task::Skip(at, Cause::Stopped) => (at, None),
        };
        state.left -= 1;
        state.stopped |= self.fail_fast && outcome == Outcome::Bad;
        for next in &self.schedule.holds[at] {
            state.missing[*next] -= 1;
            if state.cause[*next].is_none() {
                state.cause[*next] = cause;
            }
            if state.missing[*next] == 0 {
                state.ready.insert(*next);
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::NodeId;

    /// `a→b→c`, `a→d`.
    fn diamond() -> Schedule {
        Schedule {
            nodes: (0..4).map(NodeId).collect(),
            waits_for: vec![vec![], vec![0], vec![1], vec![0]],
            holds: vec![vec![1, 3], vec![2], vec![], vec![]],
        }
    }

    #[test]
    fn what_is_below_a_failure_is_skipped_with_its_cause() {
        let schedule = diamond();
        let pool = Pool::new(&schedule, false);
        let mut seen = Vec::new();
        while let Some(task) = pool.take() {
            seen.push(task);
            let bad = matches!(task, Task::Run(1));
            pool.finish(task, if bad { Outcome::Bad } else { Outcome::Good });
        }
        assert_eq!(seen, [Task::Run(0), Task::Run(1), Task::Skip(2, Cause::Failure(1)), Task::Run(3)]);
    }

    #[test]
    fn fail_fast_starts_nothing_more() {
        let schedule = diamond();
        let pool = Pool::new(&schedule, true);
        let mut seen = Vec::new();
        while let Some(task) = pool.take() {
            seen.push(task);
            pool.finish(task, if matches!(task, Task::Run(1)) { Outcome::Bad } else { Outcome::Good });
        }
        assert_eq!(seen[3], Task::Skip(3, Cause::Stopped));
    }

    #[test]
    fn nothing_begins_before_what_it_waits_for_has_ended() {
        let width = 40;
        let waits_for: Vec<Vec<usize>> =
            (0..width).map(|at: usize| if at < 4 { vec![] } else { vec![at - 4, at - 3] }).collect();
        let mut holds = vec![Vec::new(); width];
        for (at, waits) in waits_for.iter().enumerate() {
            for before in waits {
                holds[*before].push(at);
            }
        }
        let schedule = Schedule { nodes: (0..width as u32).map(NodeId).collect(), waits_for, holds };
        let pool = Pool::new(&schedule, false);
        let done = Mutex::new(BTreeSet::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(task) = pool.take() {
                        let Task::Run(at) = task else { panic!("nothing fails") };
                        let ready =
                            schedule.waits_for[at].iter().all(|before| done.lock().unwrap().contains(before));
                        assert!(ready, "{at} began too early");
                        done.lock().unwrap().insert(at);
                        pool.finish(task, Outcome::Good);
                    }
                });
            }
        });
        assert_eq!(done.lock().unwrap().len(), width);
    }
}

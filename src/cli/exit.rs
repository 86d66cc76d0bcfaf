//! Exit codes.

/// What the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// Nothing wrong.
    Clean,
    /// Problems in the user's project or data: a diagnostic of severity error, a failing part or test.
    Problems,
    /// The work could not be done: no project, no database, a wrong argument, a full disk.
    Failure,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(match code {
            ExitCode::Clean => 0,
            ExitCode::Problems => 1,
            ExitCode::Failure => 2,
        })
    }
}

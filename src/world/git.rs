//! Files of a git revision, by the `git` of the machine.

use std::process::Command;

use camino::Utf8Path;

/// The bytes of a file as it is in a revision; `None` if the revision has no such file.
///
/// `path` is relative to `root`, a folder of the work tree. Fails with git's words if there is no such revision, no
/// repository or no git.
pub fn read(root: &Utf8Path, revision: &str, path: &Utf8Path) -> Result<Option<Vec<u8>>, String> {
    if revision.starts_with('-') {
        return Err("a revision does not begin with `-`".to_owned());
    }
    let git = |args: &[&str]| {
        let done = Command::new("git").arg("-C").arg(root).args(args).output();
        done.map_err(|error| format!("git can't be run: {error}"))
    };
    let known = git(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
    if !known.status.success() {
        return Err(match String::from_utf8_lossy(&known.stderr).trim() {
            "" => format!("git knows no revision `{revision}`"),
            words => words.to_owned(),
        });
    }
    let shown = git(&["show", &format!("{revision}:./{path}")])?;
    Ok(shown.status.success().then_some(shown.stdout))
}

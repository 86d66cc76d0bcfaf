//! Files of a git revision, by the `git` of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::journal;

/// Branches that changes are merged into, in the order in which they are looked for.
const MAIN: &[&str] = &["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// The bytes of a file as it is in a revision; `None` if the revision has no such file.
///
/// `path` is relative to `root`, a folder of the work tree. Fails with git's words if there is no such revision, no
/// repository or no git.
pub fn read(root: &Utf8Path, revision: &str, path: &Utf8Path) -> Result<Option<Vec<u8>>, String> {
    resolve(root, revision)?;
    let shown = git(root, &["show", &format!("{revision}:./{path}")])?;
    Ok(shown.status.success().then_some(shown.stdout))
}

/// The commit of a revision.
pub fn resolve(root: &Utf8Path, revision: &str) -> Result<String, String> {
    if revision.starts_with('-') {
        return Err("a revision does not begin with `-`".to_owned());
    }
    let known = git(root, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
    if known.status.success() {
        return Ok(text(&known));
    }
    Err(match String::from_utf8_lossy(&known.stderr).trim() {
        "" => format!("git knows no revision `{revision}`"),
        words => words.to_owned(),
    })
}

/// The commit that the work tree's branch and the main branch have in common, and the main branch's name.
pub fn merge_base(root: &Utf8Path) -> Result<(String, &'static str), String> {
    // Says what is wrong where there is no repository, or no commit in it.
    resolve(root, "HEAD")?;
    let main = MAIN.iter().find(|name| resolve(root, name).is_ok());
    let main = *main.ok_or_else(|| format!("none of {} is known here", MAIN.join(", ")))?;
    let base = git(root, &["merge-base", "HEAD", main])?;
    if base.status.success() {
        Ok((text(&base), main))
    } else {
        Err(format!("git finds no commit that HEAD and `{main}` share"))
    }
}

/// The paths of all files of a commit below `root`, relative to it.
pub(super) fn files(root: &Utf8Path, commit: &str) -> Result<BTreeSet<Utf8PathBuf>, String> {
    let listed = succeeded(git(root, &["ls-tree", "-r", "-z", "--name-only", commit, "--", "."])?)?;
    Ok(paths(&listed).collect())
}

/// The bytes of those files of a commit that the work tree has otherwise, or no more.
pub(super) fn differing(
    root: &Utf8Path,
    commit: &str,
    files: &BTreeSet<Utf8PathBuf>,
) -> Result<BTreeMap<Utf8PathBuf, Vec<u8>>, String> {
    let options =
        ["diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", commit, "--", "."];
    let listed = succeeded(git(root, &options)?)?;
    let wanted: Vec<Utf8PathBuf> = paths(&listed).filter(|path| files.contains(path)).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut command = command(root);
    command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("git can't be run: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("git takes no input")?;
    let asked: String = wanted.iter().map(|path| format!("{commit}:./{path}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
    let done = child.wait_with_output().map_err(|error| format!("git can't be run: {error}"))?;
    drop(writer.join());
    let mut rest = done.stdout.as_slice();
    let mut found = BTreeMap::new();
    for path in wanted {
        // `<hash> blob <size>`, the bytes, and an end of line; `<name> missing` for what can't be had.
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or("git's answer ends too early")?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let Some(size) = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()) else {
            continue;
        };
        if rest.len() <= size {
            return Err("git's answer ends too early".to_owned());
        }
        found.insert(path, rest[..size].to_vec());
        rest = &rest[size + 1..];
    }
    Ok(found)
}

fn paths(listed: &[u8]) -> impl Iterator<Item = Utf8PathBuf> + '_ {
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.filter_map(|name| std::str::from_utf8(name).ok().map(Utf8PathBuf::from))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn succeeded(output: Output) -> Result<Vec<u8>, String> {
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

fn command(root: &Utf8Path) -> Command {
    // Its answers are not the world's.
    journal::untold();
    let mut command = Command::new("git");
    // It only reads; another process of the user may hold the index.
    command.arg("--no-optional-locks").arg("-C").arg(root);
    command
}

fn git(root: &Utf8Path, args: &[&str]) -> Result<Output, String> {
    command(root).args(args).output().map_err(|error| format!("git can't be run: {error}"))
}

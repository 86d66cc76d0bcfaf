//! Fetching from git repositories with the `git` of the machine, its settings and its credentials.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::errors;
use super::secrets::Secrets;
use super::spec::GitOrigin;
use crate::diagnostic::Diagnostic;
use crate::world::folder;

/// A revision on disk.
#[derive(Clone, Debug)]
pub(super) struct Checkout {
    /// The package's folder.
    pub folder: Utf8PathBuf,
    /// The whole hash of the commit.
    pub commit: String,
}

/// Fetches one revision of a repository into a new folder; its history stays where it is.
pub(super) fn checkout(
    origin: &GitOrigin,
    root: &Utf8Path,
    into: &Utf8Path,
    secrets: &Secrets,
) -> Result<Checkout, Diagnostic> {
    let git = Git { origin, root, into, secrets };
    folder::make_folder(into).map_err(|error| errors::write_failed(into, &error))?;
    git.run(&["init", "--quiet"]).map_err(|failed| git.problem(&failed))?;
    let revision = origin.revision.as_deref().unwrap_or("HEAD");
    git.fetch(revision)?;
    let commit = git.run(&["rev-parse", "HEAD"]).map_err(|failed| git.problem(&failed))?;
    let folder = match &origin.subdirectory {
        None => into.to_owned(),
        Some(subdirectory) => {
            let folder = into.join(subdirectory);
            // A link in the repository could lead anywhere.
            let real = folder::real_path(&folder).ok().zip(folder::real_path(into).ok());
            if real.is_none_or(|(real, top)| !real.starts_with(top)) {
                return Err(errors::no_subdirectory(&secrets.hide(&origin.shown), subdirectory));
            }
            folder
        }
    };
    folder::remove_folder(&into.join(".git")).map_err(|error| errors::write_failed(into, &error))?;
    Ok(Checkout { folder, commit: commit.trim().to_owned() })
}

/// True for a whole hash of a commit.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

struct Git<'g> {
    origin: &'g GitOrigin,
    root: &'g Utf8Path,
    into: &'g Utf8Path,
    secrets: &'g Secrets,
}

/// Why git did not do it.
enum Failed {
    /// There is no git.
    Missing(std::io::Error),
    /// Its own words.
    Said(String),
}

impl Git<'_> {
    /// Fetches a tag, a branch or a commit, in this order, and checks it out.
    fn fetch(&self, revision: &str) -> Result<(), Diagnostic> {
        let names = if revision == "HEAD" || is_commit(revision) {
            vec![revision.to_owned()]
        } else {
            vec![format!("refs/tags/{revision}"), format!("refs/heads/{revision}"), revision.to_owned()]
        };
        let url = self.address();
        let mut last = None;
        for name in &names {
            match self.run(&["fetch", "--quiet", "--no-tags", "--depth", "1", "--", &url, name]) {
                Ok(_) => return self.reset("FETCH_HEAD"),
                Err(Failed::Said(said)) if no_such_name(&said) => last = Some(said),
                Err(failed) => return Err(self.problem(&failed)),
            }
        }
        // A part of a hash, or a server that does not give out single commits: then all of it is needed.
        if revision.len() >= 4 && revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let all = ["fetch", "--quiet", "--tags", "--", &url, "+refs/heads/*:refs/remotes/origin/*"];
            self.run(&all).map_err(|failed| self.problem(&failed))?;
            let commit = format!("{revision}^{{commit}}");
            if self.run(&["rev-parse", "--verify", "--quiet", &commit]).is_ok() {
                return self.reset(&commit);
            }
        }
        let said = last.map(|said| self.first_line(&said)).unwrap_or_default();
        Err(errors::no_revision(&self.shown(), revision, &said))
    }

    fn reset(&self, to: &str) -> Result<(), Diagnostic> {
        self.run(&["reset", "--quiet", "--hard", to]).map(drop).map_err(|failed| self.problem(&failed))
    }

    /// A path to a repository is meant from the project's folder.
    fn address(&self) -> String {
        let url = &self.origin.url;
        let is_path = !url.contains(':') && (url.starts_with('.') || folder::is_folder(&self.root.join(url)));
        if is_path { self.root.join(url).to_string() } else { url.clone() }
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Failed> {
        let mut command = Command::new("git");
        // In a hook, git sets these for its own repository.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        // A question on the terminal would look as if buhin had stopped.
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        command.args(["-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"]);
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"]);
        command.current_dir(self.into).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.output().map_err(Failed::Missing)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Failed::Said(String::from_utf8_lossy(&output.stderr).into_owned()))
        }
    }

    fn shown(&self) -> String {
        self.secrets.hide(&self.origin.shown)
    }

    fn problem(&self, failed: &Failed) -> Diagnostic {
        match failed {
            Failed::Missing(error) => {
                let problem = errors::git(&self.shown(), "", &format!("git can't be started: {error}"));
                problem.help("install git, and make sure that it is found in PATH")
            }
            Failed::Said(said) => {
                let problem = errors::git(&self.shown(), &self.host(), &self.first_line(said));
                problem.help("try the same address with `git ls-remote`; check the token or the key")
            }
        }
    }

    fn host(&self) -> String {
        let url = &self.origin.url;
        if url.contains("://") {
            return super::http::host(url);
        }
        // The short form of SSH: `git@github.com:organisation/repository`.
        let host = url.split_once(':').map_or("", |(host, _)| host);
        host.rsplit_once('@').map_or(host, |(_, host)| host).to_owned()
    }

    /// The first line that says something, without secrets.
    fn first_line(&self, said: &str) -> String {
        let said = self.secrets.hide(said);
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        let telling = lines.clone().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
        let line = telling.or(lines.clone().next()).unwrap_or("it says nothing");
        line.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
    }
}

/// Git's words for a repository that is there and has nothing of the name.
fn no_such_name(said: &str) -> bool {
    ["couldn't find remote ref", "not our ref", "unadvertised object", "invalid refspec"]
        .iter()
        .any(|words| said.contains(words))
}

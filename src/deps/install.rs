//! Putting packages into `dbt_packages/`: all are fetched first, then each is swapped in whole.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde_json::{Value, json};

use super::errors::{self, asked_here};
use super::fetch::Fetcher;
use super::lock::{self, LockEntry};
use super::resolve::{Pinned, PinnedOrigin};
use super::secrets::Secrets;
use super::spec::is_safe_name;
use super::{PREFIX, What};
use crate::diagnostic::Diagnostic;
use crate::project;
use crate::source::Sources;
use crate::world::{self, World, folder};

/// What was installed from which entry of the lock file; dbt passes over files there.
const RECORD: &str = ".buhin-deps.json";

/// The folder of installed packages.
pub(super) struct Installed<'i> {
    world: &'i dyn World,
    /// `packages-install-path`, absolute.
    pub folder: Utf8PathBuf,
    secrets: &'i Secrets,
    record: BTreeMap<String, Value>,
}

/// A package that is ready to be swapped in.
pub(super) struct Ready {
    name: String,
    from: From,
}

enum From {
    /// A folder to be moved.
    Folder(Utf8PathBuf),
    /// A folder to be linked to.
    Link(Utf8PathBuf),
}

impl Ready {
    /// The name of its folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl<'i> Installed<'i> {
    /// Reads what is known of the folder; a record that can't be read is none.
    pub(super) fn open(world: &'i dyn World, folder: Utf8PathBuf, secrets: &'i Secrets) -> Self {
        let record = world
            .read(&folder.join(RECORD))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .filter(|value| value.get("version") == Some(&json!(1)))
            .and_then(|value| serde_json::from_value(value.get("packages")?.clone()).ok())
            .unwrap_or_default();
        Self { world, folder, secrets, record }
    }

    /// True if the folder holds exactly this package already.
    pub(super) fn has(&self, package: &Pinned) -> bool {
        let place = self.folder.join(&package.name);
        if package.name.is_empty() || !self.world.exists(&place.join("dbt_project.yml")) {
            return false;
        }
        if let PinnedOrigin::Local(path) = &package.origin {
            let wanted = folder::real_path(&self.world.root().join(path)).ok();
            return folder::link_target(&place).is_some()
                && wanted.is_some()
                && folder::real_path(&place).ok() == wanted;
        }
        if folder::link_target(&place).is_some() {
            return false;
        }
        match self.record.get(&package.name) {
            Some(known) => *known == json!(lock::entry(package, self.secrets)),
            None => self.was_installed_by_dbt(package, &place),
        }
    }

    /// dbt leaves no record; but what it installed tells which version or commit it is.
    fn was_installed_by_dbt(&self, package: &Pinned, place: &Utf8Path) -> bool {
        match &package.origin {
            PinnedOrigin::Hub { version, .. } => {
                let vars = serde_json::Map::new();
                let outline =
                    project::outline(self.world, place, &vars, &mut Sources::default(), &mut Vec::new());
                outline.and_then(|outline| outline.version).as_ref() == Some(version)
            }
            PinnedOrigin::Git(git) => {
                let head = self.world.read(&place.join(".git/HEAD")).unwrap_or_default();
                let head = String::from_utf8_lossy(&head);
                let branch = head.trim().strip_prefix("ref: ").map(|name| place.join(".git").join(name));
                let commit = match branch {
                    Some(path) => {
                        String::from_utf8_lossy(&self.world.read(&path).unwrap_or_default()).into_owned()
                    }
                    None => head.into_owned(),
                };
                git.revision.as_deref() == Some(commit.trim())
            }
            PinnedOrigin::Tarball { .. } | PinnedOrigin::Local(_) => false,
        }
    }

    /// Fetches packages, several at a time; none is installed yet. All problems are told, in the order of the list.
    pub(super) fn fetch(
        &self,
        fetcher: &Fetcher<'_>,
        packages: &[&Pinned],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Ready> {
        let fetched: Vec<Result<Ready, Diagnostic>> =
            packages.par_iter().map(|package| self.fetch_one(fetcher, package)).collect();
        let mut ready = Vec::new();
        for (package, fetched) in packages.iter().zip(fetched) {
            match fetched {
                Ok(one) => ready.push(one),
                Err(problem) => diagnostics.push(asked_here(problem, package.span)),
            }
        }
        ready
    }

    fn fetch_one(&self, fetcher: &Fetcher<'_>, package: &Pinned) -> Result<Ready, Diagnostic> {
        let label = self.secrets.hide(&package.label());
        let (name, from) = match &package.origin {
            PinnedOrigin::Local(path) => {
                let place = self.world.root().join(path);
                let real = folder::real_path(&place).map_err(|_| errors::no_folder(path))?;
                (fetcher.contents(&real, path)?.name, From::Link(real))
            }
            PinnedOrigin::Git(git) => {
                let checkout = fetcher.git(git)?;
                (fetcher.contents(&checkout.folder, &label)?.name, From::Folder(checkout.folder))
            }
            PinnedOrigin::Tarball { url, .. } => {
                let folder = fetcher.archive(url, &label)?;
                (package.name.clone(), From::Folder(folder))
            }
            PinnedOrigin::Hub { package: name, version, .. } => {
                let info = fetcher.hub.package(name)?;
                let Some(info) = info.versions.get(version) else {
                    let there: Vec<String> = info.versions.keys().cloned().collect();
                    return Err(errors::no_such_version(name, version, &there));
                };
                (info.name.clone(), From::Folder(fetcher.archive(&info.tarball, &label)?))
            }
        };
        if !is_safe_name(&name) {
            let name = name.escape_debug();
            return Err(errors::broken(&label, &format!("its name `{name}` can't be that of a folder")));
        }
        if let From::Folder(folder) = &from
            && !self.world.exists(&folder.join("dbt_project.yml"))
        {
            return Err(errors::broken(&label, "it has no `dbt_project.yml`"));
        }
        Ok(Ready { name, from })
    }

    /// Swaps packages in and gives what was done by name; stops at the first that can't be.
    pub(super) fn install(
        &mut self,
        ready: Vec<Ready>,
        scratch: &Utf8Path,
    ) -> Result<Vec<(String, What)>, Diagnostic> {
        let mut done = Vec::new();
        for (number, Ready { name, from }) in ready.into_iter().enumerate() {
            let place = self.folder.join(&name);
            let (aside, new) = (scratch.join(format!("old{number}")), scratch.join(format!("new{number}")));
            let (new, what) = match from {
                From::Folder(folder) => (folder, What::Installed),
                From::Link(target) => {
                    folder::link_or_copy(&target, &new)
                        .map_err(|error| errors::write_failed(&place, &error))?;
                    (new, What::Linked)
                }
            };
            folder::swap_folder(&new, &place, &aside)
                .map_err(|error| errors::write_failed(&place, &error))?;
            done.push((name, what));
        }
        Ok(done)
    }

    /// Removes packages that are not in the lock file, as dbt does, and what an interrupted run left. A folder that
    /// is no package is left alone. Gives the names of what was removed.
    pub(super) fn remove_others(&self, keep: &[String], dry_run: bool) -> Result<Vec<String>, Diagnostic> {
        let all =
            folder::entries(&self.folder).map_err(|error| errors::write_failed(&self.folder, &error))?;
        let mut removed = Vec::new();
        for entry in all {
            let path = self.folder.join(&entry.name);
            let leftover = entry.name.starts_with(PREFIX);
            let package = entry.is_folder && self.world.exists(&path.join("dbt_project.yml"));
            if keep.contains(&entry.name) || !(leftover || package || (entry.is_link && !entry.is_folder)) {
                continue;
            }
            if !dry_run {
                folder::remove_folder(&path).map_err(|error| errors::write_failed(&path, &error))?;
            }
            if !leftover {
                removed.push(entry.name);
            }
        }
        Ok(removed)
    }

    /// Writes down what is installed now.
    pub(super) fn write_record(&self, entries: &[LockEntry]) -> Result<(), Diagnostic> {
        let packages: BTreeMap<&str, &LockEntry> =
            entries.iter().filter_map(|entry| Some((entry.get("name")?.as_str(), entry))).collect();
        let path = self.folder.join(RECORD);
        let text = format!("{:#}\n", json!({ "version": 1, "packages": packages }));
        world::write_if_changed(&path, text.as_bytes())
            .map(drop)
            .map_err(|error| errors::write_failed(&path, &error))
    }
}

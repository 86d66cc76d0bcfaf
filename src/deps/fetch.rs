//! Fetching packages into a folder of their own, and looking at what came.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use super::archive::{self, ArchiveError};
use super::errors;
use super::git::{self, Checkout};
use super::http::{Web, WebError};
use super::hub::{Hub, web_problem};
use super::secrets::Secrets;
use super::spec::GitOrigin;
use crate::diagnostic::Diagnostic;
use crate::project::{self, Dependency, Reader};
use crate::source::Sources;
use crate::world::{World, folder};

/// No archive is longer than this, packed.
const LIMIT: u64 = 256 << 20;

/// Fetches packages; several threads may ask at once.
pub(super) struct Fetcher<'f> {
    /// The outside.
    pub world: &'f dyn World,
    /// `--vars`.
    pub cli_vars: &'f Map<String, Value>,
    /// The hub.
    pub hub: Hub<'f>,
    /// What must not be printed.
    pub secrets: &'f Secrets,
    /// Where fetched packages stand until they are installed.
    pub scratch: &'f Utf8Path,
    web: &'f Web<'f>,
    count: AtomicUsize,
    checkouts: Mutex<HashMap<RevisionKey, Result<Checkout, Diagnostic>>>,
    archives: Mutex<HashMap<String, Result<Utf8PathBuf, Diagnostic>>>,
}

/// The address, the folder and the revision in a repository.
type RevisionKey = (String, Option<String>, Option<String>);

/// What the project in a package's folder says of itself.
pub(super) struct Contents {
    /// Its name.
    pub name: String,
    /// The packages that it needs.
    pub packages: Vec<Dependency>,
}

impl<'f> Fetcher<'f> {
    /// Nothing is fetched yet.
    pub(super) fn new(
        world: &'f dyn World,
        cli_vars: &'f Map<String, Value>,
        web: &'f Web<'f>,
        dbt: Option<&'f str>,
        secrets: &'f Secrets,
        scratch: &'f Utf8Path,
    ) -> Self {
        let hub = Hub::new(world, web, dbt);
        let count = AtomicUsize::new(0);
        let (checkouts, archives) = (Mutex::default(), Mutex::default());
        Self { world, cli_vars, hub, secrets, scratch, web, count, checkouts, archives }
    }

    /// A revision of a repository on disk.
    pub(super) fn git(&self, origin: &GitOrigin) -> Result<Checkout, Diagnostic> {
        let key = (origin.url.clone(), origin.subdirectory.clone(), origin.revision.clone());
        let known = |key| self.checkouts.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(known) = known(&key) {
            return known;
        }
        let found = git::checkout(origin, self.world.root(), &self.aside(), self.secrets);
        let mut checkouts = self.checkouts.lock().unwrap_or_else(PoisonError::into_inner);
        checkouts.insert(key, found.clone());
        if let Ok(checkout) = &found {
            // The same by the name that the lock file has for it.
            let commit = Some(checkout.commit.clone());
            checkouts.insert((origin.url.clone(), origin.subdirectory.clone(), commit), found.clone());
        }
        found
    }

    /// The folder in an archive, on disk. `label` is the package's name for messages.
    pub(super) fn archive(&self, url: &str, label: &str) -> Result<Utf8PathBuf, Diagnostic> {
        let known = |url| self.archives.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned();
        if let Some(known) = known(url) {
            return known;
        }
        let unpacked = self.web.get(url, LIMIT, |bytes| {
            let into = self.aside();
            match archive::unpack(&bytes, &into) {
                Ok(found) => Ok(Ok(found)),
                Err(ArchiveError::Damaged(reason)) => {
                    drop(folder::remove_folder(&into));
                    Err(WebError::Failed(reason))
                }
                Err(ArchiveError::Unusable(reason)) => Ok(Err(errors::broken(label, &reason))),
                Err(ArchiveError::Disk(error)) => Ok(Err(errors::write_failed(&into, &error))),
            }
        });
        let found = unpacked.unwrap_or_else(|error| Err(web_problem(error, label, url)));
        self.archives.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), found.clone());
        found
    }

    /// Reads the project in a folder; what is wrong with it is the package's problem, not the user's file's.
    pub(super) fn contents(&self, folder: &Utf8Path, label: &str) -> Result<Contents, Diagnostic> {
        let mut sources = Sources::default();
        let mut said = Vec::new();
        if !self.world.exists(&folder.join("dbt_project.yml")) {
            return Err(errors::broken(label, "it has no `dbt_project.yml`"));
        }
        let outline = project::outline(self.world, folder, self.cli_vars, &mut sources, &mut said);
        let found = project::dependencies(
            self.world,
            folder,
            Reader::Installer,
            self.cli_vars,
            &mut sources,
            &mut said,
        );
        let error = said.iter().find(|problem| problem.is_error());
        match (error, outline) {
            (None, Some(outline)) => Ok(Contents { name: outline.name, packages: found.packages }),
            (error, _) => {
                let file = error.and_then(|error| error.label.as_ref()).map(|label| {
                    let path = &sources.get(label.span.file).path;
                    path.strip_prefix(folder).unwrap_or(path).to_string()
                });
                let what = error.map_or("it can't be read", |error| error.message.as_str());
                let what = file.map_or_else(|| what.to_owned(), |file| format!("its {file} says: {what}"));
                Err(errors::broken(label, &self.secrets.hide(&what)))
            }
        }
    }

    /// A path in the scratch folder that does not exist yet.
    pub(super) fn aside(&self) -> Utf8PathBuf {
        self.scratch.join(self.count.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

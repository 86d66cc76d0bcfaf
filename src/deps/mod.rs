//! Installing packages: from `packages.yml` to `package-lock.yml` and `dbt_packages/`, as dbt's `deps`.
//!
//! Not a stage of compiling, and the only folder that reaches the network. Order: wishes (`spec`), packages
//! (`resolve`, with `hub`, `git` and `archive` behind `fetch`), lock file (`lock`), folders (`install`). Everything
//! is fetched aside first; nothing of the project is touched until all of it is there.

mod add;
mod archive;
mod errors;
mod fetch;
mod git;
mod http;
mod hub;
mod install;
mod lock;
mod resolve;
mod secrets;
mod spec;
mod version;
mod yaml;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Staged};
use crate::project::{self, Dependencies, Outline, Reader};
use crate::source::Sources;
use crate::world::folder::{self, Scratch};
use crate::world::{self, Overlay, World, Written};
use fetch::Fetcher;
use http::Web;
use install::Installed;
use resolve::{Pinned, PinnedOrigin};
use secrets::Secrets;
use spec::{Asker, Spec};

/// How names of folders begin that hold work in progress; dbt and buhin pass over them in `dbt_packages/`.
const PREFIX: &str = "__buhin_";

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct DepsOptions {
    /// `--vars`, as YAML text.
    pub vars: Option<String>,
    /// `--upgrade`: look for newer versions although the lock file fits.
    pub upgrade: bool,
    /// `--lock`: write the lock file and install nothing.
    pub lock_only: bool,
    /// `--dry-run`: find out what would be done, and write nothing.
    pub dry_run: bool,
    /// `--add-package`.
    pub add: Option<Addition>,
    /// The version of dbt whose packages are wanted; any, if `None`.
    pub dbt_version: Option<String>,
}

/// A package to be added to `packages.yml`.
#[derive(Clone, Debug)]
pub struct Addition {
    /// Its name, address or path.
    pub name: String,
    /// Its version or revision.
    pub version: Option<String>,
    /// Where it comes from.
    pub source: AddSource,
}

/// Where an added package comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddSource {
    /// The hub.
    #[default]
    Hub,
    /// A git repository.
    Git,
    /// A folder.
    Local,
}

/// What was done, or would be done.
#[derive(Clone, Debug, Default)]
pub struct DepsReport {
    /// The files that diagnostics point into.
    pub files: Sources,
    /// The file that has a new entry.
    pub added_to: Option<Utf8PathBuf>,
    /// Entries that gave way to it, as they were written.
    pub replaced: Vec<String>,
    /// True if the lock file was written, or would be.
    pub lock_written: bool,
    /// The packages in the order of the lock file.
    pub packages: Vec<PackageReport>,
    /// Packages that were removed, for no lock file names them.
    pub removed: Vec<String>,
}

/// What became of one package.
#[derive(Clone, Debug)]
pub struct PackageReport {
    /// Its name, which is its folder's.
    pub name: String,
    /// Its version in a few words.
    pub version: String,
    /// The newest version, if that is another and the hub was asked.
    pub latest: Option<String>,
    /// What was done.
    pub what: What,
}

/// What became of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Fetched and installed.
    Installed,
    /// Linked to.
    Linked,
    /// It was there already.
    Kept,
    /// Only written to the lock file.
    Locked,
}

/// Installs what the project declares. Reads through `world`; writes `packages.yml` (with `add`),
/// `package-lock.yml` and the folders below `packages-install-path` on the disk at `world.root()`. After an error
/// all of them are as they were, unless the disk itself fails.
pub fn deps(world: &dyn World, options: &DepsOptions) -> Staged<DepsReport> {
    let mut report = DepsReport::default();
    let mut diagnostics = Vec::new();
    if let Err(problems) = run(world, options, &mut report, &mut diagnostics) {
        diagnostics.extend(problems);
    }
    Staged::new(report, diagnostics)
}

/// All that is known before anything is fetched.
struct Plan<'p> {
    world: &'p dyn World,
    options: &'p DepsOptions,
    cli_vars: Map<String, Value>,
    outline: Outline,
    secrets: Secrets,
    /// The new text of the file with `packages:`, if an entry is added.
    edit: Option<(Utf8PathBuf, String)>,
    wishes: Vec<Spec>,
    hash: String,
    /// The packages of the lock file, if it is for these wishes.
    locked: Option<Vec<Pinned>>,
    lock_exists: bool,
}

/// Stops with the problems that were found; `Err` of an empty list means that they have been told.
type Outcome<T> = Result<T, Vec<Diagnostic>>;

fn run(
    world: &dyn World,
    options: &DepsOptions,
    report: &mut DepsReport,
    diagnostics: &mut Vec<Diagnostic>,
) -> Outcome<()> {
    let plan = plan(world, options, report, diagnostics)?;
    if plan.wishes.is_empty() && !plan.lock_exists {
        return Ok(());
    }
    let place = install_folder(world.root(), &plan.outline.install_path)?;
    let mut installed = Installed::open(world, place, &plan.secrets);
    let complete = |packages: &[Pinned]| packages.iter().all(|package| installed.has(package));
    if let Some(packages) = plan.locked.as_ref().filter(|packages| options.lock_only || complete(packages)) {
        // Nothing has to be fetched, so nobody is asked.
        return finish(&plan, &mut installed, packages.clone(), Vec::new(), None, report);
    }
    let writes_nothing = options.dry_run || options.lock_only;
    let scratch =
        if writes_nothing { Scratch::temporary(PREFIX) } else { Scratch::new_in(&installed.folder, PREFIX) };
    let scratch = scratch.map_err(|error| vec![errors::write_failed(&installed.folder, &error)])?;
    let done = fetch_and_install(&plan, &mut installed, &scratch, report, diagnostics);
    if let Err(error) = scratch.close() {
        diagnostics.push(errors::write_failed(&installed.folder, &error));
    }
    if !writes_nothing {
        folder::remove_if_empty(&installed.folder);
    }
    done
}

fn fetch_and_install(
    plan: &Plan<'_>,
    installed: &mut Installed<'_>,
    scratch: &Scratch,
    report: &mut DepsReport,
    diagnostics: &mut Vec<Diagnostic>,
) -> Outcome<()> {
    let web = Web::new(plan.world);
    let dbt = plan.options.dbt_version.as_deref();
    let fetcher = Fetcher::new(plan.world, &plan.cli_vars, &web, dbt, &plan.secrets, scratch.path());
    let packages = match &plan.locked {
        Some(packages) => packages.clone(),
        None => {
            let mut said = Vec::new();
            let found = resolve::resolve(&fetcher, plan.wishes.clone(), &plan.outline.name, &mut said);
            stop_at_errors(said, diagnostics)?;
            found
        }
    };
    let mut ready = Vec::new();
    if !plan.options.lock_only && !plan.options.dry_run {
        let missing: Vec<&Pinned> = packages.iter().filter(|package| !installed.has(package)).collect();
        let mut said = Vec::new();
        ready = installed.fetch(&fetcher, &missing, &mut said);
        stop_at_errors(said, diagnostics)?;
    }
    finish(plan, installed, packages, ready, Some(scratch), report)
}

/// Writes all that is to be written.
fn finish(
    plan: &Plan<'_>,
    installed: &mut Installed<'_>,
    packages: Vec<Pinned>,
    ready: Vec<install::Ready>,
    scratch: Option<&Scratch>,
    report: &mut DepsReport,
) -> Outcome<()> {
    let options = plan.options;
    let kept: Vec<bool> = packages.iter().map(|package| installed.has(package)).collect();
    let mut packages = packages;
    let mut names = ready.iter().map(install::Ready::name);
    for (package, kept) in packages.iter_mut().zip(&kept) {
        // What was fetched knows its name better than an old lock file does.
        if !*kept && let Some(name) = names.next() {
            name.clone_into(&mut package.name);
        }
    }
    drop(names);
    for (at, package) in packages.iter().enumerate() {
        if let Some(other) = packages[..at].iter().find(|other| other.name == package.name) {
            let label = |one: &Pinned| format!("`{}`", plan.secrets.hide(&one.label()));
            return Err(vec![errors::asked_here(
                errors::same_name(&package.name, &label(other), &label(package)),
                package.span,
            )]);
        }
    }
    let root = plan.world.root();
    let entries: Vec<lock::LockEntry> =
        packages.iter().map(|package| lock::entry(package, &plan.secrets)).collect();
    let one = |problem: Diagnostic| vec![problem];
    if let Some((path, text)) = &plan.edit {
        report.added_to = Some(path.clone());
        if !options.dry_run {
            write(&root.join(path), text).map_err(one)?;
        }
    }
    if plan.locked.is_none() {
        let text = lock::text(&entries, &plan.hash);
        report.lock_written = if options.dry_run {
            plan.world.read(Utf8Path::new(lock::FILE)).ok().as_deref() != Some(text.as_bytes())
        } else {
            write(&root.join(lock::FILE), &text).map_err(one)? == Written::Changed
        };
    }
    let mut done = Vec::new();
    if let (false, Some(scratch)) = (options.dry_run || options.lock_only, scratch) {
        done = installed.install(ready, scratch.path()).map_err(one)?;
    }
    if !options.lock_only {
        let mut keep: Vec<String> = packages.iter().map(|package| package.name.clone()).collect();
        keep.extend(scratch.and_then(|scratch| scratch.path().file_name()).map(str::to_owned));
        report.removed = installed.remove_others(&keep, options.dry_run).map_err(one)?;
        if !options.dry_run && (!entries.is_empty() || plan.world.exists(&installed.folder)) {
            installed.write_record(&entries).map_err(one)?;
        }
    }
    for (package, kept) in packages.iter().zip(kept) {
        let what = match done.iter().find(|(name, _)| *name == package.name) {
            Some((_, what)) => *what,
            None if options.lock_only => What::Locked,
            None if kept => What::Kept,
            None if matches!(package.origin, PinnedOrigin::Local(_)) => What::Linked,
            None => What::Installed,
        };
        let latest = match &package.origin {
            PinnedOrigin::Hub { version, latest, .. } => latest.clone().filter(|latest| latest != version),
            _ => None,
        };
        let version = plan.secrets.hide(&package.version());
        report.packages.push(PackageReport { name: package.name.clone(), version, latest, what });
    }
    Ok(())
}

fn write(path: &Utf8Path, text: &str) -> Result<Written, Diagnostic> {
    world::write_if_changed(path, text.as_bytes()).map_err(|error| errors::write_failed(path, &error))
}

/// Tells all; stops if there is an error among it.
fn stop_at_errors(said: Vec<Diagnostic>, diagnostics: &mut Vec<Diagnostic>) -> Outcome<()> {
    let stop = said.iter().any(Diagnostic::is_error);
    diagnostics.extend(said);
    if stop { Err(Vec::new()) } else { Ok(()) }
}

fn plan<'p>(
    world: &'p dyn World,
    options: &'p DepsOptions,
    report: &mut DepsReport,
    diagnostics: &mut Vec<Diagnostic>,
) -> Outcome<Plan<'p>> {
    let mut said = Vec::new();
    let files = &mut report.files;
    let here = Utf8Path::new("");
    let cli_vars = project::cli_vars(options.vars.as_deref(), &mut said);
    let outline = project::outline(world, here, &cli_vars, files, &mut said);
    let mut declared = project::dependencies(world, here, Reader::Root, &cli_vars, files, &mut said);
    stop_at_errors(said, diagnostics)?;
    let Some(outline) = outline else { return Err(Vec::new()) };

    let mut edit = None;
    if let Some(addition) = &options.add {
        let text = declared.file.map_or_else(String::new, |file| files.get(file).text.to_string());
        let (text, replaced) = add::add(&text, &declared, addition).map_err(|problem| vec![problem])?;
        report.replaced = replaced;
        let overlay = Overlay::new(world).with_file(declared.path.clone(), text.clone());
        edit = Some((declared.path.clone(), text));
        let mut said = Vec::new();
        declared = project::dependencies(&overlay, here, Reader::Root, &cli_vars, files, &mut said);
        stop_at_errors(said, diagnostics)?;
    }

    let wishes = wishes(&declared, diagnostics)?;
    let hash = lock::hash(&declared.packages);
    let secrets = Secrets::of(world);
    let lock_exists = world.exists(Utf8Path::new(lock::FILE));
    let locked = if options.upgrade || !lock_exists {
        None
    } else {
        read_lock(world, &hash, &wishes, &cli_vars, files)
    };
    Ok(Plan { world, options, cli_vars, outline, secrets, edit, wishes, hash, locked, lock_exists })
}

fn wishes(declared: &Dependencies, diagnostics: &mut Vec<Diagnostic>) -> Outcome<Vec<Spec>> {
    let mut said = Vec::new();
    let mut wishes = Vec::new();
    for dependency in &declared.packages {
        let span = Some(spec::place(dependency));
        let asker = Asker { who: resolve::ROOT.to_owned(), span };
        match Spec::read(dependency, &asker, true, &mut said) {
            Ok(spec) => wishes.push(spec),
            Err(problem) => said.push(errors::asked_here(problem, span)),
        }
    }
    stop_at_errors(said, diagnostics)?;
    Ok(wishes)
}

/// The packages of the lock file; `None` if it is for other wishes, or is broken: then it is written anew.
fn read_lock(
    world: &dyn World,
    hash: &str,
    wishes: &[Spec],
    cli_vars: &Map<String, Value>,
    files: &mut Sources,
) -> Option<Vec<Pinned>> {
    let bytes = world.read(Utf8Path::new(lock::FILE)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let file = files.add(lock::FILE, text.clone());
    let mut said = Vec::new();
    let (packages, others) = project::package_list(world, file, &text, cli_vars, &mut said);
    if others.get(lock::HASH).and_then(Value::as_str) != Some(hash) || said.iter().any(Diagnostic::is_error) {
        return None;
    }
    packages.iter().map(|package| lock::pinned(package, wishes).ok()).collect()
}

/// `packages-install-path` on disk; refused if the project itself stands in it.
fn install_folder(root: &Utf8Path, path: &Utf8Path) -> Outcome<Utf8PathBuf> {
    let mut clean = Utf8PathBuf::new();
    for component in root.join(path).components() {
        match component {
            Utf8Component::ParentDir => {
                clean.pop();
            }
            Utf8Component::CurDir => {}
            other => clean.push(other.as_str()),
        }
    }
    if root.starts_with(&clean) {
        let message =
            format!("packages can't be installed into `{path}`, for the project itself stands there");
        let problem = errors::bad_argument(message);
        return Err(vec![problem.help("correct `packages-install-path` in dbt_project.yml")]);
    }
    Ok(clean)
}

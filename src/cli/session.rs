//! What most commands begin with: find the project, load it, print what there is to say.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{Format, OutputArgs, ProjectArgs};
use super::exit::ExitCode;
use super::{memo, output, warn_error};
use crate::diagnostic::{
    self, Code, Diagnostic, Severity, Staged, WarnError,
    render::{Form, Style},
    suggest,
};
use crate::project::{self, LoadOptions, NodeKind, Project, Settings};
use crate::source::Sources;
use crate::sql::Dialect;
use crate::world::{Overlay, Revision, World, timing, write_if_changed};

/// A loaded project and how to speak of it.
pub(crate) struct Session {
    /// The disk, or a revision, seen from the project's folder.
    pub(crate) world: Arc<dyn World>,
    /// The project.
    pub(crate) project: Arc<Project>,
    /// How to print.
    pub(crate) output: OutputArgs,
    /// What has been found so far and not been printed.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What `--warn-error` and its kin make of warnings.
    pub(crate) warn_error: WarnError,
}

impl Session {
    /// Finds and loads the project; without one, prints why and gives the exit code. Gives the exit code, too, if
    /// nothing has changed since the command ran last and its answer is printed already.
    pub(crate) fn open(args: &ProjectArgs, output: &OutputArgs) -> Result<Self, ExitCode> {
        let folder = args.project_dir.clone().unwrap_or_else(nearest_project);
        Self::open_in(memo::open(folder, args.target_path.as_deref(), output)?, args, output)
    }

    fn open_in(world: Arc<dyn World>, args: &ProjectArgs, output: &OutputArgs) -> Result<Self, ExitCode> {
        let options = load_options(args)?;
        let loaded = {
            let _span = timing::stage("load");
            project::load(&world, &options)
        };
        match loaded.value {
            Ok(project) => {
                let project = Arc::new(project);
                let output = output.clone();
                let mut diagnostics = loaded.diagnostics;
                let warn_error = warn_error::warn_error(&project, &output, &mut diagnostics);
                Ok(Self { world, project, output, diagnostics, warn_error })
            }
            Err(files) => {
                print(loaded.diagnostics, &files, &Settings::default(), output);
                Err(ExitCode::Failure)
            }
        }
    }

    /// The same project as it is in a git revision, with the packages that are installed now.
    ///
    /// Fails with git's words if there is no such revision; without a project in it, prints why.
    pub(crate) fn open_revision(
        &self,
        args: &ProjectArgs,
        revision: &str,
    ) -> Result<Result<Self, ExitCode>, String> {
        let installed = self.project.packages.iter().skip(1).map(|package| package.folder.clone());
        let mut beside: Vec<Utf8PathBuf> = installed.collect();
        beside.extend(["dbt_packages".into(), "profiles.yml".into()]);
        let world = Revision::open(Arc::clone(&self.world), revision, beside)?;
        // What its templates print, the work tree's print, too.
        let output = OutputArgs { quiet: true, ..self.output.clone() };
        Ok(Self::open_in(Arc::new(world), args, &output))
    }

    /// A file that the user named, or one of the project's.
    pub(crate) fn read_file(&self, path: &Utf8Path) -> std::io::Result<Vec<u8>> {
        self.world.read(path)
    }

    /// A file of the project as it is in a git revision; `None` if it is not there.
    pub(crate) fn read_revision(&self, revision: &str, path: &Utf8Path) -> Result<Option<Vec<u8>>, String> {
        crate::world::git::read(self.world.root(), revision, path)
    }

    /// Writes a file of the project that is kept in git.
    pub(crate) fn write_beside(&self, path: &Utf8Path, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.world.root().join(path);
        let written = write_if_changed(&path, bytes);
        written.map(|_| ()).map_err(|error| super::pipeline::not_written(&path, &error))
    }

    /// Removes such a file, if it is there.
    pub(crate) fn remove_beside(&self, path: &Utf8Path) -> Result<(), Diagnostic> {
        let path = self.path(path);
        crate::world::remove(&path).map_err(|error| super::pipeline::not_written(&path, &error))
    }

    /// Like [`Session::open`], with a query laid over the project as an analysis of this name.
    pub(crate) fn open_with_query(
        args: &ProjectArgs,
        output: &OutputArgs,
        name: &str,
        sql: &str,
    ) -> Result<Self, ExitCode> {
        let session = Self::open(args, output)?;
        let folder =
            session.project.root().paths.analyses.first().cloned().unwrap_or_else(|| "analyses".into());
        let path = folder.join(format!("{name}.sql"));
        let overlay = Overlay::new(&session.world).with_file(path, sql);
        let loaded = project::load(&overlay, &load_options(args)?);
        match loaded.value {
            Ok(project) => {
                let project = Arc::new(project);
                let diagnostics = loaded.diagnostics;
                let warn_error = session.warn_error;
                Ok(Self {
                    world: session.world.clone(),
                    project,
                    output: output.clone(),
                    diagnostics,
                    warn_error,
                })
            }
            Err(_) => Err(ExitCode::Failure),
        }
    }

    /// What `check` finds in the project as it would be with these files, in memory; `None` if it would not load.
    pub(crate) fn differing(
        &self,
        args: &ProjectArgs,
        files: &BTreeMap<Utf8PathBuf, String>,
        check: impl FnOnce(&Project) -> Vec<usize>,
    ) -> Option<Vec<usize>> {
        let world = Overlay::new(&self.world);
        let world = files.iter().fold(world, |world, (path, text)| world.with_file(path, text.as_str()));
        let options = load_options(args).ok()?;
        let project = project::load(&world, &options).value.ok()?;
        Some(check(&project))
    }

    /// A path of the project on disk.
    pub(crate) fn path(&self, relative: &Utf8Path) -> Utf8PathBuf {
        self.world.root().join(relative)
    }

    /// The folder for what buhin writes.
    pub(crate) fn target_folder(&self) -> Utf8PathBuf {
        self.path(&self.project.root().paths.target)
    }

    /// dbt's `invocation_id`: a UUID made of the run's start and the project's folder.
    pub(crate) fn invocation_id(&self) -> String {
        use md5::{Digest as _, Md5};
        let seed = format!("{} {}", self.world.now(), self.world.root());
        let hex: String = Md5::digest(seed).iter().map(|byte| format!("{byte:02x}")).collect();
        // The digits that say "version 4" and "variant 1", as readers of UUIDs expect.
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// What the project has, in a line: `58 models, 15 seeds, 332 tests`.
    pub(crate) fn summary(&self) -> String {
        let mut counts: BTreeMap<NodeKind, usize> = BTreeMap::new();
        for node in &self.project.nodes {
            *counts.entry(node.kind).or_default() += 1;
        }
        let counts: Vec<String> =
            counts.into_iter().map(|(kind, count)| format!("{count} {}", plural(kind, count))).collect();
        counts.join(", ")
    }

    /// A line for people on standard error, unless they asked for quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.output.quiet
            && matches!(self.output.format, Format::Human | Format::Short | Format::Markdown)
        {
            output::line(text);
        }
    }

    /// Prints what has been found since the last time; `Problems` if there was an error among it.
    pub(crate) fn report(&mut self) -> ExitCode {
        let mut found = std::mem::take(&mut self.diagnostics);
        diagnostic::apply_settings(&mut found, &self.project.settings.warnings);
        self.warn_error.apply(&mut found);
        print(found, &self.project.files, &self.project.settings, &self.output)
    }
}

/// The project as another world has it; `None` if it would not load, and what there is to say.
pub(crate) fn load_from(args: &ProjectArgs, world: &dyn World) -> Result<Staged<Option<Project>>, ExitCode> {
    let loaded = project::load(world, &load_options(args)?);
    Ok(Staged::new(loaded.value.ok(), loaded.diagnostics))
}

/// Says why the work could not be done.
pub(crate) fn fail(found: Diagnostic, said: &mut Vec<Diagnostic>) -> ExitCode {
    said.push(found);
    ExitCode::Failure
}

/// Opens the project and prints what `text` has to tell of it, below what there is to say.
pub(crate) fn answer(
    args: &ProjectArgs,
    output: &OutputArgs,
    text: impl FnOnce(&Session, &mut Vec<Diagnostic>) -> Result<String, ExitCode>,
) -> ExitCode {
    let mut session = match Session::open(args, output) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let text = text(&session, &mut said);
    session.diagnostics.extend(said);
    let code = session.report();
    match text {
        Ok(text) => {
            output::result(&text);
            code
        }
        Err(failed) => failed.max(code),
    }
}

/// Prints diagnostics in order of place; `Problems` if there was an error among them.
pub(crate) fn print(
    mut found: Vec<Diagnostic>,
    files: &Sources,
    settings: &Settings,
    output: &OutputArgs,
) -> ExitCode {
    diagnostic::apply_settings(&mut found, &settings.warnings);
    diagnostic::sort(&mut found);
    let code = found.iter().filter(|one| one.is_error()).map(exit_code).max().unwrap_or(ExitCode::Clean);
    if output.quiet {
        found.retain(|one| one.severity == Severity::Error);
    }
    let form = match output.format {
        Format::Human | Format::Markdown => Form::Human,
        Format::Short => Form::Short,
        Format::Json => Form::Json,
        Format::Github => Form::Github,
    };
    output::raw(&diagnostic::render::render(&found, files, form, style()));
    code
}

/// A mistake in the project's files or data is a problem; what keeps buhin from working at all is a failure.
fn exit_code(error: &Diagnostic) -> ExitCode {
    match error.code {
        Code::NO_PROJECT
        | Code::BAD_VARS
        | Code::WRITE_FAILED
        | Code::NO_DATABASE_LIBRARY
        | Code::DATABASE_LOCKED
        | Code::CONNECTION_FAILED
        | Code::UNSUPPORTED_WAREHOUSE
        | Code::NOTHING_TO_RETRY
        | Code::BAD_SELECTOR
        | Code::NETWORK_FAILED
        | Code::GIT_FAILED
        | Code::BAD_RECORD
        | Code::BAD_STATE
        | Code::BAD_ARGUMENT
        | Code::NO_BASE
        | Code::CANNOT_SERVE => ExitCode::Failure,
        _ => ExitCode::Problems,
    }
}

fn style() -> Style {
    Style { colour: output::colour(), width: output::width().unwrap_or(Style::default().width) }
}

fn load_options(args: &ProjectArgs) -> Result<LoadOptions, ExitCode> {
    let dialect = match &args.dialect {
        None => None,
        Some(name) => match Dialect::from_name(name) {
            Some(dialect) => Some(dialect),
            None => {
                let near = suggest::closest(name, Dialect::NAMES.iter().copied());
                let mut found =
                    Diagnostic::error(Code::BAD_ARGUMENT, format!("dialect `{name}` is not known"));
                if let Some(near) = near {
                    found = found.help(format!("did you mean `{near}`?"));
                }
                let found = found.help(format!("dialects: {}", Dialect::NAMES.join(", ")));
                output::raw(&diagnostic::render::render(&[found], &Sources::default(), Form::Human, style()));
                return Err(ExitCode::Failure);
            }
        },
    };
    Ok(LoadOptions {
        profiles_dir: args.profiles_dir.as_ref().map(|folder| absolute(folder)),
        profile: args.profile.clone(),
        target: args.target.clone(),
        vars: args.vars.clone(),
        dialect,
        threads: args.threads.map(usize::from),
        target_path: args.target_path.clone(),
    })
}

fn plural(kind: NodeKind, count: usize) -> String {
    match (kind, count) {
        (_, 1) => kind.resource_type().replace('_', " "),
        (NodeKind::Analysis, _) => "analyses".to_owned(),
        (NodeKind::SavedQuery, _) => "saved queries".to_owned(),
        _ => format!("{}s", kind.resource_type().replace('_', " ")),
    }
}

/// A folder named on the command line is meant from where the user stands, not from the project.
fn absolute(folder: &Utf8Path) -> Utf8PathBuf {
    folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned())
}

/// The same for one that need not be there yet.
pub(super) fn from_here(path: &Utf8Path) -> Utf8PathBuf {
    Utf8Path::new(".").canonicalize_utf8().map_or_else(|_| path.to_owned(), |here| here.join(path))
}

/// The nearest folder upwards with a `dbt_project.yml`; this folder if there is none.
pub(super) fn nearest_project() -> Utf8PathBuf {
    let here = Utf8PathBuf::from(".");
    let Ok(start) = here.canonicalize_utf8() else { return here };
    let found = start.ancestors().find(|folder| folder.join("dbt_project.yml").is_file());
    found.map_or(here, Utf8Path::to_owned)
}

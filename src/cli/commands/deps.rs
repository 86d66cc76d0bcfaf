//! `buhin deps`.

use camino::Utf8PathBuf;
use serde_json::json;

use crate::cli::args::{Format, OutputArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::session::{self, nearest_project};
use crate::deps::{self, AddSource, Addition, DepsOptions, DepsReport, What};
use crate::project::Settings;
use crate::render::DBT_VERSION;
use crate::world::Disk;

/// Install the packages of packages.yml, and write package-lock.yml
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(after_help = "\
Examples:
  buhin deps                    install what package-lock.yml names, from the network if need be
  buhin deps --upgrade          look for newer versions that packages.yml allows
  buhin deps --lock             only write package-lock.yml
  buhin deps --add-package dbt-labs/dbt_utils@1.3.0
  buhin deps --add-package https://github.com/org/repo.git@v1.0 --source git")]
pub(crate) struct DepsArgs {
    /// The project's folder; without it, the nearest folder upwards that has a dbt_project.yml
    #[arg(long, value_name = "DIR", env = "DBT_PROJECT_DIR")]
    project_dir: Option<Utf8PathBuf>,
    /// Taken as dbt takes it: installing packages needs no profile, and a line says so
    #[arg(long, value_name = "DIR", hide = true)]
    profiles_dir: Option<Utf8PathBuf>,
    /// Variables as YAML, for Jinja in packages.yml
    #[arg(long, value_name = "YAML")]
    vars: Option<String>,
    /// Resolve anew, although package-lock.yml is for this packages.yml
    #[arg(long)]
    upgrade: bool,
    /// Write package-lock.yml and install nothing
    #[arg(long)]
    lock: bool,
    /// Add a package to packages.yml: a name, an address or a path, with `@` and a version
    #[arg(long, value_name = "NAME[@VERSION]")]
    add_package: Option<String>,
    /// Where the added package comes from
    #[arg(long, value_enum, default_value_t = Source::Hub, requires = "add_package")]
    source: Source,
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Take versions that are not for the version of dbt that buhin follows
    #[arg(long)]
    no_version_check: bool,
}

/// Where an added package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Source {
    /// The hub
    Hub,
    /// A git repository
    Git,
    /// A folder
    Local,
}

pub(crate) fn run(args: &DepsArgs, format: &OutputArgs) -> ExitCode {
    if let (Some(folder), false) = (&args.profiles_dir, format.quiet) {
        output::line(&format!(
            "installing packages reads no profile; `--profiles-dir {folder}` is not needed"
        ));
    }
    let world = Disk::new(args.project_dir.clone().unwrap_or_else(nearest_project));
    let options = DepsOptions {
        vars: args.vars.clone(),
        upgrade: args.upgrade,
        lock_only: args.lock,
        dry_run: args.dry_run,
        add: args.add_package.as_deref().map(|text| addition(text, args.source)),
        dbt_version: (!args.no_version_check).then(|| DBT_VERSION.to_owned()),
    };
    let staged = deps::deps(&world, &options);
    let report = staged.value;
    let failed = staged.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error);
    let code = session::print(staged.diagnostics, &report.files, &Settings::default(), format);
    if failed {
        return code;
    }
    if format.format == Format::Json {
        output::result(&format!("{}\n", as_json(&report)));
    } else if !format.quiet {
        tell(args, &report);
    }
    code
}

/// `NAME@VERSION`; an `@` that belongs to an address, as in `git@github.com:org/repo`, is not meant.
fn addition(text: &str, source: Source) -> Addition {
    let (name, version) = match text.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() && !version.contains(['/', ':']) => (name, Some(version)),
        _ => (text, None),
    };
    Addition {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        source: match source {
            Source::Hub => AddSource::Hub,
            Source::Git => AddSource::Git,
            Source::Local => AddSource::Local,
        },
    }
}

fn tell(args: &DepsArgs, report: &DepsReport) {
    let would = if args.dry_run { "would be " } else { "" };
    if let Some(path) = &report.added_to {
        for replaced in &report.replaced {
            let line = replaced.lines().next().unwrap_or_default();
            output::line(&format!("{would}removed from {path}: {line}"));
        }
        output::line(&format!("{would}added to {path}"));
    }
    if report.packages.is_empty() && report.removed.is_empty() && !report.lock_written {
        output::line("no packages are declared; packages.yml or dependencies.yml would name them");
        return;
    }
    for package in &report.packages {
        let what = match package.what {
            What::Installed => format!("{would}installed"),
            What::Linked => format!("{would}linked"),
            What::Kept => "already there".to_owned(),
            What::Locked => "found".to_owned(),
        };
        let latest =
            package.latest.as_ref().map_or_else(String::new, |latest| format!("; the newest is {latest}"));
        output::line(&format!("{} {}: {what}{latest}", package.name, package.version));
    }
    for name in &report.removed {
        output::line(&format!("{name}: {would}removed, nothing asks for it"));
    }
    if report.lock_written {
        output::line(&format!("package-lock.yml {would}written"));
    }
}

fn as_json(report: &DepsReport) -> serde_json::Value {
    let packages: Vec<serde_json::Value> = report
        .packages
        .iter()
        .map(|package| {
            let what = match package.what {
                What::Installed => "installed",
                What::Linked => "linked",
                What::Kept => "kept",
                What::Locked => "locked",
            };
            json!({
                "name": package.name,
                "version": package.version,
                "latest": package.latest,
                "what": what,
            })
        })
        .collect();
    json!({
        "packages": packages,
        "removed": report.removed,
        "added_to": report.added_to.as_ref().map(|path| path.as_str()),
        "lock_written": report.lock_written,
    })
}

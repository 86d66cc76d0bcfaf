//! All arguments, with dbt's names where dbt has them.

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::run::RECORD_FILE;

/// SQL in parts: compile, plan, build and review a project of queries that ref() each other.
///
/// buhin reads dbt projects as they are. Start with `buhin init`, or run `buhin build` in a project's folder.
#[derive(Debug, Parser)]
#[command(name = "buhin", version, max_term_width = 100, disable_help_subcommand = true, after_help = ROOT_HELP)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const ROOT_HELP: &str = "\
Examples:
  buhin init my_shop            make a small working project
  buhin build                   build and test everything on embedded DuckDB
  buhin compile                 write compiled SQL to target/, without a database
  buhin plan                    show what each part becomes, and why
  buhin verify                  hold compiled SQL against what was approved
  buhin rename part A B         a patch that renames a part wherever it is named
  buhin explain B0401           explain an error code

Exit codes: 0 clean, 1 problems in the project or its data, 2 the work could not be done.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(super::commands::init::InitArgs),
    Debug(super::commands::debug::DebugArgs),
    Parse(super::commands::parse::ParseArgs),
    #[command(visible_alias = "list")]
    Ls(super::commands::ls::LsArgs),
    Compile(super::commands::compile::CompileArgs),
    Lineage(super::commands::lineage::LineageArgs),
    Plan(super::commands::plan::PlanArgs),
    Diff(super::commands::diff::DiffArgs),
    Verify(super::commands::verify::VerifyArgs),
    Rename(super::commands::rename::RenameArgs),
    Build(super::commands::build::BuildArgs),
    Run(super::commands::build::RunArgs),
    Test(super::commands::build::TestArgs),
    Seed(super::commands::build::SeedArgs),
    Snapshot(super::commands::build::SnapshotArgs),
    Retry(super::commands::retry::RetryArgs),
    RunOperation(super::commands::run_operation::RunOperationArgs),
    Docs(super::commands::docs::DocsArgs),
    Source(super::commands::source::SourceArgs),
    Show(super::commands::show::ShowArgs),
    #[cfg(feature = "deps")]
    Deps(super::commands::deps::DepsArgs),
    Clean(super::commands::clean::CleanArgs),
    Explain(super::commands::explain::ExplainArgs),
    Completions(super::commands::completions::CompletionsArgs),
}

/// How to print.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How diagnostics are printed; `json` also makes the results JSON
    #[arg(long, value_enum, default_value_t = Format::Human, global = true, env = "BUHIN_FORMAT")]
    pub(crate) format: Format,
    /// When to use colour; `NO_COLOR` is respected
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,
    /// Print nothing but errors and results
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Take every warning for an error
    #[arg(long, global = true)]
    pub(crate) warn_error: bool,
    /// Which warnings are errors, stay warnings, or are not told: '{error: all, warn: [X], silence: [Y]}'
    #[arg(long, global = true, value_name = "YAML")]
    pub(crate) warn_error_options: Option<String>,
    /// Do everything anew, and keep nothing for the next time
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,
    /// Print how long each stage took, and which nodes took longest
    #[arg(long, global = true)]
    pub(crate) timings: bool,
    /// Write what took how long to a file that Perfetto, speedscope and their like draw as a flame graph
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace: Option<Utf8PathBuf>,
    /// Do not print what templates say by print()
    #[arg(long, global = true, hide = true)]
    pub(crate) no_print: bool,
    /// Write no JSON artifacts
    #[arg(long, global = true, hide = true)]
    pub(crate) no_write_json: bool,
}

/// The form of diagnostics and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with the text around each place
    Human,
    /// One line a problem: path:line:column
    Short,
    /// One JSON object a line
    Json,
    /// Annotations for GitHub Actions
    Github,
    /// Tables for a pull request (`plan`), pages for git (`docs generate`)
    Markdown,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which project, profile and target.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Project")]
pub(crate) struct ProjectArgs {
    /// The project's folder; without it, the nearest folder upwards that has a dbt_project.yml
    #[arg(long, value_name = "DIR", env = "DBT_PROJECT_DIR")]
    pub(crate) project_dir: Option<Utf8PathBuf>,
    /// The folder of profiles.yml
    #[arg(long, value_name = "DIR", env = "DBT_PROFILES_DIR")]
    pub(crate) profiles_dir: Option<Utf8PathBuf>,
    /// The profile, instead of the one that the project names
    #[arg(long, value_name = "NAME", env = "DBT_PROFILE")]
    pub(crate) profile: Option<String>,
    /// The target, instead of the profile's own
    #[arg(long, short, value_name = "NAME", env = "DBT_TARGET")]
    pub(crate) target: Option<String>,
    /// Variables as YAML: '{as_of: 2026-01-01}'
    #[arg(long, value_name = "YAML")]
    pub(crate) vars: Option<String>,
    /// The SQL dialect, instead of the one that the profile's type names
    #[arg(long, value_name = "NAME")]
    pub(crate) dialect: Option<String>,
    /// The folder to write to, instead of the project's `target-path`
    #[arg(long, value_name = "DIR", env = "DBT_TARGET_PATH")]
    pub(crate) target_path: Option<Utf8PathBuf>,
    /// How many threads to use
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Build incremental parts anew, and render them so
    #[arg(long, short, env = "DBT_FULL_REFRESH", value_parser = clap::builder::BoolishValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) full_refresh: bool,
}

/// Who answers what macros ask.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Introspection")]
pub(crate) struct IntrospectArgs {
    /// What answers queries that macros make while rendering
    #[arg(long, value_enum, value_name = "WHO", num_args = 0..=1, default_missing_value = "live", env = "BUHIN_INTROSPECT")]
    pub(crate) introspect: Option<IntrospectArg>,
    /// The same as `--introspect off`, for those who come from dbt
    #[arg(long, conflicts_with_all = ["introspect", "record", "replay"])]
    pub(crate) no_introspect: bool,
    /// Ask the database of the profile, and write its answers to a file beside the project
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = RECORD_FILE, conflicts_with = "replay")]
    pub(crate) record: Option<Utf8PathBuf>,
    /// Take the answers from that file, without a database
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = RECORD_FILE)]
    pub(crate) replay: Option<Utf8PathBuf>,
}

impl IntrospectArgs {
    /// True if what macros are told is a database's answer, now or recorded.
    pub(crate) fn is_answered(&self) -> bool {
        let is_live = self.introspect == Some(IntrospectArg::Live) && !self.no_introspect;
        is_live || self.record.is_some() || self.replay.is_some()
    }
}

/// What answers a macro's queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IntrospectArg {
    /// The warehouse of the profile
    Live,
    /// An empty warehouse: no relation, no column, no row
    Empty,
    /// Nobody: what asks can't be compiled
    Off,
}

/// Which nodes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectArgs {
    /// What to take: names, `+upstream`, `downstream+`, `tag:x`, `path:x`, …
    #[arg(long, short, value_name = "SELECTOR", num_args = 1..)]
    pub(crate) select: Vec<String>,
    /// The same, by an older name; with `ls` only models
    #[arg(long, short, value_name = "SELECTOR", num_args = 1.., conflicts_with = "select")]
    pub(crate) models: Vec<String>,
    /// What to leave out
    #[arg(long, value_name = "SELECTOR", num_args = 1..)]
    pub(crate) exclude: Vec<String>,
    /// A selector of selectors.yml
    #[arg(long, value_name = "NAME")]
    pub(crate) selector: Option<String>,
    /// Only these types
    #[arg(long, visible_alias = "resource-types", value_name = "TYPE", num_args = 1..)]
    pub(crate) resource_type: Vec<String>,
    /// All but these types
    #[arg(long, visible_alias = "exclude-resource-types", value_name = "TYPE", num_args = 1..)]
    pub(crate) exclude_resource_type: Vec<String>,
    /// Which tests come along with a selected part
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Indirect::Eager, env = "DBT_INDIRECT_SELECTION")]
    pub(crate) indirect_selection: Indirect,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Another run to compare with, or to read from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct StateArgs {
    /// The artifacts of another run, of dbt or of buhin, for `state:` and `result:`
    #[arg(long, value_name = "DIR", env = "DBT_STATE")]
    pub(crate) state: Option<Utf8PathBuf>,
    /// Read parts that are not selected and not built from where that run built them
    #[arg(long, env = "DBT_DEFER", value_parser = clap::builder::BoolishValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) defer: bool,
    /// The artifacts to defer to, if not those of --state
    #[arg(long, value_name = "DIR", env = "DBT_DEFER_STATE")]
    pub(crate) defer_state: Option<Utf8PathBuf>,
    /// With --defer: even what is built here is read from there, unless it is selected
    #[arg(long, env = "DBT_FAVOR_STATE", value_parser = clap::builder::BoolishValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) favor_state: bool,
}

impl SelectArgs {
    /// True if nothing is left out.
    pub(crate) fn is_everything(&self) -> bool {
        self.select.is_empty()
            && self.models.is_empty()
            && self.exclude.is_empty()
            && self.selector.is_none()
            && self.resource_type.is_empty()
            && self.exclude_resource_type.is_empty()
    }
}

/// Which tests come along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Indirect {
    /// Every test that reads a selected part
    #[default]
    Eager,
    /// Tests whose parts are all selected
    Cautious,
    /// Tests whose parts are selected or upstream of them
    Buildable,
    /// None
    Empty,
}

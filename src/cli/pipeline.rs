//! What commands ask of the pipeline: resolve, select, compile, rows, files.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use rustc_hash::FxHashSet;

use super::args::{Indirect, ProjectArgs, SelectArgs};
use super::exit::ExitCode;
use super::output;
use super::session::{Session, fail};
use crate::compile::{self, Before, Compilation, Options, Resolved};
use crate::diagnostic::{Code, Diagnostic, Staged, suggest};
use crate::emit::{self, Compiled, Inliner};
use crate::graph::selector::{self, IndirectSelection, SelectionArgs};
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::RenderOptions;
use crate::run::{self, Command, HookResult, Live, RunReport, RunRequest, Table};
use crate::state::Comparison;
use crate::world::{remove_stale, timing, write_if_changed, write_new_folder, write_stream};

/// What a selection is for: which kinds of nodes it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Scope {
    /// Everything.
    #[default]
    List,
    /// What has SQL.
    Compile,
    /// What has rows.
    Show,
    /// What the warehouse has a table or view for.
    Relations,
    /// Sources.
    Sources,
    /// What a run's command runs.
    Run(Command),
}

/// How much of a project was compiled, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    All {
        /// True if a deploy script is written too.
        deploy: bool,
    },
    /// What was selected.
    Selected,
    /// What is about to be run.
    Run,
}

impl Scope {
    /// The kinds, all of them if empty.
    fn kinds(self) -> &'static [NodeKind] {
        match self {
            Self::List => &[],
            Self::Compile => &[
                NodeKind::Model,
                NodeKind::Snapshot,
                NodeKind::Test,
                NodeKind::Analysis,
                NodeKind::Operation,
            ],
            Self::Show => {
                &[NodeKind::Model, NodeKind::Seed, NodeKind::Snapshot, NodeKind::Test, NodeKind::Analysis]
            }
            Self::Relations => &[NodeKind::Model, NodeKind::Seed, NodeKind::Snapshot, NodeKind::Source],
            Self::Sources => &[NodeKind::Source],
            Self::Run(Command::Build) => {
                &[NodeKind::Model, NodeKind::Seed, NodeKind::Snapshot, NodeKind::Test, NodeKind::UnitTest]
            }
            Self::Run(Command::Run) => &[NodeKind::Model],
            Self::Run(Command::Test) => &[NodeKind::Test, NodeKind::UnitTest],
            Self::Run(Command::Seed) => &[NodeKind::Seed],
            Self::Run(Command::Snapshot) => &[NodeKind::Snapshot],
        }
    }
}

/// What a project is resolved for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Purpose<'a> {
    /// The command's name, as dbt has it.
    pub which: &'a str,
    /// True if the nodes' hooks are run or written.
    pub hooks: bool,
    /// True if the plan is made without regard to the approved one.
    pub fresh_plan: bool,
}

impl Session {
    /// From the loaded project to its graph and plan.
    pub(crate) fn resolve(&self, args: &ProjectArgs, which: &str) -> Staged<Resolved<'_>> {
        self.resolve_for(args, &Purpose { which, ..Purpose::default() })
    }

    /// The same for what a command makes of it.
    pub(crate) fn resolve_for(&self, args: &ProjectArgs, purpose: &Purpose<'_>) -> Staged<Resolved<'_>> {
        self.resolve_beside(args, purpose, None)
    }

    /// The same where another state of the project was compiled before.
    pub(crate) fn resolve_beside<'s>(
        &'s self,
        args: &ProjectArgs,
        purpose: &Purpose<'_>,
        before: Option<Before<'s>>,
    ) -> Staged<Resolved<'s>> {
        let render = RenderOptions {
            full_refresh: args.full_refresh,
            which: purpose.which.to_owned(),
            without_hooks: !purpose.hooks,
            invocation_id: match purpose.which {
                "build" | "retry" | "run" | "run-operation" | "seed" | "snapshot" | "test" => {
                    self.invocation_id()
                }
                // What only compiles gives the same bytes each time; the id is one all the same.
                _ => "00000000-0000-4000-8000-000000000000".to_owned(),
            },
        };
        let options = Options { render, fresh_plan: purpose.fresh_plan };
        compile::resolve_beside(&self.project, &self.world, options, before)
    }

    /// Prints what templates said by `print()` and `log(info=true)` since the last time.
    pub(crate) fn say_messages(&self, resolved: &Resolved<'_>) {
        for message in resolved.renderer.take_messages() {
            if !self.output.no_print {
                self.say(&message.text);
            }
        }
    }

    /// The nodes that the command line selects, in the order of the graph.
    pub(crate) fn select(
        &self,
        resolved: &Resolved<'_>,
        args: &SelectArgs,
        scope: Scope,
    ) -> Result<Staged<Vec<NodeId>>, ExitCode> {
        let wanted = kinds(&args.resource_type)?;
        let unwanted = kinds(&args.exclude_resource_type)?;
        let hooks = (scope == Scope::Compile).then_some(NodeKind::Operation);
        let resource_types: Vec<NodeKind> = selectable()
            .chain(hooks)
            .filter(|kind| scope.kinds().is_empty() || scope.kinds().contains(kind))
            // As in dbt, `ls` shows analyses to those who ask for them.
            .filter(|kind| {
                let listed = !matches!(scope, Scope::List)
                    || if args.models.is_empty() {
                        *kind != NodeKind::Analysis
                    } else {
                        *kind == NodeKind::Model
                    };
                if wanted.is_empty() { listed } else { wanted.contains(kind) }
            })
            .filter(|kind| !unwanted.contains(kind))
            .collect();
        let state = self.state(&args.state);
        let state = match state {
            Ok(state) => state,
            Err(found) => return Ok(Staged::new(Vec::new(), vec![found])),
        };
        let rendered = state.as_ref().map(|_| super::state::nothing_rendered(resolved));
        let previous = state.as_ref().zip(rendered.as_ref());
        let comparison = previous.map(|(state, rendered)| Comparison::new(state, resolved.context(rendered)));
        let selection = SelectionArgs {
            select: if args.models.is_empty() { &args.select } else { &args.models },
            exclude: &args.exclude,
            selector: args.selector.as_deref(),
            resource_types: &resource_types,
            indirect_selection: match args.indirect_selection {
                Indirect::Eager => IndirectSelection::Eager,
                Indirect::Cautious => IndirectSelection::Cautious,
                Indirect::Buildable => IndirectSelection::Buildable,
                Indirect::Empty => IndirectSelection::Empty,
            },
            previous: comparison.as_ref().map(|comparison| comparison as &dyn selector::Previous),
        };
        let selected = selector::select(&self.project, &resolved.collected, &resolved.graph, &selection);
        resolved.renderer.select(&selected.value);
        Ok(selected)
    }

    /// The first rows of each selected node.
    pub(crate) fn rows(
        &self,
        resolved: &Resolved<'_>,
        selected: &[NodeId],
        limit: Option<usize>,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Vec<(String, Table)>, ExitCode> {
        let warehouse = run::open(&self.project.target, &self.world).map_err(|found| fail(found, said))?;
        let live = Live::connect(warehouse.as_ref()).map_err(|found| fail(found, said))?;
        let mut connection = warehouse.connect().map_err(|found| fail(found, said))?;
        // Tables of temporary parts are gone; what they are made of stands in.
        let wanted = emit::with_temporary(selected, &resolved.graph, &resolved.plan);
        let mut compilation = compile::compile(resolved, Some(&wanted), &live).collect(said);
        if resolved.plan.has_temporary() {
            let inliner = Inliner::after_run(resolved.context(&compilation.rendered));
            for id in selected {
                let compiled = &mut compilation.compiled[*id];
                *compiled = compiled.take().and_then(|_| inliner.compile(*id));
            }
        }
        let mut tables = Vec::new();
        for id in selected {
            let compiled = compilation.compiled[*id].as_ref();
            match run::rows(&self.project, &resolved.collected, compiled, *id, limit, connection.as_mut()) {
                Ok(Some(table)) => tables.push((self.project.node(*id).name.clone(), table)),
                Ok(None) => {}
                Err(found) => said.push(found),
            }
        }
        Ok(tables)
    }

    /// Writes compiled SQL and the manifest; for everything the deploy script too, and removes what is left of
    /// parts that are gone; before a run also the statements that are about to be run.
    pub(crate) fn write_target(
        &self,
        resolved: &Resolved<'_>,
        compilation: &Compilation,
        extent: Extent,
    ) -> Vec<Diagnostic> {
        let _writing = timing::stage("write");
        let folder = self.target_folder();
        let context = resolved.context(&compilation.rendered);
        let mut files = emit::files(&context, &compilation.compiled, extent == Extent::Run);
        let mut old_folders = Vec::new();
        for part in ["compiled", "run"] {
            // By the pieces of paths: what stands between them is another on another system.
            let is_own = |file: &emit::TargetFile<'_>| file.path.starts_with(part);
            let own = files.iter().filter_map(|file| {
                let below = file.path.strip_prefix(part).ok()?;
                Some((below, file.text.as_bytes()))
            });
            let own: Vec<(&Utf8Path, &[u8])> = own.collect();
            match write_new_folder(&folder.join(part), &own) {
                Ok(true) => files.retain(|file| !is_own(file)),
                Ok(false) => old_folders.push(part),
                Err(error) => return vec![not_written(&folder.join(part), &error)],
            }
        }
        // One full disk or read-only folder is one message, not one for each file.
        let failed = files.into_par_iter().find_map_first(|file| self.write(file.path, file.text.as_bytes()));
        let mut said: Vec<Diagnostic> = failed.into_iter().collect();
        if said.is_empty() && extent == (Extent::All { deploy: true }) {
            said.extend(self.write_deploy(&context));
        }
        if said.is_empty() {
            said.extend(self.write_manifest(&context, &compilation.compiled));
        }
        if matches!(extent, Extent::All { .. }) && said.is_empty() {
            let compiled = compilation.compiled.iter().filter(|(_, compiled)| compiled.is_some());
            let paths: Vec<Utf8PathBuf> = compiled.map(|(id, _)| emit::path(self.project.node(id))).collect();
            for part in old_folders {
                let below = folder.join(part);
                let kept: FxHashSet<String> = paths.iter().map(|path| below.join(path).into()).collect();
                said.extend(remove_stale(&below, &kept).err().map(|error| not_written(&below, &error)));
            }
        }
        said
    }

    fn write_deploy(&self, context: &emit::Context<'_>) -> Option<Diagnostic> {
        let _span = timing::stage("deploy");
        let path = self.target_folder().join("deploy").join(format!("{}.sql", context.project.target.name));
        let written = write_stream(&path, |out| emit::deploy(context, out));
        written.err().map(|error| not_written(&path, &error))
    }

    /// Writes just the manifest, without SQL.
    pub(crate) fn write_parsed(&self, resolved: &Resolved<'_>) -> Option<Diagnostic> {
        let rendered = super::state::nothing_rendered(resolved);
        let none = NodeMap::new(self.project.nodes.iter().map(|_| None).collect());
        self.write_manifest(&resolved.context(&rendered), &none)
    }

    /// Writes `target/run_results.json`.
    pub(crate) fn write_run_results(
        &self,
        request: &RunRequest<'_>,
        report: &RunReport,
        args: &ProjectArgs,
    ) -> Vec<Diagnostic> {
        if self.output.no_write_json {
            return Vec::new();
        }
        let flags = serde_json::json!({
            "vars": args.vars,
            "target": args.target,
            "profile": args.profile,
            "full_refresh": args.full_refresh,
            "store_failures": request.options.store_failures,
            "threads": request.options.threads,
            "fail_fast": request.options.fail_fast,
        });
        let args = flags.as_object().cloned().unwrap_or_default();
        let invocation = run::Invocation { id: self.invocation_id(), args };
        let results = run::run_results(request, report, &invocation);
        self.write("run_results.json".into(), results.to_string().as_bytes()).into_iter().collect()
    }

    /// Writes `target/run_results.json` after an operation.
    pub(crate) fn write_operation_results(
        &self,
        ended: &HookResult,
        args: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<Diagnostic> {
        use crate::world::World as _;
        let invocation = run::Invocation { id: self.invocation_id(), args: args.clone() };
        let results = run::operation_results(ended, self.world.now(), &invocation);
        self.write("run_results.json".into(), results.to_string().as_bytes())
    }

    fn write_manifest(
        &self,
        context: &emit::Context<'_>,
        compiled: &NodeMap<Option<Compiled>>,
    ) -> Option<Diagnostic> {
        if self.output.no_write_json {
            return None;
        }
        let _span = timing::stage("manifest");
        // No time and no id: the same project gives the same bytes.
        let stamp = emit::artifacts::Stamp::default();
        let path = self.target_folder().join("manifest.json");
        let written = write_stream(&path, |out| emit::artifacts::manifest(context, compiled, &stamp, out));
        if let Err(error) = written {
            return Some(not_written(&path, &error));
        }
        let mut semantic = Vec::new();
        match emit::artifacts::semantic_manifest(context, &mut semantic) {
            Ok(true) => self.write("semantic_manifest.json".into(), &semantic),
            Ok(false) => None,
            Err(error) => Some(not_written(&path, &error)),
        }
    }

    pub(super) fn write(&self, path: Utf8PathBuf, bytes: &[u8]) -> Option<Diagnostic> {
        let path = self.target_folder().join(path);
        write_if_changed(&path, bytes).err().map(|error| not_written(&path, &error))
    }
}

/// Every kind that a selection may hold: all but hooks.
fn selectable() -> impl Iterator<Item = NodeKind> {
    selector::RESOURCE_TYPES.iter().copied().filter(|kind| *kind != NodeKind::Operation)
}

fn kinds(names: &[String]) -> Result<Vec<NodeKind>, ExitCode> {
    let mut kinds = Vec::new();
    for name in names.iter().flat_map(|names| names.split([' ', ','])).filter(|name| !name.is_empty()) {
        match name {
            "all" => kinds.extend(selectable()),
            "default" => kinds.extend(selectable().filter(|kind| *kind != NodeKind::Analysis)),
            name => match selector::resource_type(name) {
                Some(kind) => kinds.push(kind),
                None => {
                    output::line(&format!("error[B0901]: resource type `{name}` is not known"));
                    let all: Vec<&str> = selectable().map(NodeKind::resource_type).collect();
                    match suggest::closest(name, all.iter().copied()) {
                        Some(near) => output::line(&format!("help: did you mean `{near}`?")),
                        None => output::line(&format!("help: one of {}, all, default", all.join(", "))),
                    }
                    return Err(ExitCode::Failure);
                }
            },
        }
    }
    Ok(kinds)
}

pub(super) fn not_written(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::WRITE_FAILED, format!("`{path}` can't be written: {error}"))
        .help("free some space or choose another folder with --target-path")
}

//! The driver: the whole pipeline on one screen.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Staged};
use crate::emit::{self, Compiled};
use crate::flow::{self, Known};
use crate::graph::{self, Graph};
use crate::plan::{self, Approved, Plan, Statements, Statistics, Wishes};
use crate::project::{Alike, NodeId, NodeMap, Project};
use crate::render::{Collected, Introspect, RenderOptions, Rendered, Renderer, Standing, Twin};
use crate::run::Fresh;
use crate::sql::{self, Relation, RelationKind};
use crate::world::{World, timing};

/// What a compilation depends on besides the project.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// For templates.
    pub render: RenderOptions,
    /// True if the plan is made without regard to the approved one.
    pub fresh_plan: bool,
}

/// A project whose names are resolved and whose parts are decided; nothing has asked the warehouse yet.
pub struct Resolved<'p> {
    /// What was loaded.
    pub project: &'p Project,
    /// The macros, compiled; renders again when a run asks for it.
    pub renderer: Renderer<'p>,
    /// Configs, relations, refs.
    pub collected: Collected,
    /// Who reads whom.
    pub graph: Graph,
    /// What the authors want.
    pub wishes: Wishes,
    /// The SQL that the plan was made from, if anything was left to it.
    pub rehearsed: Option<Rendered>,
    /// What was decided last.
    pub approved: Approved,
    /// What earlier runs tell of parts, where the project wants that to count.
    pub statistics: Statistics,
    /// What each part becomes.
    pub plan: Plan,
    /// What columns inherit, where the project wants it in artifacts and somebody has followed columns.
    pub inherited: Option<emit::ColumnMeta>,
}

impl Resolved<'_> {
    /// What emitting reads.
    pub fn context<'a>(&'a self, rendered: &'a Rendered) -> emit::Context<'a> {
        let Self { project, collected, graph, plan, .. } = self;
        emit::Context { project, collected, graph, plan, rendered, inherited: self.inherited.as_ref() }
    }

    /// What lineage reads: what is known of tables, whether a warehouse answered macros, and the nodes it is for.
    pub fn flow_input<'a>(
        &'a self,
        rendered: &'a Rendered,
        known: &'a Known,
        is_answered: bool,
        only: Option<&'a [NodeId]>,
    ) -> flow::Input<'a> {
        let Self { project, collected, graph, .. } = self;
        flow::Input { project, collected, graph, rendered, known, is_answered, only, memo: None }
    }

    /// What planning and measuring read; statements of which a part was not rendered are measured without it.
    pub fn plan_input<'a>(&'a self, rendered: &'a Rendered) -> plan::Input<'a> {
        let Self { project, collected, graph, wishes, approved, statistics, .. } = self;
        plan::Input { project, collected, graph, wishes, rendered, approved, statistics }
    }
}

/// A state of the project that was compiled before another one, which is compiled beside it.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    /// Its graph and plan.
    pub resolved: &'a Resolved<'a>,
    /// Its SQL before inlining.
    pub rendered: &'a Rendered,
}

/// The SQL of every node that has some.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// Before inlining.
    pub rendered: Rendered,
    /// With inlined parts put in, in dbt's naming.
    pub compiled: NodeMap<Option<Compiled>>,
    /// What the statements are like; only the whole project's can be measured whole.
    pub statements: Option<Statements>,
}

/// From a loaded project to its graph and plan. [`crate::project::load`] comes before.
pub fn resolve<'p>(
    project: &'p Arc<Project>,
    world: &'p dyn World,
    options: Options,
) -> Staged<Resolved<'p>> {
    resolve_beside(project, world, options, None)
}

/// The same where another state of the project was compiled before: nodes that are alike in both are not rendered again,
/// here and later, and what there is to say of them is not said again.
pub fn resolve_beside<'p>(
    project: &'p Arc<Project>,
    world: &'p dyn World,
    options: Options,
    before: Option<Before<'p>>,
) -> Staged<Resolved<'p>> {
    let mut said: Vec<Diagnostic> = Vec::new();
    let fresh = options.fresh_plan;
    let mut renderer = timed("macros", || Renderer::new(project, world, options.render)).collect(&mut said);
    if let Some(before) = before {
        let Resolved { renderer: there, collected, graph, rehearsed, .. } = before.resolved;
        let alike = timed("alike", || Alike::new(project, before.resolved.project));
        let (rendered, rehearsed) = (before.rendered, rehearsed.as_ref());
        renderer.beside(Twin { alike, renderer: there, collected, graph, rendered, rehearsed });
    } else if let Some(cache) = world.cache() {
        timed("recall", || renderer.keep_in(cache));
    }
    let collected = timed("collect", || renderer.collect()).collect(&mut said);
    let graph = timed("resolve", || graph::resolve(project, &collected)).collect(&mut said);
    let planning = timing::stage("plan");
    let wishes = plan::wishes(project, &collected, &graph).collect(&mut said);
    // Nothing is rendered where authors have decided all. What goes wrong is told when it is compiled.
    let rehearse = || timed("rehearse", || renderer.rehearse(&collected, &graph, &graph.order));
    let rehearsed = plan::is_open(&wishes).then(rehearse);
    let approved = if fresh {
        Ok(Approved::default())
    } else {
        plan::approved::read(project, world.read(&plan::approved::path(project)))
    };
    let approved = approved.unwrap_or_else(|wrong| {
        said.push(wrong);
        Approved::default()
    });
    let statistics = plan::statistics::read(project, |path| world.read(path), &mut said);
    let nothing = Rendered { nodes: NodeMap::new(Vec::new()) };
    let input = plan::Input {
        project,
        collected: &collected,
        graph: &graph,
        wishes: &wishes,
        rendered: rehearsed.as_ref().unwrap_or(&nothing),
        approved: &approved,
        statistics: &statistics,
    };
    let plan = plan::plan(input).collect(&mut said);
    drop(planning);
    let inherited = None;
    let resolved = Resolved {
        project,
        renderer,
        collected,
        graph,
        wishes,
        rehearsed,
        approved,
        statistics,
        plan,
        inherited,
    };
    Staged::new(resolved, said)
}

/// From the graph to SQL, for the wanted nodes and the parts that are inlined into them; for all if `None`.
pub fn compile(
    resolved: &Resolved<'_>,
    wanted: Option<&[NodeId]>,
    introspect: &dyn Introspect,
) -> Staged<Compilation> {
    let Resolved { project, collected, graph, plan, .. } = resolved;
    let mut said: Vec<Diagnostic> = Vec::new();
    let whole = wanted.is_none();
    let wanted = wanted.map(|nodes| emit::with_inlined(nodes, graph, plan));
    let rendered = render(resolved, wanted.as_deref(), introspect).collect(&mut said);
    let measure = || timed("measure", || plan::statements(resolved.plan_input(&rendered), plan));
    let statements = whole.then(|| measure().collect(&mut said));
    let compiled = timed("emit", || emit::compile(project, collected, graph, plan, &rendered));
    let compiled = compiled.collect(&mut said);
    Staged::new(Compilation { rendered, compiled, statements }, said)
}

/// From the graph to SQL before inlining, for the wanted nodes; for all if `None`.
pub fn render(
    resolved: &Resolved<'_>,
    wanted: Option<&[NodeId]>,
    introspect: &dyn Introspect,
) -> Staged<Rendered> {
    let Resolved { project, renderer, collected, graph, .. } = resolved;
    let mut said: Vec<Diagnostic> = Vec::new();
    let rendered = timed("render", || renderer.render(collected, graph, wanted, introspect));
    let mut rendered = rendered.collect(&mut said);
    for broken in timed("check", || sql::check(project, collected, &rendered)).collect(&mut said) {
        rendered.nodes[broken] = None;
    }
    Staged::new(rendered, said)
}

/// One stage's work, noted as such.
fn timed<T>(stage: &'static str, work: impl FnOnce() -> T) -> T {
    let _span = timing::stage(stage);
    work()
}

/// The SQL of incremental parts before inlining, as it is once their tables are there: with what stands under
/// `is_incremental()`. What goes wrong is not told; the first rendering tells it.
pub fn added_to(resolved: &Resolved<'_>) -> NodeMap<Option<String>> {
    let Resolved { project, renderer, collected, graph, plan, .. } = resolved;
    let is_incremental = |id: &NodeId| {
        let decision = plan.decisions[*id].as_ref();
        decision.is_some_and(|it| it.materialization == plan::Materialization::Incremental)
    };
    let wanted: Vec<NodeId> = graph.order.iter().copied().filter(is_incremental).collect();
    let mut texts = NodeMap::new(project.nodes.iter().map(|_| None).collect());
    if wanted.is_empty() {
        return texts;
    }
    let table = |id: &NodeId| {
        let relation = collected.nodes[*id].as_ref()?.relation.clone()?;
        Some(Relation { kind: Some(RelationKind::Table), ..relation })
    };
    let standing = Standing(wanted.iter().filter_map(table).collect());
    let mut rendered = renderer.render(collected, graph, Some(&wanted), &standing).value;
    for id in wanted {
        texts[id] = rendered.nodes[id].take().map(|it| it.sql);
    }
    texts
}

/// One node's SQL anew, for a part whose macros ask the warehouse: it is rendered again just before it is built.
pub fn again(resolved: &Resolved<'_>, id: NodeId, introspect: &dyn Introspect) -> Staged<Option<Fresh>> {
    let Staged { value: mut compilation, diagnostics } = compile(resolved, Some(&[id]), introspect);
    let hooks = compilation.rendered.nodes[id].take();
    let fresh = compilation.compiled[id].take().zip(hooks).map(|(compiled, rendered)| Fresh {
        compiled,
        before_inlining: rendered.sql,
        pre_hooks: rendered.pre_hooks,
        post_hooks: rendered.post_hooks,
    });
    Staged::new(fresh, diagnostics)
}

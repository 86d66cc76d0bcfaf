//! Asks the engine whether it takes what is planned, without running it: `buhin plan --verify`.
//!
//! Everything happens in a database of its own in memory, where empty relations stand in for what statements read. Of
//! the target's database only the columns of sources are looked up, and it is opened for reading only.

mod blame;
mod scratch;

use rustc_hash::FxHashSet;

use super::report::Recompile;
use super::{Live, failure};
use crate::diagnostic::{Diagnostic, Staged};
use crate::emit::{Compiled, Context, with_inlined};
use crate::plan::Materialization;
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::sql::{TokenKind, tokens};
use crate::world::World;
use blame::{Blame, blame};
use scratch::Scratch;

/// What is asked about.
#[derive(Clone, Copy)]
pub struct VerifyRequest<'a> {
    /// The project and its plan; rendered as an empty warehouse would have it.
    pub context: Context<'a>,
    /// The statements, made from that.
    pub compiled: &'a NodeMap<Option<Compiled>>,
    /// What is to be verified, with all upstream of it, in any order.
    pub nodes: &'a [NodeId],
    /// Renders what asks the warehouse anew, when what it reads stands there.
    pub recompile: &'a Recompile<'a>,
    /// For seeds, and for the database's library.
    pub world: &'a dyn World,
}

/// What the engine says of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It plans it.
    Taken,
    /// It refuses it, as a diagnostic tells.
    Refused,
    /// It can't be asked; why.
    Unknown(String),
}

impl Verdict {
    /// The name in tables and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Asks about each statement of the nodes, in the order of the graph; B0508 for those that are refused.
///
/// Fails where the engine can't be asked at all.
pub fn verify(request: &VerifyRequest<'_>) -> Result<Staged<Vec<(NodeId, Verdict)>>, Diagnostic> {
    let project = request.context.project;
    let scratch = Scratch::open(request.context, request.world)?;
    let live = Live::connect(scratch.warehouse.as_ref())?;
    let absent = NodeMap::new(vec![None; project.nodes.len()]);
    let mut verifier =
        Verifier { request, scratch, live, absent, told: FxHashSet::default(), said: Vec::new() };
    let wanted: FxHashSet<NodeId> = request.nodes.iter().copied().collect();
    let mut verdicts = Vec::new();
    for id in request.context.graph.order.iter().copied().filter(|id| wanted.contains(id)) {
        if let Some(verdict) = verifier.node(id) {
            verdicts.push((id, verdict));
        }
    }
    Ok(Staged::new(verdicts, verifier.said))
}

struct Verifier<'a> {
    request: &'a VerifyRequest<'a>,
    scratch: Scratch<'a>,
    /// Answers macros from what stands in the scratch database.
    live: Live,
    /// Why nothing stands in for a node, or for something that is read through it.
    absent: NodeMap<Option<String>>,
    /// Parts whose own texts have been told of.
    told: FxHashSet<NodeId>,
    said: Vec<Diagnostic>,
}

impl Verifier<'_> {
    /// The verdict on a node's statement; `None` if it has none of its own.
    fn node(&mut self, id: NodeId) -> Option<Verdict> {
        let Context { project, graph, plan, .. } = self.request.context;
        let node = project.node(id);
        match node.kind {
            NodeKind::Source | NodeKind::Seed => {
                let made =
                    if node.kind == NodeKind::Seed { self.scratch.seed(id) } else { self.scratch.source(id) };
                self.absent[id] = made.err();
                return None;
            }
            NodeKind::Model | NodeKind::Snapshot | NodeKind::Test => {}
            _ => return None,
        }
        let why = graph.parents[id].iter().find_map(|parent| self.absent[*parent].clone());
        if plan.is_inline(id) {
            self.absent[id] = why;
            return None;
        }
        let verdict = match why {
            Some(why) => Verdict::Unknown(why),
            None if node.is_python => Verdict::Unknown("a python model is no statement".to_owned()),
            None => self.statement(id),
        };
        self.absent[id] = match &verdict {
            Verdict::Taken => None,
            Verdict::Refused => Some(format!("`{}`, which it reads, is refused", node.name)),
            Verdict::Unknown(why) => Some(why.clone()),
        };
        Some(verdict)
    }

    fn statement(&mut self, id: NodeId) -> Verdict {
        let Context { project, graph, plan, rendered, .. } = self.request.context;
        let asks = with_inlined(&[id], graph, plan)
            .iter()
            .any(|part| rendered.nodes[*part].as_ref().is_some_and(|it| it.introspects || it.queries));
        let fresh;
        let compiled = if asks {
            fresh = (self.request.recompile)(id, &self.live).value.map(|fresh| fresh.compiled);
            fresh.as_ref()
        } else {
            self.request.compiled[id].as_ref()
        };
        let Some(compiled) = compiled else { return Verdict::Unknown("it has no SQL".to_owned()) };
        let sql = scratch::bare(project.target.dialect, &compiled.sql);
        if tokens(project.target.dialect, &sql).any(|token| token.kind == TokenKind::Symbol(b';')) {
            return Verdict::Unknown("it is several statements".to_owned());
        }
        let asked = self.scratch.explain(&sql);
        let asked = asked.and_then(|()| self.scratch.stand_in(id, &sql, self.as_view(id)));
        let Err(error) = asked else { return Verdict::Taken };
        // What macros were answered is not to be had again for a statement that is put together otherwise.
        let found = if asks || compiled.ctes.is_empty() {
            Blame::Text { node: id, compiled: Box::new(compiled.clone()), error }
        } else {
            blame(&mut self.scratch, self.request.context, id, compiled, error)
        };
        self.tell(id, compiled, &found);
        Verdict::Refused
    }

    /// True for what has to stand there as a view: engines put it into its readers.
    fn as_view(&self, id: NodeId) -> bool {
        self.request.context.plan.materialization(id) == Some(&Materialization::View)
    }

    fn tell(&mut self, id: NodeId, compiled: &Compiled, found: &Blame) {
        let project = self.request.context.project;
        let name = |id: NodeId| project.node(id).name.as_str();
        let told = match found {
            Blame::Text { node, .. } if !self.told.insert(*node) => return,
            Blame::Text { node, compiled, error } => {
                let mut told = failure::refused(project, *node, compiled, error);
                if *node != id {
                    told = told.note(format!("it is inlined into `{}`", name(id)));
                }
                told.help(format!("mend its SQL; `buhin compile --select {}` shows it", name(*node)))
            }
            Blame::Together { parts, store, error } => {
                let told = failure::refused(project, id, compiled, error);
                let names: Vec<String> = parts.iter().map(|part| format!("`{}`", name(*part))).collect();
                let told = told.note(format!(
                    "it is taken if these are stored, and refused if just these are inlined: {}",
                    names.join(", ")
                ));
                match store {
                    Some(part) => {
                        told.help(format!("materialize `{}` as `table`: then it is taken", name(*part)))
                    }
                    None => told.help("materialize some of them as `table`"),
                }
            }
        };
        self.said.push(told);
    }
}

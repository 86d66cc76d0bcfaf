//! What the first pass learnt in an earlier run, for nodes that are written as they were then.
//!
//! A template can read its own node and the ground that all nodes stand on, both of which have [`Prints`]; variables of the
//! environment are held against what they were. A node is not kept if it could look at the clock or the command's options,
//! said something, or had a mistake in it. So one command can take what another has left.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::collect;
use super::{Collected, CollectedNode, RefCall, Renderer, SourceCall};
use crate::project::{Config, NodeId, Print, Prints};
use crate::source::{FileId, Span};
use crate::sql::{Dialect, Relation};
use crate::world::{Cache, may_be_secret};

/// For so many grounds (macros, targets, vars) the first pass is kept.
const GROUNDS: usize = 4;

/// The first pass of an earlier run.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    /// The variables of the environment that templates asked for, and the prints of their values.
    env: Vec<(Cow<'a, str>, Option<Print>)>,
    /// The files that entries name by number.
    files: Vec<Print>,
    nodes: Vec<Entry<'a>>,
}

/// One node of it.
#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    print: Print,
    config: Cow<'a, Map<String, Value>>,
    /// The name in the warehouse, or the one that it would have.
    name: Option<Name<'a>>,
    is_there: bool,
    refs: Vec<Called<'a>>,
    sources: Vec<Called<'a>>,
    macros: Cow<'a, [String]>,
}

/// A relation of the project's dialect.
#[derive(Serialize, Deserialize)]
struct Name<'a>(Option<Cow<'a, str>>, Option<Cow<'a, str>>, Option<Cow<'a, str>>, [bool; 3]);

/// A call: package, name, version or source, table; the file's number, start and end.
#[derive(Serialize, Deserialize)]
struct Called<'a>(Option<Cow<'a, str>>, Cow<'a, str>, Option<Cow<'a, str>>, [u32; 3]);

/// What is known from an earlier run, and what this one is told by.
pub(super) struct Memory<'c> {
    cache: &'c Cache,
    prints: Prints,
    /// The name that it has in the cache.
    name: String,
    env: Vec<(String, Option<Print>)>,
    /// By the number that entries have, the file at hand.
    files: Vec<Option<FileId>>,
    nodes: FxHashMap<Print, Entry<'static>>,
}

impl<'p> Renderer<'p> {
    /// From now on what the first pass learns is looked for in a cache, and left there.
    pub fn keep_in(&mut self, cache: &'p Cache) {
        let prints = Prints::of(self.project);
        let name = format!("first-{}", prints.ground.text());
        let kept = cache.recall(&name).and_then(|bytes| sonic_rs::from_slice::<Kept<'static>>(&bytes).ok());
        let holds = |kept: &Kept<'_>| {
            kept.env.iter().all(|(name, print)| self.world.env(name).as_deref().map(print_of) == *print)
        };
        let kept =
            kept.filter(holds).unwrap_or(Kept { env: Vec::new(), files: Vec::new(), nodes: Vec::new() });
        let by_print: FxHashMap<Print, FileId> = prints.files().map(|(id, print)| (print, id)).collect();
        let files = kept.files.iter().map(|print| by_print.get(print).copied()).collect();
        let env = kept.env.into_iter().map(|(name, print)| (name.into_owned(), print)).collect();
        let nodes = kept.nodes.into_iter().map(|entry| (entry.print, entry)).collect();
        self.memory = Some(Memory { cache, prints, name, env, files, nodes });
    }

    /// What the first pass learns of a node, if it is known from an earlier run.
    pub(super) fn recalled(&self, id: NodeId) -> Option<CollectedNode> {
        let memory = self.memory.as_ref()?;
        let entry = memory.nodes.get(&memory.prints.nodes[id])?;
        let of_ref = |Called(package, name, version, place): &Called<'_>| {
            let text = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
            let (package, version) = (text(package), text(version));
            Some(RefCall { package, name: name.to_string(), version, span: memory.span(*place)? })
        };
        let of_source = |Called(source, table, _, place): &Called<'_>| {
            let source = source.as_deref()?.to_owned();
            Some(SourceCall { source, table: table.to_string(), span: memory.span(*place)? })
        };
        let inline_config = Config { values: entry.config.clone().into_owned() };
        let node = self.shared.node(id);
        let name = entry.name.as_ref().map(|name| name.relation(self.project.target.dialect));
        let (relation, place) = if entry.is_there { (name, None) } else { (None, name) };
        Some(CollectedNode {
            config: collect::with_inline(&Arc::new(collect::outer_config(node)), node, &inline_config),
            inline_config,
            relation,
            place,
            refs: entry.refs.iter().map(of_ref).collect::<Option<_>>()?,
            sources: entry.sources.iter().map(of_source).collect::<Option<_>>()?,
            macros: entry.macros.clone().into_owned(),
            failed: false,
        })
    }

    /// Leaves the first pass for the next run, unless there is nothing new in it; `wrong` are nodes of which there was
    /// something to say.
    pub(super) fn leave(&self, collected: &Collected, wrong: &FxHashSet<NodeId>) {
        let Some(memory) = &self.memory else { return };
        let Some(env) = self.env_prints(&memory.env) else { return };
        let momentary = self.shared.momentary();
        let is_kept = |id: &NodeId, node: &CollectedNode| {
            !node.failed && !wrong.contains(id) && !momentary.contains(id)
        };
        let nodes: Vec<(NodeId, &CollectedNode)> = collected
            .nodes
            .iter()
            .filter_map(|(id, node)| Some((id, node.as_ref()?)))
            .filter(|(id, node)| is_kept(id, node))
            .collect();
        if nodes.iter().all(|(id, _)| memory.nodes.contains_key(&memory.prints.nodes[*id])) {
            return;
        }
        let mut files = Files { prints: &memory.prints, numbers: FxHashMap::default(), all: Vec::new() };
        let entries: Vec<Entry<'_>> = nodes
            .into_iter()
            .filter_map(|(id, node)| Entry::of(memory.prints.nodes[id], node, &mut files))
            .collect();
        let env = env.iter().map(|(name, print)| (Cow::Borrowed(name.as_str()), *print)).collect();
        let kept = Kept { env, files: files.all, nodes: entries };
        if let Ok(bytes) = sonic_rs::to_vec(&kept) {
            memory.cache.keep(&memory.name, bytes, GROUNDS);
        }
    }

    /// What templates asked of the environment, in this run and in those before; `None` if a secret may be among it, of
    /// which even a print tells something.
    fn env_prints(&self, before: &[(String, Option<Print>)]) -> Option<Vec<(String, Option<Print>)>> {
        let asked = self.shared.asked_env();
        if asked.iter().any(|(name, value)| value.is_some() && may_be_secret(name)) {
            return None;
        }
        let asked = asked.into_iter().map(|(name, value)| (name, value.as_deref().map(print_of)));
        let mut all: Vec<(String, Option<Print>)> = before.iter().cloned().chain(asked).collect();
        all.sort();
        all.dedup();
        Some(all)
    }
}

fn print_of(value: &str) -> Print {
    Print::of(value.as_bytes())
}

impl Memory<'_> {
    fn span(&self, [file, start, end]: [u32; 3]) -> Option<Span> {
        Some(Span { file: self.files.get(file as usize).copied().flatten()?, start, end })
    }
}

/// Numbers for the files that entries name.
struct Files<'a> {
    prints: &'a Prints,
    numbers: FxHashMap<FileId, u32>,
    all: Vec<Print>,
}

impl Files<'_> {
    fn place(&mut self, span: Span) -> Option<[u32; 3]> {
        let print = self.prints.file(span.file)?;
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(span.file).or_insert(next);
        if number == next {
            self.all.push(print);
        }
        Some([number, span.start, span.end])
    }
}

impl<'a> Entry<'a> {
    /// `None` for a call that stands in no file of the project's.
    fn of(print: Print, node: &'a CollectedNode, files: &mut Files<'_>) -> Option<Self> {
        let CollectedNode { config: _, inline_config, relation, place, refs, sources, macros, failed: _ } =
            node;
        let refs = refs.iter().map(|RefCall { package, name, version, span }| {
            let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
            Some(Called(text(package), name.into(), text(version), files.place(*span)?))
        });
        let refs = refs.collect::<Option<_>>()?;
        let sources = sources.iter().map(|SourceCall { source, table, span }| {
            Some(Called(Some(source.into()), table.into(), None, files.place(*span)?))
        });
        Some(Self {
            print,
            config: Cow::Borrowed(&inline_config.values),
            name: relation.as_ref().or(place.as_ref()).map(Name::of),
            is_there: relation.is_some(),
            refs,
            sources: sources.collect::<Option<_>>()?,
            macros: Cow::Borrowed(macros),
        })
    }
}

impl<'a> Name<'a> {
    fn of(relation: &'a Relation) -> Self {
        // What stands there is only known when the warehouse is asked.
        let Relation { database, schema, identifier, quote, kind: _, dialect: _ } = relation;
        let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        Self(text(database), text(schema), text(identifier), *quote)
    }

    fn relation(&self, dialect: Dialect) -> Relation {
        let Self(database, schema, identifier, quote) = self;
        let text = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
        let (database, schema, identifier) = (text(database), text(schema), text(identifier));
        Relation { database, schema, identifier, quote: *quote, kind: None, dialect }
    }
}

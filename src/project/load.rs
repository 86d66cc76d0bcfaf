//! The stage's driver: project files first, then all other files at once, then everything put together.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::descriptions::{self, Docs};
use super::discover::{self, Found, Role};
use super::packages::Loader;
use super::project_file::ProjectFile;
use super::properties::{self, Attached, Context, Draft, Properties};
use super::yaml_jinja::YamlJinja;
use super::{
    DocBlock, LoadOptions, MacroFile, Node, NodeId, Package, Project, Settings, Target, blocks, check,
    definitions, dependencies, errors, files, folder_config, profile, selectors, settings, yaml,
};
use crate::diagnostic::{Diagnostic, Staged};
use crate::source::{FileId, Sources, Span, Spanned};
use crate::sql::Dialect;
use crate::world::{World, timing};

/// See [`super::load`].
pub(super) fn load(world: &dyn World, options: &LoadOptions) -> Staged<Result<Project, Sources>> {
    let mut diagnostics = Vec::new();
    let mut sources = Sources::default();
    let project = Loading { world, options, sources: &mut sources, diagnostics: &mut diagnostics }.project();
    let loaded = match project {
        Some(project) => Ok(Project { files: sources, ..project }),
        None => Err(sources),
    };
    Staged::new(loaded, diagnostics)
}

/// A YAML mapping that stands on the command line (`--vars`, `--args`); an error says what it is instead.
pub fn mapping(text: &str) -> Result<Map<String, Value>, String> {
    let file = Sources::default().add("<buhin>/argument", text);
    let document = yaml::parse(file, text);
    if let Some(problem) = document.diagnostics.iter().find(|problem| problem.is_error()) {
        return Err(problem.label.as_ref().map_or_else(String::new, |label| label.text.clone()));
    }
    match document.root.map(|root| (root.kind_name(), root.to_value())) {
        Some((_, Value::Object(mapping))) => Ok(mapping),
        Some((kind, _)) => Err(format!("it is {kind}")),
        None => Ok(Map::new()),
    }
}

struct Loading<'l> {
    world: &'l dyn World,
    options: &'l LoadOptions,
    sources: &'l mut Sources,
    diagnostics: &'l mut Vec<Diagnostic>,
}

/// What one file gave.
enum Piece {
    Nodes(Vec<Node>, Vec<Diagnostic>),
    Properties(Properties),
    Docs(Vec<DocBlock>, Vec<Diagnostic>),
    Macros(MacroFile),
}

impl Loading<'_> {
    fn project(mut self) -> Option<Project> {
        let path = Utf8Path::new("dbt_project.yml");
        if !self.world.exists(path) {
            self.diagnostics.push(errors::no_project(self.world.root()));
            return None;
        }
        let cli_vars = dependencies::cli_vars(self.options.vars.as_deref(), self.diagnostics);
        let root_file = files::read(self.world, path, self.sources, self.diagnostics)?;
        let settings = self.settings();
        let target = self.target(root_file, &cli_vars);
        let none = Map::new();
        let credentials = target.as_ref().map_or(&none, |target| &target.credentials);
        let shown = shown_target(target.as_ref(), credentials);
        let loader = Loader { world: self.world, cli_vars: &cli_vars, credentials: &shown };
        let root = loader.read(root_file, Utf8Path::new(""), self.sources, self.diagnostics)?;
        let mut projects = vec![root];
        projects.extend(loader.packages(&projects[0], self.sources, self.diagnostics));
        if let Some(path) = &self.options.target_path {
            projects[0].package.paths.target.clone_from(path);
        }
        // Without a target nothing can be compiled; what is wrong with the other files is still worth telling.
        let target = target?;

        let walking = timing::stage("walk");
        let found: Vec<(usize, Found)> = projects
            .iter()
            .enumerate()
            .flat_map(|(at, project)| {
                let found = discover::discover(self.world, &project.package, self.diagnostics);
                found.into_iter().map(move |found| (at, found))
            })
            .collect();
        drop(walking);
        let reading = timing::stage("read");
        let files = self.read(&found);
        drop(reading);
        let parsing = timing::stage("parse");
        let world = self.world;
        let jinjas: Vec<YamlJinja<'_>> = projects
            .iter()
            .map(|project| yaml_jinja(world, project, &projects[0], &cli_vars, &shown))
            .collect();
        let pieces = self.pieces(&projects, &found, &files, &jinjas, &target);
        let selectors = selectors::read(self.world, &jinjas[0], self.sources, self.diagnostics);

        drop(parsing);
        let _assembling = timing::stage("assemble");
        let mut assembly = Assembly::default();
        for ((at, _), piece) in found.iter().zip(pieces) {
            assembly.add(&projects[*at].package.name, piece, self.diagnostics);
        }
        let Assembly { mut drafts, patches, source_patches, docs, macro_files, macro_properties, groups } =
            assembly;
        let off = |draft: &Draft| !enabled_by_folders(draft, &projects, target.dialect);
        properties::apply(patches, source_patches, &mut drafts, &off, self.diagnostics);
        properties::unit_tests_by_version(&mut drafts);
        for draft in &mut drafts {
            // A text that no file has gets a file of its own, so that all later stages have one way.
            if let Some(text) = draft.text.take() {
                let path = format!("<buhin>/{}/{}", draft.node.package, draft.node.relative_path);
                let length = text.len();
                let file = self.sources.add(path, text);
                draft.node.span = Span::new(file, 0, length);
                draft.node.body = Some(draft.node.span);
            }
        }
        let hooks = projects.iter().flat_map(|project| definitions::hooks(&project.package));
        drafts.extend(hooks.map(|node| Draft { node: Box::new(node), attached: None, text: None }));
        let mut nodes = finish(drafts, &projects, &target);
        let docs = Arc::new(Docs { root: projects[0].package.name.clone(), blocks: docs });
        let mut macro_properties = macro_properties;
        descriptions::render(&docs, &jinjas[0], &mut nodes, &mut macro_properties, self.diagnostics);
        check::unused_configs(&projects[0], &nodes, self.diagnostics);
        check::duplicates(&nodes, self.sources, self.diagnostics);
        Some(Project {
            files: Sources::default(),
            packages: projects.into_iter().map(|project| project.package).collect(),
            target,
            nodes,
            macro_files,
            docs: Arc::unwrap_or_clone(docs).blocks,
            macro_properties,
            groups,
            selectors,
            cli_vars,
            settings,
        })
    }

    fn settings(&mut self) -> Settings {
        let path = Utf8Path::new("buhin.yml");
        if !self.world.exists(path) {
            return Settings::default();
        }
        let Some(file) = files::read(self.world, path, self.sources, self.diagnostics) else {
            return Settings::default();
        };
        let text = self.sources.get(file).text.clone();
        let document = yaml::parse(file, &text);
        self.diagnostics.extend(document.diagnostics);
        document.root.map(|root| settings::read(&root, self.diagnostics)).unwrap_or_default()
    }

    /// The target. Its profile's name stands in `dbt_project.yml`, which itself may ask for the target, so the
    /// name is read ahead.
    fn target(&mut self, root_file: FileId, cli_vars: &Map<String, Value>) -> Option<Target> {
        let text = self.sources.get(root_file).text.clone();
        let document = yaml::parse(root_file, &text);
        let wanted = document.root.as_ref().and_then(|root| root.set("profile")).and_then(|profile| {
            let jinja = YamlJinja::new(self.world, vec![cli_vars.clone()], false);
            // Problems are told when the whole file is read.
            let name = jinja.text(profile.text()?, profile.span, &mut Vec::new());
            Some(Spanned::new(name.as_str()?.to_owned(), profile.span))
        });
        profile::target(self.world, self.options, wanted.as_ref(), cli_vars, self.sources, self.diagnostics)
    }

    /// Reads every file once, whatever number of roles it has.
    fn read(&mut self, found: &[(usize, Found)]) -> Vec<Option<FileId>> {
        let paths: IndexSet<&Utf8PathBuf> = found.iter().map(|(_, found)| &found.path).collect();
        let list: Vec<Utf8PathBuf> = paths.iter().map(|path| (*path).clone()).collect();
        let ids = files::read_all(self.world, &list, self.sources, self.diagnostics);
        found.iter().map(|(_, found)| paths.get_index_of(&found.path).and_then(|at| ids[at])).collect()
    }

    fn pieces(
        &self,
        projects: &[ProjectFile],
        found: &[(usize, Found)],
        files: &[Option<FileId>],
        jinjas: &[YamlJinja<'_>],
        target: &Target,
    ) -> Vec<Option<Piece>> {
        let sources = &*self.sources;
        let piece = |((at, found), file): (&(usize, Found), &Option<FileId>)| {
            let file = (*file)?;
            let package = projects[*at].package.name.as_str();
            let text: &str = &sources.get(file).text;
            Some(match found.role {
                Role::Properties => {
                    let document = yaml::parse(file, text);
                    let context = Context { package, dialect: target.dialect, jinja: &jinjas[*at], found };
                    let mut properties = document
                        .root
                        .as_ref()
                        .map(|root| properties::read(context, root))
                        .unwrap_or_default();
                    properties.diagnostics.extend(document.diagnostics);
                    Piece::Properties(properties)
                }
                Role::Docs => {
                    let (docs, diagnostics) = doc_blocks(package, file, text);
                    Piece::Docs(docs, diagnostics)
                }
                Role::Macro => Piece::Macros(MacroFile { package: package.to_owned(), file }),
                Role::Model | Role::Seed | Role::Snapshot | Role::Test | Role::Analysis => {
                    let (nodes, diagnostics) = definitions::definitions(package, found, file, text);
                    Piece::Nodes(nodes, diagnostics)
                }
            })
        };
        // Property files stand side by side and are a thousand times the work of a part: each goes its own way.
        found.par_iter().zip(files).with_max_len(1).map(piece).collect()
    }
}

/// The Jinja of a package's property files: its vars, the root's before its own.
fn yaml_jinja<'w>(
    world: &'w dyn World,
    project: &ProjectFile,
    root: &ProjectFile,
    cli_vars: &Map<String, Value>,
    target: &Map<String, Value>,
) -> YamlJinja<'w> {
    let name = &project.package.name;
    let scoped =
        |package: &Package| package.vars.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let vars = vec![
        cli_vars.clone(),
        scoped(&root.package),
        root.package.vars.clone(),
        scoped(&project.package),
        project.package.vars.clone(),
    ];
    YamlJinja::new(world, vars, false).with_target(target).with_project(&root.package.name)
}

/// All pieces, sorted into their boxes in the order of files.
#[derive(Default)]
struct Assembly {
    drafts: Vec<Draft>,
    patches: Vec<properties::Patch>,
    source_patches: Vec<properties::SourcePatch>,
    docs: IndexMap<(String, String), DocBlock>,
    macro_files: Vec<MacroFile>,
    macro_properties: IndexMap<(String, String), Value>,
    groups: IndexMap<(String, String), Spanned<Value>>,
}

impl Assembly {
    fn add(&mut self, package: &str, piece: Option<Piece>, diagnostics: &mut Vec<Diagnostic>) {
        match piece {
            None => {}
            Some(Piece::Nodes(nodes, problems)) => {
                diagnostics.extend(problems);
                self.drafts.extend(nodes.into_iter().map(|node| Draft {
                    node: Box::new(node),
                    attached: None,
                    text: None,
                }));
            }
            Some(Piece::Macros(file)) => self.macro_files.push(file),
            Some(Piece::Docs(docs, problems)) => {
                diagnostics.extend(problems);
                for doc in docs {
                    let key = (doc.package.clone(), doc.name.clone());
                    if let Some(first) = self.docs.get(&key) {
                        diagnostics.push(errors::duplicate_name(
                            "the docs block",
                            &doc.name,
                            first.span,
                            doc.span,
                        ));
                        continue;
                    }
                    self.docs.insert(key, doc);
                }
            }
            Some(Piece::Properties(properties)) => {
                diagnostics.extend(properties.diagnostics);
                self.drafts.extend(properties.drafts);
                self.patches.extend(properties.patches);
                self.source_patches.extend(properties.source_patches);
                for (name, value) in properties.macros {
                    self.macro_properties.entry((package.to_owned(), name)).or_insert(value);
                }
                for (name, group) in properties.groups {
                    let key = (package.to_owned(), name);
                    if let Some(first) = self.groups.get(&key) {
                        diagnostics.push(errors::duplicate_name("the group", &key.1, first.span, group.span));
                        continue;
                    }
                    self.groups.insert(key, group);
                }
            }
        }
    }
}

/// What project files say of a draft's `enabled`; the root's has the last word.
fn enabled_by_folders(draft: &Draft, projects: &[ProjectFile], dialect: Dialect) -> bool {
    let node = &draft.node;
    let own = projects.iter().find(|project| project.package.name == node.package);
    let levels = projects.first().into_iter().chain(own);
    let mut configs =
        levels.map(|project| folder_config::folder_config(project, node.kind, &node.fqn, dialect));
    configs.find(|config| config.get("enabled").is_some()).is_none_or(|config| config.enabled())
}

/// Puts nodes in their final order, gives them the configs of folders, and links tests to what they test.
fn finish(mut drafts: Vec<Draft>, projects: &[ProjectFile], target: &Target) -> Vec<Node> {
    let rank: FxHashMap<&str, usize> =
        projects.iter().enumerate().map(|(at, project)| (project.package.name.as_str(), at)).collect();
    drafts.par_iter_mut().with_min_len(64).for_each(|draft| {
        let node = &mut draft.node;
        let own = rank.get(node.package.as_str()).copied().unwrap_or(0);
        let config =
            |at: usize| folder_config::folder_config(&projects[at], node.kind, &node.fqn, target.dialect);
        node.project_config = config(own);
        if node.is_python {
            // Python has no views; what folders say of that does not count.
            node.property_config.values.entry("materialized").or_insert_with(|| "table".into());
        }
        if own != 0 {
            node.override_config = config(0);
        }
    });
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    let key = |at: usize| {
        let node = &drafts[at].node;
        (rank.get(node.package.as_str()), node.kind, node.path.as_str(), node.span)
    };
    order.sort_by(|a, b| key(*a).cmp(&key(*b)));
    let mut place = vec![NodeId(0); drafts.len()];
    for (id, at) in order.iter().enumerate() {
        place[*at] = NodeId(id as u32);
    }
    let tables: FxHashMap<String, usize> = drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.node.source_name.is_some())
        .map(|(at, draft)| (draft.node.unique_id.clone(), at))
        .collect();
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    let mut nodes = Vec::with_capacity(drafts.len());
    for at in order {
        let Some(mut draft) = drafts[at].take() else { continue };
        let attached = match draft.attached {
            Some(Attached::Draft(at)) => Some(place[at]),
            Some(Attached::Source(id)) => tables.get(&id).map(|at| place[*at]),
            Some(Attached::Patched) | None => None,
        };
        if let Some(test) = &mut draft.node.test {
            test.attached = attached;
        }
        nodes.push(*draft.node);
    }
    nodes
}

fn doc_blocks(package: &str, file: FileId, text: &str) -> (Vec<DocBlock>, Vec<Diagnostic>) {
    let (found, unclosed) = blocks::find(text, "docs");
    let docs = found.into_iter().map(|block| DocBlock {
        text: doc_text(&text[block.body]),
        name: block.name,
        package: package.to_owned(),
        span: Span::new(file, block.whole.start, block.whole.end),
    });
    let problems = unclosed.into_iter().map(|unclosed| {
        errors::unclosed_block(Span::new(file, unclosed.tag.start, unclosed.tag.end), "docs")
    });
    (docs.collect(), problems.collect())
}

/// A block's text, rendered without any variable, as dbt does; mostly that unwraps `raw`.
fn doc_text(body: &str) -> String {
    let rendered =
        if super::yaml_jinja::has_jinja(body) { super::yaml_jinja::without_names(body) } else { None };
    rendered.as_deref().unwrap_or(body).trim().to_owned()
}

/// What `{{ target }}` shows.
fn shown_target(target: Option<&Target>, credentials: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = credentials.clone();
    if let Some(target) = target {
        shown.insert("name".to_owned(), target.name.clone().into());
        shown.insert("target_name".to_owned(), target.name.clone().into());
        shown.insert("profile_name".to_owned(), target.profile.clone().into());
        shown.insert("schema".to_owned(), target.schema.clone().into());
        shown.insert("threads".to_owned(), target.threads.into());
        if let Some(database) = &target.database {
            shown.insert("database".to_owned(), database.clone().into());
        }
    }
    shown
}

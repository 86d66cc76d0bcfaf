//! Fingerprints of a project's nodes, and of the ground that all of them stand on: they differ wherever a template could
//! see a difference.
//!
//! The ground is all that any node can read besides itself and what it names: vars, macros, the target, settings.
//! Everything counts as it is written, the order of keys included, since templates can show that. Secrets don't count:
//! templates can't see them, and even a digest tells something.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::node::{ColumnProperties, HookCall, Node, NodeMap, SourceRelation, TestCall};
use super::{DocBlock, Package, Project, Target};
use crate::source::{FileId, SourceFile, Span};

/// The first half of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Print(u64, u64);

impl Print {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let number = |at: usize| digest[at..at + 8].iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        Self(number(0), number(8))
    }

    /// In hexadecimal.
    pub fn text(self) -> String {
        format!("{:016x}{:016x}", self.0, self.1)
    }
}

/// The fingerprints of one project.
#[derive(Debug)]
pub struct Prints {
    /// Of what all nodes can read.
    pub ground: Print,
    /// Of each node, the text that it stands in included.
    pub nodes: NodeMap<Print>,
    /// Of each file: its path and its text.
    files: Vec<Print>,
}

impl Prints {
    /// Takes the fingerprints of all that a project has.
    pub fn of(project: &Project) -> Self {
        let sources: Vec<&SourceFile> = project.files.iter().map(|(_, file)| file).collect();
        let file = |file: &&SourceFile| {
            let mut pen = Pen { project, files: &[], ink: Vec::with_capacity(file.text.len() + 64) };
            pen.text(file.path.as_str());
            pen.text(&file.text);
            pen.print()
        };
        let files: Vec<Print> = sources.par_iter().map(file).collect();
        let new = || Pen { project, files: &files, ink: Vec::new() };
        let node = |pen: &mut Pen<'_>, node: &Node| {
            pen.ink.clear();
            pen.node(node);
            pen.print()
        };
        let nodes: Vec<Print> = project.nodes.par_iter().map_init(new, node).collect();
        let mut pen = new();
        pen.ground();
        let ground = pen.print();
        Self { ground, nodes: NodeMap::new(nodes), files }
    }

    /// Of a file; none for what was not read from the project.
    pub fn file(&self, file: FileId) -> Option<Print> {
        self.files.get(file.0 as usize).copied()
    }

    /// Of each file, by number.
    pub fn files(&self) -> impl Iterator<Item = (FileId, Print)> {
        self.files.iter().enumerate().map(|(at, print)| (FileId(at as u32), *print))
    }
}

/// Writes down what is then digested. Every piece says how long it is, so that no two things are written alike.
struct Pen<'a> {
    project: &'a Project,
    files: &'a [Print],
    ink: Vec<u8>,
}

impl Pen<'_> {
    fn print(&self) -> Print {
        Print::of(&self.ink)
    }

    fn number(&mut self, number: u64) {
        self.ink.extend(number.to_le_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.ink.push(u8::from(flag));
    }

    fn count(&mut self, count: usize) {
        self.ink.extend((count as u32).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.ink.extend(text.as_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn each<T>(&mut self, items: impl ExactSizeIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }

    fn texts(&mut self, texts: &[String]) {
        self.each(texts.iter(), |pen, text| pen.text(text));
    }

    fn map(&mut self, map: &Map<String, Value>) {
        self.each(map.iter(), |pen, (key, value)| {
            pen.text(key);
            pen.value(value);
        });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.ink.push(0),
            Value::Bool(flag) => self.ink.push(1 + u8::from(*flag)),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => {
                    self.ink.push(3);
                    self.ink.extend(number.to_le_bytes());
                }
                (_, Some(number), _) => {
                    self.ink.push(4);
                    self.number(number);
                }
                (.., number) => {
                    self.ink.push(5);
                    // A zero is printed with its sign.
                    self.number(number.unwrap_or_default().to_bits());
                }
            },
            Value::String(text) => {
                self.ink.push(6);
                self.text(text);
            }
            Value::Array(items) => {
                self.ink.push(7);
                self.each(items.iter(), Self::value);
            }
            Value::Object(map) => {
                self.ink.push(8);
                self.map(map);
            }
        }
    }

    /// A place, and the file around it as it is.
    fn span(&mut self, span: Span) {
        self.file(span.file);
        self.number(u64::from(span.start) << 32 | u64::from(span.end));
    }

    fn file(&mut self, file: FileId) {
        self.optional(self.files.get(file.0 as usize).copied(), |pen, Print(first, second)| {
            pen.number(first);
            pen.number(second);
        });
    }

    fn ground(&mut self) {
        // Other nodes are looked at where they are named. Selectors choose nodes and don't make them.
        let Project {
            files: _,
            packages,
            target,
            nodes: _,
            macro_files,
            docs,
            macro_properties,
            groups,
            selectors: _,
            cli_vars,
            settings,
        } = self.project;
        self.each(packages.iter(), Self::package);
        self.target(target);
        self.each(macro_files.iter(), |pen, file| {
            pen.text(&file.package);
            pen.file(file.file);
        });
        self.each(docs.values(), |pen, DocBlock { name, package, text, span: _ }| {
            pen.text(name);
            pen.text(package);
            pen.text(text);
        });
        self.each(macro_properties.iter(), |pen, ((package, name), value)| {
            pen.text(package);
            pen.text(name);
            pen.value(value);
        });
        self.each(groups.iter(), |pen, ((package, name), group)| {
            pen.text(package);
            pen.text(name);
            pen.value(&group.value);
        });
        self.map(cli_vars);
        self.text(&format!("{settings:?}"));
    }

    fn package(&mut self, package: &Package) {
        // Hooks of the run are nodes; the texts of all else are in `raw`.
        let Package {
            name,
            folder,
            version,
            raw,
            file: _,
            vars,
            dispatch,
            on_run_start: _,
            on_run_end: _,
            quoting,
            paths: _,
        } = package;
        self.text(name);
        self.text(folder.as_str());
        self.optional(version.as_deref(), Self::text);
        self.value(raw);
        self.map(vars);
        self.each(dispatch.iter(), |pen, (namespace, order)| {
            pen.text(namespace);
            pen.texts(order);
        });
        self.text(&format!("{quoting:?}"));
    }

    fn target(&mut self, target: &Target) {
        let Target { profile, name, adapter, dialect, database, schema, threads, credentials: _ } = target;
        for text in [profile, name, adapter, dialect.name(), schema] {
            self.text(text);
        }
        self.optional(database.as_deref(), Self::text);
        self.number(*threads as u64);
        for (key, value) in target.shown() {
            self.text(key);
            self.value(value);
        }
    }

    fn node(&mut self, node: &Node) {
        let Node {
            unique_id,
            name,
            kind,
            package,
            path,
            relative_path,
            fqn,
            span,
            body,
            project_config,
            property_config,
            written_config,
            override_config,
            properties,
            properties_span,
            description,
            doc_blocks,
            columns,
            test,
            source_name,
            source_relation,
            version,
            latest_version,
            depends_on,
            is_python,
            hook,
        } = node;
        let kind = kind.resource_type();
        for text in [unique_id, name, kind, package, path.as_str(), relative_path.as_str(), description] {
            self.text(text);
        }
        self.texts(fqn);
        self.span(*span);
        self.optional(*body, Self::span);
        for config in [project_config, property_config, override_config] {
            self.map(&config.values);
        }
        self.optional(written_config.as_deref(), Self::map);
        self.value(properties);
        // Which file it is can be seen by a template, at which place can't.
        let properties = properties_span.map(|span| self.project.files.path(span.file).as_str());
        self.optional(properties, Self::text);
        self.texts(doc_blocks);
        self.each(columns.iter(), |pen, (key, column)| {
            pen.text(key);
            pen.column(column);
        });
        self.optional(test.as_ref(), Self::test);
        for text in [source_name, version, latest_version] {
            self.optional(text.as_deref(), Self::text);
        }
        self.optional(source_relation.as_ref(), Self::source_relation);
        self.each(depends_on.iter(), |pen, it| {
            pen.text(&it.value);
            pen.span(it.span);
        });
        self.flag(*is_python);
        self.optional(hook.as_ref(), |pen, HookCall { when, index, text }| {
            pen.text(when);
            pen.number(*index as u64);
            pen.text(text);
        });
    }

    fn source_relation(&mut self, relation: &SourceRelation) {
        let SourceRelation { database, schema, identifier, quote } = relation;
        self.optional(database.as_deref(), Self::text);
        self.optional(schema.as_deref(), Self::text);
        self.text(identifier);
        for quote in quote {
            self.optional(*quote, Self::flag);
        }
    }

    fn column(&mut self, column: &ColumnProperties) {
        let ColumnProperties {
            name,
            span: _,
            description,
            written_description,
            doc_blocks,
            data_type,
            meta,
            tags,
            quote,
            constraints,
            more,
        } = column;
        self.text(name);
        self.text(description);
        self.optional(written_description.as_deref(), Self::text);
        self.texts(doc_blocks);
        self.optional(data_type.as_deref(), Self::text);
        self.map(meta);
        self.texts(tags);
        self.optional(*quote, Self::flag);
        self.each(constraints.iter(), Self::value);
        self.optional(more.as_deref(), Self::map);
    }

    fn test(&mut self, test: &TestCall) {
        let TestCall {
            name,
            namespace,
            span,
            attached,
            model,
            column,
            quote_column,
            arguments,
            inherited_tags,
            short_name,
            raw,
        } = test;
        for text in [name, model, short_name, raw] {
            self.text(text);
        }
        self.optional(namespace.as_deref(), Self::text);
        self.span(*span);
        let project = self.project;
        self.optional(attached.map(|id| project.node(id).unique_id.as_str()), Self::text);
        self.optional(column.as_deref(), Self::text);
        self.flag(*quote_column);
        self.map(arguments);
        self.texts(inherited_tags);
    }
}

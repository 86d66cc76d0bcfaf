//! What a folder's `packages.yml` or `dependencies.yml` declares, and the little of `dbt_project.yml` that
//! installing packages needs.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use super::yaml::{self, Yaml};
use super::yaml_jinja::YamlJinja;
use super::{errors, files, project_file};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources, Span};
use crate::world::World;

/// The names of the two files, the usual one first.
const FILES: [&str; 2] = ["packages.yml", "dependencies.yml"];

/// All that one folder declares.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// The file that has `packages:`; `packages.yml` if neither has.
    pub path: Utf8PathBuf,
    /// That file among the sources; `None` if it does not exist.
    pub file: Option<FileId>,
    /// The key `packages`, if it is there.
    pub key: Option<Span>,
    /// Its value, if it has one.
    pub list: Option<Span>,
    /// Its items, in order.
    pub packages: Vec<Dependency>,
}

/// One item of `packages:`.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// As written.
    pub unrendered: Map<String, Value>,
    /// With its Jinja rendered, where dbt renders it.
    pub rendered: Map<String, Value>,
    /// The whole item.
    pub span: Span,
    /// The places of its keys, in the order of the file.
    pub keys: Vec<(String, Span)>,
}

impl Dependency {
    /// The place of a key; of the whole item if it has no such key.
    pub fn key_span(&self, key: &str) -> Span {
        self.keys.iter().find(|(name, _)| name == key).map_or(self.span, |(_, span)| *span)
    }
}

/// Who reads the file: dbt renders `dependencies.yml` of an installed package, but not the root's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The project itself.
    Root,
    /// Whoever installs the package that the folder holds.
    Installer,
}

/// Reads the declarations of a folder. `folder` may be absolute. Problems of the files go to `diagnostics`; items
/// that are no mappings are left out.
pub fn dependencies(
    world: &dyn World,
    folder: &Utf8Path,
    reader: Reader,
    cli_vars: &Map<String, Value>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Dependencies {
    let mut found: Option<Dependencies> = None;
    let mut usual = None;
    for name in FILES {
        let path = folder.join(name);
        if !world.exists(&path) {
            continue;
        }
        let Some(file) = files::read(world, &path, sources, diagnostics) else { continue };
        if name == FILES[0] {
            usual = Some(file);
        }
        let text = sources.get(file).text.clone();
        let document = yaml::parse(file, &text);
        diagnostics.extend(document.diagnostics);
        let Some(root) = document.root else { continue };
        if name == FILES[0]
            && let Some(entry) = root.entry("projects")
        {
            let message = "`projects` can't stand in packages.yml";
            let label = "move this and `packages` to dependencies.yml";
            diagnostics.push(errors::bad_value(entry.key_span, message, label));
        }
        let Some(entry) = root.entry("packages") else { continue };
        if let Some(first) = &found {
            let message = "`packages` stands in packages.yml and in dependencies.yml";
            let mut problem = errors::bad_value(entry.key_span, message, "the second one");
            if let Some(key) = first.key {
                problem = problem.related(key, "the first one");
            }
            diagnostics.push(problem.help("move all packages to one of the two files"));
            continue;
        }
        let rendered = name == FILES[0] || reader == Reader::Installer;
        let jinja = YamlJinja::new(world, vec![cli_vars.clone()], true);
        let packages = items(&entry.value, rendered.then_some(&jinja), diagnostics);
        let list = root.set("packages").map(|list| list.span);
        found = Some(Dependencies { path, file: Some(file), key: Some(entry.key_span), list, packages });
    }
    found.unwrap_or_else(|| Dependencies {
        path: folder.join(FILES[0]),
        file: usual,
        key: None,
        list: None,
        packages: Vec::new(),
    })
}

/// Reads a text of the same form as `packages.yml`, such as a lock file; all of it is rendered, as dbt does.
pub fn package_list(
    world: &dyn World,
    file: FileId,
    text: &str,
    cli_vars: &Map<String, Value>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Dependency>, Map<String, Value>) {
    let document = yaml::parse(file, text);
    diagnostics.extend(document.diagnostics);
    let Some(root) = document.root else { return (Vec::new(), Map::new()) };
    let jinja = YamlJinja::new(world, vec![cli_vars.clone()], true);
    let packages = root.get("packages").map(|list| items(list, Some(&jinja), diagnostics));
    let others = root.entries().iter().filter(|entry| entry.key != "packages");
    let others = others.map(|entry| (entry.key.clone().into_owned(), entry.value.to_value())).collect();
    (packages.unwrap_or_default(), others)
}

/// What installing packages has to know of a project.
#[derive(Clone, Debug)]
pub struct Outline {
    /// `name`.
    pub name: String,
    /// `version`, as written.
    pub version: Option<String>,
    /// `packages-install-path`, `dbt_packages` if not set.
    pub install_path: Utf8PathBuf,
}

/// Reads the outline of the project in a folder; `None`, with a diagnostic, if there is none to speak of.
///
/// No profile is read, so `{{ target }}` is not known here; dbt's `deps` has the same limit.
pub fn outline(
    world: &dyn World,
    folder: &Utf8Path,
    cli_vars: &Map<String, Value>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Outline> {
    let path = folder.join("dbt_project.yml");
    if !world.exists(&path) {
        let shown = if folder.as_str().is_empty() { world.root() } else { folder };
        diagnostics.push(errors::no_project(shown));
        return None;
    }
    let file = files::read(world, &path, sources, diagnostics)?;
    let text = sources.get(file).text.clone();
    let document = yaml::parse(file, &text);
    diagnostics.extend(document.diagnostics.into_iter().filter(Diagnostic::is_error));
    let root = document.root?;
    let Some(name) = root.set("name").and_then(Yaml::text) else {
        diagnostics.push(errors::missing_key(Span::new(file, 0, 0), "name", "`dbt_project.yml`"));
        return None;
    };
    let install_path = match root.set("packages-install-path") {
        None => "dbt_packages".to_owned(),
        Some(value) => match value.text() {
            Some(text) => {
                let jinja = YamlJinja::new(world, vec![cli_vars.clone()], false);
                match jinja.text(text, value.span, diagnostics) {
                    Value::String(path) => path,
                    other => super::python::str(&other),
                }
            }
            None => {
                diagnostics.push(errors::wrong_kind(
                    value.span,
                    "packages-install-path",
                    "text",
                    value.kind_name(),
                ));
                return None;
            }
        },
    };
    Some(Outline {
        name: name.to_owned(),
        version: root.set("version").and_then(Yaml::scalar_text),
        install_path: project_file::clean(&install_path),
    })
}

/// `--vars` as a mapping; a problem goes to `diagnostics`, and then there are none.
pub fn cli_vars(text: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Map<String, Value> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Map::new() };
    super::mapping(text).unwrap_or_else(|what| {
        diagnostics.push(errors::bad_vars(&what));
        Map::new()
    })
}

/// The items of a list of packages, rendered if there is a Jinja.
fn items(
    list: &Yaml<'_>,
    jinja: Option<&YamlJinja<'_>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Dependency> {
    if matches!(list.kind, yaml::Kind::Null) {
        return Vec::new();
    }
    if !matches!(list.kind, yaml::Kind::List(_)) {
        diagnostics.push(errors::wrong_kind(list.span, "packages", "a list", list.kind_name()));
        return Vec::new();
    }
    let mut packages = Vec::new();
    for item in list.items() {
        let Value::Object(unrendered) = item.to_value() else {
            diagnostics.push(errors::wrong_kind(
                item.span,
                "an item of packages",
                "a mapping",
                item.kind_name(),
            ));
            continue;
        };
        let before = diagnostics.len();
        let rendered = match jinja {
            Some(jinja) => jinja.render(item, &|_| true, diagnostics),
            None => item.to_value(),
        };
        // Half-rendered, it would only lead to more errors.
        if diagnostics[before..].iter().any(Diagnostic::is_error) {
            continue;
        }
        let Value::Object(rendered) = rendered else { continue };
        let keys = item.entries().iter().map(|entry| (entry.key.clone().into_owned(), entry.value.span));
        packages.push(Dependency { unrendered, rendered, span: item.span, keys: keys.collect() });
    }
    packages
}

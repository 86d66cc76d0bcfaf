//! Installed packages, and those that are declared but not there.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use super::dependencies::{self, Reader};
use super::project_file::{self, ProjectFile};
use super::yaml_jinja::YamlJinja;
use super::{errors, files, yaml};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources, Span};
use crate::world::World;

/// What loading packages needs from outside.
pub(super) struct Loader<'l> {
    /// The outside.
    pub world: &'l dyn World,
    /// `--vars`.
    pub cli_vars: &'l Map<String, Value>,
    /// The target's settings, for `{{ target }}`.
    pub credentials: &'l Map<String, Value>,
}

/// A package as `packages.yml` declares it.
struct Declared {
    name: String,
    /// For `local:`, the folder.
    local: Option<Utf8PathBuf>,
    span: Span,
}

impl Loader<'_> {
    /// Reads the `dbt_project.yml` in a folder; an error if there is none.
    pub(super) fn project(
        &self,
        folder: &Utf8Path,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<ProjectFile> {
        let path = folder.join("dbt_project.yml");
        let file = files::read(self.world, &path, sources, diagnostics)?;
        self.read(file, folder, sources, diagnostics)
    }

    /// Reads a `dbt_project.yml` that is among the sources already.
    pub(super) fn read(
        &self,
        file: FileId,
        folder: &Utf8Path,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<ProjectFile> {
        let text = sources.get(file).text.clone();
        let document = yaml::parse(file, &text);
        let broken = document.diagnostics.iter().any(Diagnostic::is_error);
        diagnostics.extend(document.diagnostics);
        let Some(root) = document.root else {
            if !broken {
                let start = Span::new(file, 0, 0);
                diagnostics.push(errors::missing_key(start, "name", "`dbt_project.yml`"));
            }
            return None;
        };
        let jinja =
            YamlJinja::new(self.world, vec![self.cli_vars.clone()], false).with_target(self.credentials);
        let mut project = project_file::read(file, folder, &root, &jinja, diagnostics)?;
        self.vars_file(folder, &mut project, sources, diagnostics);
        Some(project)
    }

    /// All packages that the root uses, by name.
    pub(super) fn packages(
        &self,
        root: &ProjectFile,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<ProjectFile> {
        let mut folders: Vec<(Utf8PathBuf, Option<Span>)> = Vec::new();
        for path in self.world.walk(&root.install_path).unwrap_or_default() {
            let Ok(below) = path.strip_prefix(&root.install_path) else { continue };
            let mut parts = below.components();
            if let (Some(name), Some(_)) = (parts.next(), parts.next())
                && !name.as_str().starts_with("__")
                && !name.as_str().starts_with('.')
            {
                let folder = root.install_path.join(name.as_str());
                if folders.last().is_none_or(|(last, _)| *last != folder) {
                    folders.push((folder, None));
                }
            }
        }
        let installed = folders.len();
        let mut packages: Vec<ProjectFile> = Vec::new();
        let mut declared = self.declared(Utf8Path::new(""), sources, diagnostics);
        let hubs = declared.iter().filter(|declared| declared.local.is_none()).count();
        // dbt looks at what is installed alone: enough packages are taken for all of those that are declared.
        let enough = installed >= declared.len();
        let mut at = 0;
        // Packages of packages count as well; their local folders are relative to their own.
        let mut next = 0;
        loop {
            while next < declared.len() {
                if let Some(local) = &declared[next].local {
                    folders.push((local.clone(), Some(declared[next].span)));
                }
                next += 1;
            }
            let Some((folder, span)) = folders.get(at).cloned() else { break };
            at += 1;
            if folders[..at - 1].iter().any(|(other, _)| *other == folder) {
                continue;
            }
            if !self.world.exists(&folder.join("dbt_project.yml")) {
                if span.is_some() && enough {
                    continue;
                }
                diagnostics.push(errors::no_package_project(&folder, span));
                continue;
            }
            let Some(package) = self.project(&folder, sources, diagnostics) else { continue };
            let known = |other: &ProjectFile| other.package.name == package.package.name;
            if let Some(other) = packages.iter().chain([root]).find(|other| known(other)) {
                // A local package may have been copied to the others by `buhin deps`.
                if span.is_none() {
                    let [first, again] = [other, &package].map(|it| Span::new(it.package.file, 0, 0));
                    diagnostics.push(errors::duplicate_package(&package.package.name, first, again));
                }
                continue;
            }
            if span.is_some() {
                declared.extend(
                    self.declared(&folder, sources, diagnostics).into_iter().filter(|d| d.local.is_some()),
                );
            }
            packages.push(package);
        }
        for missing in declared.iter().filter(|declared| declared.local.is_none()) {
            let there = packages.iter().any(|package| {
                let folder = package.package.folder.file_name().unwrap_or_default();
                let name = missing.name.rsplit('/').next().unwrap_or_default();
                package.package.name == name || folder == name
            });
            // A repository's name need not be the project's; enough packages are taken for all of them.
            if !there && installed < hubs {
                diagnostics.push(errors::missing_package(&missing.name, missing.span));
            }
        }
        packages.sort_by(|a, b| a.package.name.cmp(&b.package.name));
        packages
    }

    /// `packages:` of `packages.yml` or `dependencies.yml` in a folder.
    fn declared(
        &self,
        folder: &Utf8Path,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Declared> {
        let reader = if folder.as_str().is_empty() { Reader::Root } else { Reader::Installer };
        let found =
            dependencies::dependencies(self.world, folder, reader, self.cli_vars, sources, diagnostics);
        let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).to_owned();
        let mut declared = Vec::new();
        for dependency in found.packages {
            let text = |key: &str| dependency.rendered.get(key).and_then(Value::as_str).map(str::to_owned);
            let (name, local) = if let Some(local) = text("local") {
                (last(&local), Some(join(folder, &local)))
            } else if let Some(name) = text("package").or(text("private")) {
                (name, None)
            } else if let Some(url) = text("git") {
                (last(&url).trim_end_matches(".git").replace('-', "_"), None)
            } else if let Some(name) = text("name") {
                (name, None)
            } else {
                continue;
            };
            declared.push(Declared { name, local, span: dependency.span });
        }
        declared
    }

    /// `vars.yml`, which may hold the vars in place of `dbt_project.yml`.
    fn vars_file(
        &self,
        folder: &Utf8Path,
        project: &mut ProjectFile,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let path = folder.join("vars.yml");
        if !self.world.exists(&path) || !project.package.vars.is_empty() {
            return;
        }
        let Some(file) = files::read(self.world, &path, sources, diagnostics) else { return };
        let text = sources.get(file).text.clone();
        let document = yaml::parse(file, &text);
        diagnostics.extend(document.diagnostics);
        if let Some(vars) = document.root.as_ref().and_then(|root| root.set("vars")) {
            project.package.vars = yaml::to_map(vars.entries());
        }
    }
}

/// `path` from `folder`, with `..` taken away where that can be done by name alone.
fn join(folder: &Utf8Path, path: &str) -> Utf8PathBuf {
    if path.starts_with('/') {
        return project_file::clean(path);
    }
    let mut parts: Vec<&str> = folder.components().map(|part| part.as_str()).collect();
    for part in path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/").into()
}

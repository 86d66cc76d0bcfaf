//! An entry of `packages.yml`, understood.

use serde_json::{Map, Value};

use super::errors;
use super::version::Condition;
use crate::diagnostic::Diagnostic;
use crate::project::{self, Dependency};
use crate::source::Span;

/// Who asks for a package.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    /// In words: "packages.yml", "the package `audit`".
    pub who: String,
    /// The place in the project's own file that led there; a package's file is not the user's.
    pub span: Option<Span>,
}

/// Somebody's wish for a package.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    /// Which package.
    pub origin: Origin,
    /// `name`, which a lock file has for all kinds.
    pub name: Option<String>,
    /// Who asks for it.
    pub asker: Asker,
}

/// Where a package comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A folder.
    Local {
        /// Its path, from the root project's folder.
        path: String,
    },
    /// A git repository.
    Git(GitOrigin),
    /// An archive at an address.
    Tarball {
        /// The address; it may have a secret in it.
        url: String,
        /// The address as written, before Jinja.
        shown: String,
        /// What the package is to be called.
        name: String,
    },
    /// A package of the hub.
    Hub {
        /// `namespace/name`.
        package: String,
        /// What its version must be.
        conditions: Vec<Condition>,
        /// `install_prerelease`.
        prerelease: bool,
    },
}

/// A git repository, or what `private:` stands for.
#[derive(Clone, Debug)]
pub(super) struct GitOrigin {
    /// The address; it may have a secret in it.
    pub url: String,
    /// The address as written, before Jinja; for `private`, its value.
    pub shown: String,
    /// `revision`.
    pub revision: Option<String>,
    /// `subdirectory`.
    pub subdirectory: Option<String>,
    /// `warn-unpinned` is not `false`.
    pub warn_unpinned: bool,
    /// Written as `private:`.
    pub private: Option<Private>,
}

/// What `private:` has beside it.
#[derive(Clone, Debug)]
pub(super) struct Private {
    /// `provider`.
    pub provider: Option<String>,
}

impl Spec {
    /// Understands an entry; warnings about unknown keys go to `said` if the entry is in a file of the user's.
    pub(super) fn read(
        dependency: &Dependency,
        asker: &Asker,
        own: bool,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        let entry = Entry { dependency, asker, own };
        let kinds: Vec<&str> =
            KINDS.into_iter().filter(|kind| dependency.rendered.contains_key(*kind)).collect();
        let origin = match kinds.as_slice() {
            [] => {
                let keys: Vec<String> = dependency.rendered.keys().cloned().collect();
                return Err(errors::no_origin(asker.span, &keys));
            }
            ["package"] => entry.hub()?,
            ["git"] => Origin::Git(entry.git("git")?),
            ["local"] => Origin::Local { path: entry.text("local")? },
            ["tarball"] => entry.tarball()?,
            [_] => Origin::Git(entry.git("private")?),
            [one, other, ..] => {
                let message = format!("a package has `{one}` and `{other}`; it can come from one place only");
                return Err(entry.here(message, other, "one too many"));
            }
        };
        if own {
            entry.unknown_keys(kinds[0], said);
        }
        let name = dependency.rendered.get("name").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { origin, name, asker: asker.clone() })
    }
}

impl Spec {
    /// The package in words that hold no secret, for messages.
    pub(super) fn label(&self) -> String {
        self.origin.label()
    }
}

impl Origin {
    /// The package in words that hold no secret, for messages.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Local { path } => path.clone(),
            Self::Git(git) => git.label(),
            Self::Tarball { name, .. } => name.clone(),
            Self::Hub { package, .. } => package.clone(),
        }
    }
}

impl GitOrigin {
    /// The repository and the folder in it, as written.
    pub(super) fn label(&self) -> String {
        match &self.subdirectory {
            Some(subdirectory) => format!("{}/{subdirectory}", self.shown),
            None => self.shown.clone(),
        }
    }
}

struct Entry<'e> {
    dependency: &'e Dependency,
    asker: &'e Asker,
    own: bool,
}

impl Entry<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.dependency.rendered.get(key).filter(|value| !value.is_null())
    }

    /// A problem at the value of a key, if the entry is the user's own.
    fn here(&self, message: impl Into<String>, key: &str, label: &str) -> Diagnostic {
        let problem = errors::bad_package(message);
        match self.span(key) {
            Some(span) => problem.at(span, label),
            None => problem,
        }
    }

    fn span(&self, key: &str) -> Option<Span> {
        if self.own { Some(self.dependency.key_span(key)) } else { self.asker.span }
    }

    fn text(&self, key: &str) -> Result<String, Diagnostic> {
        match self.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
            Some(Value::String(_)) | None => {
                Err(self.here(format!("`{key}` of a package is empty"), key, "nothing here"))
            }
            Some(other) => {
                let message =
                    format!("`{key}` of a package should be text, not {}", project::kind_name(other));
                Err(self.here(message, key, "text is expected here"))
            }
        }
    }

    fn optional_text(&self, key: &str) -> Result<Option<String>, Diagnostic> {
        if self.get(key).is_none() { Ok(None) } else { self.text(key).map(Some) }
    }

    /// A key that is a truth value; it may be written with `-` or `_`.
    fn truth(&self, keys: [&str; 2]) -> Result<Option<bool>, Diagnostic> {
        for key in keys {
            match self.get(key) {
                None => {}
                Some(Value::Bool(truth)) => return Ok(Some(*truth)),
                Some(other) => {
                    let kind = project::kind_name(other);
                    let message = format!("`{key}` should be `true` or `false`, not {kind}");
                    return Err(self.here(message, key, "a truth value is expected here"));
                }
            }
        }
        Ok(None)
    }

    /// The key before Jinja, as text.
    fn unrendered(&self, key: &str) -> Option<String> {
        self.dependency.unrendered.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    fn hub(&self) -> Result<Origin, Diagnostic> {
        let package = self.text("package")?;
        if !package.contains('/') {
            let message = format!("`{package}` is no package of the hub");
            let problem = self.here(message, "package", "a package is named like `namespace/name`");
            return Err(problem.help("the hub's packages have a namespace: `dbt-labs/dbt_utils`"));
        }
        let versions: Vec<&Value> = match self.get("version") {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        if versions.is_empty() {
            let message = format!("the package `{package}` lacks a version");
            let problem = self.here(message, "version", "`version` is missing here");
            return Err(problem.help("add `version:`, such as `\">=1.0.0\"` or `[\">=1.0.0\", \"<2.0.0\"]`"));
        }
        let mut conditions = Vec::new();
        for version in versions {
            let text = version.as_str().map_or_else(|| project::python_repr(version), str::to_owned);
            match Condition::parse(&text) {
                Some(condition) => conditions.push(condition),
                None => return Err(errors::bad_version(&package, &text, self.span("version"))),
            }
        }
        let prerelease = self.truth(["install_prerelease", "install-prerelease"])?.unwrap_or(false);
        Ok(Origin::Hub { package, conditions, prerelease })
    }

    fn tarball(&self) -> Result<Origin, Diagnostic> {
        let url = self.text("tarball")?;
        if self.get("name").is_none() {
            let problem = self.here("a tarball lacks a name", "tarball", "`name` is missing beside this");
            return Err(problem.help("add `name:`, the name that the package is to have"));
        }
        let name = self.text("name")?;
        if !is_safe_name(&name) {
            let message = format!("`{name}` can't be the name of a package");
            return Err(self.here(message, "name", "only letters, digits, `_`, `-` and `.`"));
        }
        let shown = self.unrendered("tarball").unwrap_or_else(|| url.clone());
        Ok(Origin::Tarball { url, shown, name })
    }

    fn git(&self, key: &str) -> Result<GitOrigin, Diagnostic> {
        let written = self.text(key)?;
        let shown = self.unrendered(key).unwrap_or_else(|| written.clone());
        let provider = self.optional_text("provider")?;
        let url = if key == "private" { self.private_url(&written, provider.as_deref())? } else { written };
        let revision = match self.get("revision") {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(number @ Value::Number(_)) => Some(project::python_repr(number)),
            Some(other) => {
                let message = format!(
                    "`revision` should be a tag, a branch or a commit, not {}",
                    project::kind_name(other)
                );
                return Err(self.here(message, "revision", "text is expected here"));
            }
        };
        let subdirectory = self.optional_text("subdirectory")?;
        // Git would take these for options.
        for (key, text) in [(key, Some(&url)), ("revision", revision.as_ref())] {
            if text.is_some_and(|text| text.starts_with('-') || text.contains(['\n', '\0'])) {
                let message = format!("`{key}` of a package can't begin with `-`");
                return Err(self.here(message, key, "git would take this for an option"));
            }
        }
        if let Some(path) = &subdirectory
            && (path.starts_with('/') || path.split(['/', '\\']).any(|part| part == ".."))
        {
            let message = format!("the subdirectory `{path}` leads out of the repository");
            return Err(self.here(message, "subdirectory", "a path within the repository is expected here"));
        }
        Ok(GitOrigin {
            url,
            shown,
            revision,
            subdirectory: subdirectory.map(|path| path.trim_matches('/').to_owned()),
            warn_unpinned: self.truth(["warn-unpinned", "warn_unpinned"])?.unwrap_or(true),
            private: (key == "private").then_some(Private { provider }),
        })
    }

    /// The address that dbt makes of `private:` where no platform says otherwise: over SSH.
    fn private_url(&self, path: &str, provider: Option<&str>) -> Result<String, Diagnostic> {
        let parts = path.split('/').filter(|part| !part.is_empty()).count();
        match provider.unwrap_or("github") {
            "github" if parts >= 2 => Ok(format!("git@github.com:{path}.git")),
            "gitlab" if parts >= 2 => Ok(format!("git@gitlab.com:{path}.git")),
            "ado" | "azure_devops" if parts >= 3 => Ok(format!("git@ssh.dev.azure.com:v3/{path}")),
            "ado" | "azure_devops" => {
                let message = format!("`{path}` is not of the form `organisation/project/repository`");
                Err(self.here(message, "private", "three names are needed for Azure DevOps"))
            }
            "github" | "gitlab" => {
                let message = format!("`{path}` is not of the form `organisation/repository`");
                Err(self.here(message, "private", "two names are needed"))
            }
            other => {
                let message = format!("the provider `{other}` is not known");
                let problem = self.here(message, "provider", "`github`, `gitlab` or `ado` is expected here");
                Err(problem)
            }
        }
    }

    fn unknown_keys(&self, kind: &str, said: &mut Vec<Diagnostic>) {
        let known: &[&str] = match kind {
            "package" => &["package", "version", "install_prerelease", "name"],
            "git" => &["git", "revision", "warn-unpinned", "subdirectory", "name"],
            "private" => &["private", "provider", "revision", "warn-unpinned", "subdirectory", "name"],
            "tarball" => &["tarball", "name"],
            _ => &["local", "name"],
        };
        for (key, span) in &self.dependency.keys {
            let tolerated = matches!(key.as_str(), "install-prerelease" | "warn_unpinned");
            if !known.contains(&key.as_str()) && !tolerated {
                said.push(errors::unknown_key(key, *span, known));
            }
        }
    }
}

/// The keys that say where a package comes from.
pub(super) const KINDS: [&str; 5] = ["package", "git", "local", "tarball", "private"];

/// The place that stands for an entry: what it says of where the package comes from.
pub(super) fn place(dependency: &Dependency) -> Span {
    let kind = KINDS.iter().find(|kind| dependency.rendered.contains_key(**kind));
    kind.map_or(dependency.span, |kind| dependency.key_span(kind))
}

/// A name that can be a folder of `dbt_packages/`.
pub(super) fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.starts_with("__")
        && name.chars().all(|char| char.is_alphanumeric() || "_-.".contains(char))
}

/// An entry of a list in JSON, such as the hub's.
pub(super) fn plain_dependency(value: &Map<String, Value>, span: Span) -> Dependency {
    Dependency { unrendered: value.clone(), rendered: value.clone(), span, keys: Vec::new() }
}

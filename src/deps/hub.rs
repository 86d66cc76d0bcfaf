//! The hub: an index of packages, and for each its versions with what they need and where they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::errors;
use super::http::{Web, WebError, host};
use super::version::{Condition, Matcher, Version, compatible};
use crate::diagnostic::Diagnostic;
use crate::world::World;

/// Where dbt's hub is.
const ADDRESS: &str = "https://hub.getdbt.com/";
/// No answer of the hub is longer than this.
const LIMIT: u64 = 64 << 20;

/// The hub, each address asked once.
pub(super) struct Hub<'h> {
    web: &'h Web<'h>,
    base: String,
    /// The version of dbt whose packages are wanted; `None` with `--no-version-check`.
    dbt: Option<&'h str>,
    index: Mutex<Option<Result<Arc<Vec<String>>, WebError>>>,
    packages: Mutex<HashMap<String, Result<Arc<HubPackage>, Diagnostic>>>,
}

/// What the hub says of one package.
#[derive(Debug)]
pub(super) struct HubPackage {
    /// Its versions in the hub's order.
    pub versions: IndexMap<String, HubVersion>,
    /// The name that it goes by now.
    pub moved: Option<String>,
}

/// What the hub says of one version.
#[derive(Debug)]
pub(super) struct HubVersion {
    /// The project's name.
    pub name: String,
    /// The packages that it needs.
    pub packages: Vec<Map<String, Value>>,
    /// Where its archive is.
    pub tarball: String,
    /// Which versions of dbt it is for.
    pub dbt: Vec<Condition>,
}

/// The version that was chosen.
pub(super) struct Chosen {
    /// The version, as the hub writes it.
    pub version: String,
    /// The newest version that could be installed.
    pub latest: String,
}

impl<'h> Hub<'h> {
    /// The hub that the environment names, or dbt's.
    pub(super) fn new(world: &dyn World, web: &'h Web<'h>, dbt: Option<&'h str>) -> Self {
        let named = ["DBT_PACKAGE_HUB_URL", "DBT_ENGINE_PACKAGE_HUB_URL"]
            .iter()
            .find_map(|name| world.env(name).filter(|url| !url.trim().is_empty()));
        let mut base = named.unwrap_or_else(|| ADDRESS.to_owned());
        if !base.ends_with('/') {
            base.push('/');
        }
        Self { web, base, dbt, index: Mutex::default(), packages: Mutex::default() }
    }

    /// All that the hub says of a package.
    pub(super) fn package(&self, name: &str) -> Result<Arc<HubPackage>, Diagnostic> {
        // Held while asking, so that two threads do not ask for the same.
        let mut packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = packages.get(name) {
            return known.clone();
        }
        let found = self.fetch(name).map(Arc::new);
        packages.insert(name.to_owned(), found.clone());
        found
    }

    /// The newest version that fulfils all conditions, among those that may be installed.
    pub(super) fn choose(
        &self,
        name: &str,
        conditions: &[Condition],
        prerelease: bool,
    ) -> Result<Chosen, Diagnostic> {
        let index = self.index(name)?;
        if !index.iter().any(|known| known == name) {
            return Err(errors::not_on_hub(name, &host(&self.base), index.iter().map(String::as_str)));
        }
        let package = self.package(name)?;
        let prerelease =
            prerelease || conditions.iter().any(|condition| condition.version.prerelease.is_some());
        let mut all: Vec<(Version, &str, bool)> = package
            .versions
            .iter()
            .filter_map(|(text, info)| Some((Version::parse(text)?, text.as_str(), self.for_this_dbt(info))))
            .filter(|(version, ..)| prerelease || version.prerelease.is_none())
            .collect();
        all.sort_by(|(one, ..), (other, ..)| one.compare(other));
        let fits = |version: &Version| conditions.iter().all(|condition| condition.allows(version));
        let wanted = || conditions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let usable: Vec<&(Version, &str, bool)> = all.iter().filter(|(.., usable)| *usable).collect();
        // Of versions that differ after the `+` only, the first one counts.
        let mut best: Option<&(Version, &str, bool)> = None;
        for one in usable.iter().filter(|(version, ..)| fits(version)) {
            if best.is_none_or(|best| best.0.compare(&one.0).is_lt()) {
                best = Some(one);
            }
        }
        match (best, usable.last()) {
            (Some((_, version, _)), Some((_, latest, _))) => {
                Ok(Chosen { version: (*version).to_owned(), latest: (*latest).to_owned() })
            }
            _ => {
                if let (Some((_, version, _)), Some(dbt)) =
                    (all.iter().rfind(|(version, ..)| fits(version)), self.dbt)
                {
                    return Err(errors::needs_other_dbt(name, &wanted(), version, dbt));
                }
                let there: Vec<String> = usable.iter().map(|(_, text, _)| (*text).to_owned()).collect();
                Err(errors::no_such_version(name, &wanted(), &there))
            }
        }
    }

    fn for_this_dbt(&self, version: &HubVersion) -> bool {
        let Some(dbt) = self.dbt.and_then(Version::parse) else { return true };
        let exact = Condition { matcher: Matcher::Exact, version: dbt };
        compatible(version.dbt.iter().chain([&exact]))
    }

    fn index(&self, asking_for: &str) -> Result<Arc<Vec<String>>, Diagnostic> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let found = index.get_or_insert_with(|| match self.json("index")? {
            Value::Array(names) => {
                Ok(Arc::new(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
            }
            _ => Err(WebError::Failed("its index is not a list of packages".to_owned())),
        });
        // Each package that can't be looked up is told by its own name.
        found.clone().map_err(|error| web_problem(error, asking_for, &self.base))
    }

    fn json(&self, path: &str) -> Result<Value, WebError> {
        self.web.get(&format!("{}api/v1/{path}.json", self.base), LIMIT, |bytes| {
            serde_json::from_slice(&bytes)
                .map_err(|_| WebError::Failed("its answer is not the JSON of a hub".to_owned()))
        })
    }

    fn fetch(&self, name: &str) -> Result<HubPackage, Diagnostic> {
        let value = self.json(name).map_err(|error| web_problem(error, name, &self.base))?;
        let unusable =
            |what: &str| errors::network(name, &host(&self.base), &format!("its answer lacks {what}"));
        let Some(Value::Object(list)) = value.get("versions") else { return Err(unusable("`versions`")) };
        let mut versions = IndexMap::new();
        for (text, info) in list {
            let name = info.get("name").and_then(Value::as_str);
            let tarball = info.pointer("/downloads/tarball").and_then(Value::as_str);
            // A version that lacks something can't be chosen; the others can.
            let (Some(name), Some(tarball)) = (name, tarball) else { continue };
            let packages = info.get("packages").and_then(Value::as_array);
            let packages = packages.into_iter().flatten().filter_map(Value::as_object).cloned().collect();
            let dbt = match info.get("require_dbt_version") {
                Some(Value::String(one)) => vec![one.as_str()],
                Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            let dbt = dbt.into_iter().filter_map(Condition::parse).collect();
            let version = HubVersion { name: name.to_owned(), packages, tarball: tarball.to_owned(), dbt };
            versions.insert(text.clone(), version);
        }
        if versions.is_empty() && !list.is_empty() {
            return Err(unusable("names and downloads of its versions"));
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let moved = text("redirectnamespace").is_some() || text("redirectname").is_some();
        let (space, short) = name.split_once('/').unwrap_or(("", name));
        let moved = moved.then(|| {
            let space = text("redirectnamespace").or(text("namespace")).unwrap_or(space);
            let short = text("redirectname").or(text("name")).unwrap_or(short);
            format!("{space}/{short}")
        });
        Ok(HubPackage { versions, moved })
    }
}

/// What the network said, as a problem of the package that was asked for.
pub(super) fn web_problem(error: WebError, package: &str, url: &str) -> Diagnostic {
    match error {
        WebError::Missing(status) => errors::nothing_there(package, &host(url), status),
        WebError::Refused(status) => errors::refused(package, &host(url), status),
        WebError::Failed(reason) => errors::network(package, &host(url), &reason),
    }
}

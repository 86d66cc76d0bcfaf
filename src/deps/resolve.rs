//! From wishes to packages: wishes for one package are put together, its needs become further wishes.
//!
//! As in dbt, a version is chosen when a package is first met and again when more is known; nothing is searched.

use std::collections::HashSet;

use super::errors::{self, asked_here};
use super::fetch::Fetcher;
use super::git::is_commit;
use super::spec::{Asker, GitOrigin, Origin, Spec, plain_dependency};
use super::version::compatible;
use crate::diagnostic::Diagnostic;
use crate::project::Dependency;
use crate::source::{FileId, Span};

/// One package, with all that is needed to fetch it again.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    /// The project's name, which is its folder's in `dbt_packages/`; empty if a lock file does not tell it.
    pub name: String,
    /// Which package exactly.
    pub origin: PinnedOrigin,
    /// The user's entry that led to it.
    pub span: Option<Span>,
}

/// Where a package comes from, exactly.
#[derive(Clone, Debug)]
pub(super) enum PinnedOrigin {
    /// A folder, from the root project's.
    Local(String),
    /// A commit of a repository.
    Git(GitOrigin),
    /// An archive.
    Tarball {
        /// Its address.
        url: String,
        /// Its address before Jinja.
        shown: String,
    },
    /// A version on the hub.
    Hub {
        /// `namespace/name`.
        package: String,
        /// The version.
        version: String,
        /// The newest version, if the hub was asked.
        latest: Option<String>,
    },
}

impl Pinned {
    /// The package in words that hold no secret, for messages.
    pub(super) fn label(&self) -> String {
        match &self.origin {
            PinnedOrigin::Local(path) => path.clone(),
            PinnedOrigin::Git(git) => git.label(),
            PinnedOrigin::Tarball { .. } => self.name.clone(),
            PinnedOrigin::Hub { package, .. } => package.clone(),
        }
    }

    /// The version in a few words.
    pub(super) fn version(&self) -> String {
        match &self.origin {
            PinnedOrigin::Local(path) => format!("local, {path}"),
            PinnedOrigin::Git(git) => {
                let revision = git.revision.as_deref().unwrap_or("HEAD");
                let shown = if is_commit(revision) { &revision[..10] } else { revision };
                format!("revision {shown}")
            }
            PinnedOrigin::Tarball { .. } => "tarball".to_owned(),
            PinnedOrigin::Hub { version, .. } => version.clone(),
        }
    }
}

/// All wishes for one package.
#[derive(Clone, Debug)]
struct Wish {
    specs: Vec<Spec>,
}

impl Wish {
    fn origin(&self) -> &Origin {
        &self.specs[0].origin
    }

    /// Who asks for what, for messages.
    fn askers(&self) -> Vec<String> {
        let line = |spec: &Spec| {
            let what = match &spec.origin {
                Origin::Hub { conditions, .. } => {
                    conditions.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" and ")
                }
                Origin::Git(git) => match &git.revision {
                    Some(revision) => format!("the revision `{revision}`"),
                    None => "no revision".to_owned(),
                },
                Origin::Local { .. } => "it as a local folder".to_owned(),
                Origin::Tarball { .. } => "it as a tarball".to_owned(),
            };
            format!("{} asks for {what}", spec.asker.who)
        };
        self.specs.iter().map(line).collect()
    }

    fn span(&self) -> Option<Span> {
        self.specs.iter().find_map(|spec| spec.asker.span)
    }
}

/// Finds all packages that the wishes lead to, in the order in which dbt would list them. Problems go to
/// `diagnostics`; a package that has one is left out, with all that it would lead to.
pub(super) fn resolve(
    fetcher: &Fetcher<'_>,
    wishes: Vec<Spec>,
    root_name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Pinned> {
    let mut resolver =
        Resolver { fetcher, found: Vec::new(), failed: HashSet::new(), told: HashSet::new(), diagnostics };
    let mut pending = Vec::new();
    add(&mut pending, wishes);
    while !pending.is_empty() {
        let mut next = Vec::new();
        for wish in std::mem::take(&mut pending) {
            let at = resolver.incorporate(wish);
            let needs = resolver.needs(at);
            add(&mut next, needs);
        }
        pending = next;
    }
    resolver.finish(root_name)
}

struct Resolver<'r, 'f> {
    fetcher: &'r Fetcher<'f>,
    found: Vec<Wish>,
    /// Packages, by their place in `found`, that have been told of.
    failed: HashSet<usize>,
    /// Warnings that have been told.
    told: HashSet<String>,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl Resolver<'_, '_> {
    fn incorporate(&mut self, wish: Wish) -> usize {
        let known = self.found.iter().position(|known| same_package(known.origin(), wish.origin()));
        match known {
            Some(at) => {
                self.found[at].specs.extend(wish.specs);
                at
            }
            None => {
                self.found.push(wish);
                self.found.len() - 1
            }
        }
    }

    /// The packages that one needs.
    fn needs(&mut self, at: usize) -> Vec<Spec> {
        if self.failed.contains(&at) {
            return Vec::new();
        }
        match self.pin(at) {
            Ok((pinned, needs)) => {
                let span = self.found[at].span();
                let asker = Asker { who: format!("the package `{}`", pinned.name), span };
                let mut specs = Vec::new();
                for dependency in needs {
                    match Spec::read(&dependency, &asker, false, &mut Vec::new()) {
                        Ok(spec) => specs.push(spec),
                        Err(problem) => {
                            let problem = problem.note(format!("{} asks for it so", asker.who));
                            self.diagnostics.push(asked_here(problem, span));
                        }
                    }
                }
                specs
            }
            Err(problem) => {
                self.fail(at, problem);
                Vec::new()
            }
        }
    }

    fn fail(&mut self, at: usize, problem: Diagnostic) {
        if self.failed.insert(at) {
            let wish = &self.found[at];
            let mut problem = asked_here(problem, wish.span());
            // A problem with a package that only another package asks for is hard to place otherwise.
            let own = wish.specs.iter().any(|spec| spec.asker.who == ROOT);
            if !own && problem.notes.is_empty() {
                for line in wish.askers() {
                    problem = problem.note(line);
                }
            }
            self.diagnostics.push(problem);
        }
    }

    fn warn(&mut self, at: usize, problem: Diagnostic) {
        if self.told.insert(problem.message.clone()) {
            self.diagnostics.push(asked_here(problem, self.found[at].span()));
        }
    }

    /// The package that all wishes for it lead to, and what it needs.
    fn pin(&mut self, at: usize) -> Result<(Pinned, Vec<Dependency>), Diagnostic> {
        let wish = self.found[at].clone();
        let span = wish.span();
        match wish.origin() {
            Origin::Local { path } => {
                let folder = self.fetcher.world.root().join(path);
                if !self.fetcher.world.exists(&folder) {
                    return Err(errors::no_folder(path));
                }
                let contents = self.fetcher.contents(&folder, path)?;
                let origin = PinnedOrigin::Local(path.clone());
                Ok((Pinned { name: contents.name, origin, span }, contents.packages))
            }
            Origin::Git(first) => {
                let origin = self.git_origin(at, &wish, first)?;
                let checkout = self.fetcher.git(&origin)?;
                let contents =
                    self.fetcher.contents(&checkout.folder, &self.fetcher.secrets.hide(&origin.label()))?;
                let origin = GitOrigin { revision: Some(checkout.commit), ..origin };
                Ok((
                    Pinned { name: contents.name, origin: PinnedOrigin::Git(origin), span },
                    contents.packages,
                ))
            }
            Origin::Tarball { url, shown, name } => {
                let folder = self.fetcher.archive(url, name)?;
                let contents = self.fetcher.contents(&folder, name)?;
                let origin = PinnedOrigin::Tarball { url: url.clone(), shown: shown.clone() };
                Ok((Pinned { name: name.clone(), origin, span }, contents.packages))
            }
            Origin::Hub { package, .. } => self.pin_hub(at, &wish, package),
        }
    }

    fn git_origin(&mut self, at: usize, wish: &Wish, first: &GitOrigin) -> Result<GitOrigin, Diagnostic> {
        let all = wish.specs.iter().filter_map(|spec| match &spec.origin {
            Origin::Git(git) => Some(git),
            _ => None,
        });
        let mut revisions: Vec<&String> = all.clone().filter_map(|git| git.revision.as_ref()).collect();
        revisions.sort();
        revisions.dedup();
        let label = self.fetcher.secrets.hide(&first.label());
        if revisions.len() > 1 {
            let message = format!("the repository `{label}` is asked for in several revisions");
            return Err(errors::conflict(message, &wish.askers())
                .help("ask for one revision everywhere; a repository can only be installed once"));
        }
        let revision = revisions.first().map_or("HEAD", |revision| revision.as_str()).to_owned();
        let warn = all.clone().all(|git| git.warn_unpinned);
        if warn && matches!(revision.as_str(), "HEAD" | "main" | "master") {
            self.warn(at, errors::unpinned(&label, &revision));
        }
        Ok(GitOrigin { revision: Some(revision), ..first.clone() })
    }

    fn pin_hub(
        &mut self,
        at: usize,
        wish: &Wish,
        package: &str,
    ) -> Result<(Pinned, Vec<Dependency>), Diagnostic> {
        let mut all = Vec::new();
        let mut prerelease = false;
        for (number, spec) in wish.specs.iter().enumerate() {
            if let Origin::Hub { conditions, prerelease: wanted, .. } = &spec.origin {
                all.extend(conditions.iter().cloned());
                // As in dbt, whoever asks first decides.
                prerelease |= *wanted && number == 0;
            }
        }
        if !compatible(&all) {
            let message = format!("no version of `{package}` can be all that is asked for");
            return Err(errors::conflict(message, &wish.askers())
                .help("ask for other versions, or for a version of the packages above that asks for less"));
        }
        let chosen = match self.fetcher.hub.choose(package, &all, prerelease) {
            Ok(chosen) => chosen,
            Err(problem) if wish.specs.len() > 1 => {
                return Err(wish.askers().into_iter().fold(problem, Diagnostic::note));
            }
            Err(problem) => return Err(problem),
        };
        let info = self.fetcher.hub.package(package)?;
        if let Some(now) = &info.moved {
            self.warn(at, errors::moved(package, now));
        }
        let Some(version) = info.versions.get(&chosen.version) else {
            return Err(errors::no_such_version(package, &chosen.version, &[]));
        };
        let span = wish.span();
        // These entries have no place of their own; `Spec::read` asks for the asker's.
        let nowhere = Span::new(FileId(0), 0, 0);
        let needs =
            version.packages.iter().map(|one| plain_dependency(one, span.unwrap_or(nowhere))).collect();
        let origin = PinnedOrigin::Hub {
            package: package.to_owned(),
            version: chosen.version,
            latest: Some(chosen.latest),
        };
        Ok((Pinned { name: version.name.clone(), origin, span }, needs))
    }

    /// All packages once more, now that all wishes are known.
    fn finish(mut self, root_name: &str) -> Vec<Pinned> {
        let mut pinned: Vec<Pinned> = Vec::new();
        for at in 0..self.found.len() {
            if self.failed.contains(&at) {
                continue;
            }
            let one = match self.pin(at) {
                Ok((one, _)) => one,
                Err(problem) => {
                    self.fail(at, problem);
                    continue;
                }
            };
            let which = described(&one, self.fetcher);
            if one.name == root_name {
                self.fail(at, errors::name_of_root(&one.name, &which));
                continue;
            }
            if let Some(other) = pinned.iter().find(|other| other.name == one.name) {
                let other = described(other, self.fetcher);
                self.fail(at, errors::same_name(&one.name, &other, &which));
                continue;
            }
            pinned.push(one);
        }
        pinned
    }
}

/// Who asks, where it is the project itself.
pub(super) const ROOT: &str = "this project";

fn described(one: &Pinned, fetcher: &Fetcher<'_>) -> String {
    let label = fetcher.secrets.hide(&one.label());
    match &one.origin {
        PinnedOrigin::Local(_) => format!("`local: {label}`"),
        PinnedOrigin::Git(git) if git.private.is_some() => format!("`private: {label}`"),
        PinnedOrigin::Git(_) => format!("`git: {label}`"),
        PinnedOrigin::Tarball { shown, .. } => format!("`tarball: {}`", fetcher.secrets.hide(shown)),
        PinnedOrigin::Hub { .. } => format!("`package: {label}`"),
    }
}

/// Puts wishes to those for the same package.
fn add(to: &mut Vec<Wish>, specs: Vec<Spec>) {
    for spec in specs {
        match to.iter_mut().find(|wish| same_package(wish.origin(), &spec.origin)) {
            Some(wish) => wish.specs.push(spec),
            None => to.push(Wish { specs: vec![spec] }),
        }
    }
}

/// Whether two wishes are for one package: one hub package, one folder, one address.
fn same_package(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::Hub { package: one, .. }, Origin::Hub { package: other, .. })
        | (Origin::Local { path: one }, Origin::Local { path: other })
        | (Origin::Tarball { url: one, .. }, Origin::Tarball { url: other, .. }) => one == other,
        (Origin::Git(one), Origin::Git(other)) => {
            let bare = |url: &str| url.strip_suffix(".git").unwrap_or(url).to_owned();
            bare(&one.url) == bare(&other.url) && one.subdirectory == other.subdirectory
        }
        _ => false,
    }
}

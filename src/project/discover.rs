//! Which files a package has, and what each of them is for.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;

use super::{Package, errors};
use crate::diagnostic::Diagnostic;
use crate::world::World;

/// What a file is for; a file may be found in more than one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// A part, in SQL or Python.
    Model,
    /// A CSV file.
    Seed,
    /// A file with `{% snapshot %}` blocks.
    Snapshot,
    /// A singular test.
    Test,
    /// An analysis.
    Analysis,
    /// A file with macros or generic tests.
    Macro,
    /// A property file.
    Properties,
    /// A Markdown file that may have `{% docs %}` blocks.
    Docs,
}

/// A file in one role.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The path that the world knows.
    pub path: Utf8PathBuf,
    /// The path below the package's folder.
    pub original: Utf8PathBuf,
    /// The path below the resource folder.
    pub relative: Utf8PathBuf,
    /// What it is for.
    pub role: Role,
}

/// The files of a package, by role and path.
pub(super) fn discover(
    world: &dyn World,
    package: &Package,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Found> {
    let paths = &package.paths;
    let ignored = Ignored::read(world, &package.folder);
    let mut walks: Vec<(Utf8PathBuf, Vec<Utf8PathBuf>)> = Vec::new();
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    let mut search = |folder: &Utf8Path, role: Role, extensions: &[&str]| {
        let folder = Utf8Path::new(folder.as_str().trim_end_matches('/'));
        let start = package.folder.join(folder);
        let start = Utf8PathBuf::from(start.as_str().trim_end_matches('/'));
        let at = walks.iter().position(|(walked, _)| *walked == start).unwrap_or_else(|| {
            let files = world.walk(&start).unwrap_or_else(|error| {
                diagnostics.push(errors::unreadable_folder(&start, &error));
                Vec::new()
            });
            walks.push((start.clone(), files));
            walks.len() - 1
        });
        for path in &walks[at].1 {
            let name = path.file_name().unwrap_or_default();
            let wanted = path.extension().is_some_and(|extension| {
                extensions.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted))
            });
            if !wanted || name.starts_with(['.', '#', '~']) {
                continue;
            }
            let relative = path.strip_prefix(&start).unwrap_or(path);
            let original = path.strip_prefix(&package.folder).unwrap_or(path);
            let elsewhere =
                role == Role::Test && (relative.starts_with("generic") || relative.starts_with("fixtures"));
            if elsewhere || ignored.matches(original) || !seen.insert((role, path.clone())) {
                continue;
            }
            found.push(Found {
                path: path.clone(),
                original: original.to_owned(),
                relative: relative.to_owned(),
                role,
            });
        }
    };
    let each = |folders: &[Utf8PathBuf], search: &mut dyn FnMut(&Utf8Path)| {
        for folder in folders {
            search(folder);
        }
    };
    each(&paths.models, &mut |folder| search(folder, Role::Model, &["sql", "py"]));
    each(&paths.seeds, &mut |folder| search(folder, Role::Seed, &["csv"]));
    each(&paths.snapshots, &mut |folder| search(folder, Role::Snapshot, &["sql"]));
    each(&paths.tests, &mut |folder| search(folder, Role::Test, &["sql"]));
    each(&paths.analyses, &mut |folder| search(folder, Role::Analysis, &["sql"]));
    each(&paths.macros, &mut |folder| search(folder, Role::Macro, &["sql"]));
    each(&paths.tests, &mut |folder| search(&folder.join("generic"), Role::Macro, &["sql"]));
    for folders in
        [&paths.models, &paths.seeds, &paths.snapshots, &paths.analyses, &paths.macros, &paths.tests]
    {
        each(folders, &mut |folder| search(folder, Role::Properties, &["yml", "yaml"]));
    }
    each(&paths.docs, &mut |folder| search(folder, Role::Docs, &["md"]));
    found.sort_by(|a, b| (a.role, a.path.as_str()).cmp(&(b.role, b.path.as_str())));
    found
}

/// The patterns of `.dbtignore`: names, folders and `*`, as in `.gitignore`.
struct Ignored(Vec<(bool, regex::Regex)>);

impl Ignored {
    fn read(world: &dyn World, folder: &Utf8Path) -> Self {
        let text = world.read(&folder.join(".dbtignore")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.filter_map(pattern).collect())
    }

    fn matches(&self, path: &Utf8Path) -> bool {
        self.0
            .iter()
            .rfind(|(_, pattern)| pattern.is_match(path.as_str()))
            .is_some_and(|(ignored, _)| *ignored)
    }
}

/// A line of `.dbtignore` as a pattern over whole paths; `!` in front takes files back in.
fn pattern(line: &str) -> Option<(bool, regex::Regex)> {
    let (ignored, line) = line.strip_prefix('!').map_or((true, line), |line| (false, line));
    let folder = line.ends_with('/');
    let body = line.trim_end_matches('/');
    let anchored = body.contains('/');
    let mut text = String::from(if anchored { "^" } else { "(^|/)" });
    let mut rest = body.trim_start_matches('/');
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("**/") {
            text.push_str("(.*/)?");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            text.push_str(".*");
            rest = after;
        } else {
            let mut chars = rest.chars();
            match chars.next() {
                Some('*') => text.push_str("[^/]*"),
                Some('?') => text.push_str("[^/]"),
                Some(char) => text.push_str(&regex::escape(char.encode_utf8(&mut [0; 4]))),
                None => {}
            }
            rest = chars.as_str();
        }
    }
    text.push_str(if folder { "/" } else { "(/|$)" });
    regex::Regex::new(&text).ok().map(|pattern| (ignored, pattern))
}

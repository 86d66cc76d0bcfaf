//! `profiles.yml`: which warehouse the SQL is for, and how to get there.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use super::yaml::{self, Kind, Yaml};
use super::yaml_jinja::YamlJinja;
use super::{LoadOptions, Target, errors, files};
use crate::diagnostic::Diagnostic;
use crate::source::{Sources, Spanned};
use crate::sql::Dialect;
use crate::world::World;

/// Finds the target. Where there is no `profiles.yml` at all, or the project names no profile, that is an
/// embedded DuckDB; `None` after an error.
pub(super) fn target(
    world: &dyn World,
    options: &LoadOptions,
    wanted: Option<&Spanned<String>>,
    cli_vars: &Map<String, Value>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Target> {
    let (path, name) =
        match (find(world, options), options.profile.as_deref().or(wanted.map(|name| &*name.value))) {
            (Err(problem), _) => {
                diagnostics.push(*problem);
                return None;
            }
            (Ok(Some(path)), Some(name)) => (path, name),
            (Ok(None), _) | (_, None) => return Some(embedded(options)),
        };
    let file = files::read(world, &path, sources, diagnostics)?;
    let text = sources.get(file).text.clone();
    let document = yaml::parse(file, &text);
    diagnostics.extend(document.diagnostics);
    let jinja = YamlJinja::new(world, vec![cli_vars.clone()], true);
    let root = document.root?;
    let known = || root.entries().iter().map(|entry| &*entry.key).filter(|key| *key != "config");
    let Some(profile) = root.set(name) else {
        let at = wanted.filter(|_| options.profile.is_none()).map(|name| name.span);
        diagnostics.push(errors::no_profile(&path, name, at, known()));
        return None;
    };
    output(profile, name, options, &jinja, diagnostics)
}

/// The embedded DuckDB that stands in where no profile is given.
fn embedded(options: &LoadOptions) -> Target {
    let mut credentials = Map::new();
    credentials.insert("type".to_owned(), "duckdb".into());
    credentials.insert("path".to_owned(), "target/buhin.duckdb".into());
    Target {
        profile: "buhin".to_owned(),
        name: options.target.clone().unwrap_or_else(|| "dev".to_owned()),
        adapter: "duckdb".to_owned(),
        dialect: options.dialect.unwrap_or(Dialect::DuckDb),
        database: Some("buhin".to_owned()),
        schema: "main".to_owned(),
        threads: options.threads.unwrap_or(1),
        credentials,
    }
}

/// The first `profiles.yml` on dbt's way: option, environment, project, home.
fn find(world: &dyn World, options: &LoadOptions) -> Result<Option<Utf8PathBuf>, Box<Diagnostic>> {
    let from_environment =
        || world.env("DBT_PROFILES_DIR").filter(|dir| !dir.is_empty()).map(Utf8PathBuf::from);
    let named = match (&options.profiles_dir, from_environment()) {
        (Some(folder), _) => Some((folder.clone(), "`--profiles-dir`")),
        (None, Some(folder)) => Some((folder, "`DBT_PROFILES_DIR`")),
        (None, None) => None,
    };
    if let Some((folder, from)) = named {
        let path = folder.join("profiles.yml");
        return if world.exists(&path) {
            Ok(Some(path))
        } else {
            Err(Box::new(errors::no_profiles_file(&folder, from)))
        };
    }
    let home = world.env("HOME").or_else(|| world.env("USERPROFILE"));
    let candidates = [
        Some(Utf8PathBuf::from("profiles.yml")),
        home.map(|home| Utf8Path::new(&home).join(".dbt/profiles.yml")),
    ];
    Ok(candidates.into_iter().flatten().find(|path| world.exists(path)))
}

fn output(
    profile: &Yaml<'_>,
    profile_name: &str,
    options: &LoadOptions,
    jinja: &YamlJinja<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Target> {
    let Some(outputs) = profile.set("outputs") else {
        diagnostics.push(errors::bad_profile(
            profile.span,
            &format!("the profile `{profile_name}` lacks `outputs`"),
            "`outputs` is missing here",
        ));
        return None;
    };
    let asked = profile.set("target");
    let (name, at) = match (&options.target, asked) {
        (Some(name), _) => (name.clone(), outputs.span),
        (None, Some(asked)) => {
            let rendered = asked.scalar_text().map(|text| jinja.text(&text, asked.span, diagnostics));
            (rendered.as_ref().map_or_else(String::new, super::python::str), asked.span)
        }
        (None, None) => ("default".to_owned(), outputs.span),
    };
    let Some(output) = outputs.set(&name) else {
        let known = outputs.entries().iter().map(|entry| &*entry.key);
        diagnostics.push(errors::no_target(profile_name, &name, at, known));
        return None;
    };
    let Kind::Map(_) = output.kind else {
        diagnostics.push(errors::wrong_kind(output.span, &name, "a mapping", output.kind_name()));
        return None;
    };
    let Value::Object(credentials) = jinja.render(output, &|_| true, diagnostics) else { return None };
    let Some(adapter) = credentials.get("type").and_then(Value::as_str).map(str::to_owned) else {
        diagnostics.push(errors::missing_key(output.span, "type", &format!("the output `{name}`")));
        return None;
    };
    let dialect = options.dialect.unwrap_or_else(|| Dialect::from_name(&adapter).unwrap_or(Dialect::Generic));
    let text = |keys: &[&str]| {
        let value = keys.iter().find_map(|key| credentials.get(*key).filter(|value| !value.is_null()))?;
        Some(super::python::str(value))
    };
    let duckdb = matches!(adapter.as_str(), "duckdb" | "motherduck");
    let database = if duckdb {
        let path = text(&["path"]).unwrap_or_else(|| ":memory:".to_owned());
        text(&["database"]).or_else(|| Some(duckdb_name(&path)))
    } else {
        text(&["database", "dbname", "project", "catalog"])
    };
    let default = match adapter.as_str() {
        "duckdb" | "motherduck" | "sqlite" => Some("main"),
        "clickhouse" => Some("default"),
        _ => None,
    };
    let Some(schema) = text(&["schema", "dataset"]).or(default.map(str::to_owned)) else {
        diagnostics.push(errors::missing_key(output.span, "schema", &format!("the output `{name}`")));
        return None;
    };
    let threads = options.threads.or_else(|| {
        let threads = credentials.get("threads")?;
        threads.as_u64().or_else(|| threads.as_str()?.trim().parse().ok()).map(|threads| threads as usize)
    });
    Some(Target {
        profile: profile_name.to_owned(),
        name,
        adapter,
        dialect,
        database,
        schema,
        threads: threads.unwrap_or(1).max(1),
        credentials,
    })
}

/// The name DuckDB gives to the database in a file.
fn duckdb_name(path: &str) -> String {
    if path == ":memory:" || path.is_empty() {
        return "memory".to_owned();
    }
    let path = path.split('?').next().unwrap_or(path);
    let path = path.strip_prefix("md:").or_else(|| path.strip_prefix("motherduck:")).unwrap_or(path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    // All up to the first dot, so that `my.db.duckdb` is `my`.
    let stem = file.trim_start_matches('.').split('.').next().unwrap_or(file);
    if stem.is_empty() { "my_db".to_owned() } else { stem.to_owned() }
}

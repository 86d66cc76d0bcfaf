//! Macros as the manifest has them, read from their files.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::write::{EMPTY_MAP, Object, Shown};
use crate::render::macro_texts;

/// One macro.
#[derive(Serialize)]
struct MacroOut<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: String,
    macro_sql: &'a str,
    depends_on: DependsOn<'a>,
    description: &'a str,
    meta: &'a Map<String, Value>,
    docs: Shown<'a>,
    config: ConfigOut<'a>,
    patch_path: Option<String>,
    arguments: Vec<Argument<'a>>,
    supported_languages: Option<&'a [String]>,
}

#[derive(Serialize)]
struct DependsOn<'a> {
    macros: &'a [String],
}

#[derive(Serialize)]
struct ConfigOut<'a> {
    meta: &'a Map<String, Value>,
    docs: Shown<'a>,
}

#[derive(Serialize)]
struct Argument<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    description: &'a str,
}

/// Writes `macros` of the manifest, by unique id. Fails where `out` does.
pub(super) fn macros(context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let project = context.project;
    let mut object = Object::open(out)?;
    for text in &macro_texts(project) {
        let package = text.package;
        let folder = project.packages.iter().find(|it| it.name == package).map(|it| it.folder.as_path());
        let path = &text.source.path;
        let path = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
        let said = |name: &str| project.macro_properties.get(&(package.to_owned(), name.to_owned()));
        let said = said(&text.name).or_else(|| said(&text.written));
        let entry = MacroOut {
            name: &text.name,
            resource_type: "macro",
            package_name: package,
            path: path.as_str(),
            original_file_path: path.as_str(),
            unique_id: format!("macro.{package}.{}", text.name),
            macro_sql: text.text,
            depends_on: DependsOn { macros: &text.calls },
            description: said.and_then(|it| it.get("description")?.as_str()).unwrap_or_default(),
            meta: meta(said),
            docs: Shown(of_config(said, "docs")),
            config: ConfigOut { meta: meta(said), docs: Shown(of_config(said, "docs")) },
            patch_path: said
                .and_then(|it| it.get("original_file_path")?.as_str())
                .map(|path| format!("{package}://{path}")),
            arguments: arguments(&text.parameters, said),
            supported_languages: text.languages.as_deref(),
        };
        object.entry(&entry.unique_id, &entry)?;
    }
    object.close()
}

fn of_config<'a>(said: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    let said = said?;
    said.get("config").and_then(|config| config.get(key)).or_else(|| said.get(key))
}

fn meta(said: Option<&Value>) -> &Map<String, Value> {
    of_config(said, "meta").and_then(Value::as_object).unwrap_or(&*EMPTY_MAP)
}

/// A macro's parameters with what its properties say of them.
fn arguments<'a>(parameters: &[&'a str], said: Option<&'a Value>) -> Vec<Argument<'a>> {
    let listed = said.and_then(|it| it.get("arguments")?.as_array()).map_or(&[][..], Vec::as_slice);
    let text = |value: &'a Value, key: &str| value.get(key).and_then(Value::as_str);
    if !listed.is_empty() {
        let argument = |argument: &'a Value| Argument {
            name: text(argument, "name").unwrap_or_default(),
            kind: text(argument, "type"),
            description: text(argument, "description").unwrap_or_default(),
        };
        return listed.iter().map(argument).collect();
    }
    parameters.iter().map(|name| Argument { name, kind: None, description: "" }).collect()
}

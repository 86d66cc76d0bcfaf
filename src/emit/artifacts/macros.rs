//! Macros as the manifest has them, read from their files.

use serde_json::{Map, Value, json};

use super::super::Context;
use crate::source::SourceFile;

/// `macros` of the manifest, by unique id.
pub(super) fn macros(context: &Context<'_>) -> Map<String, Value> {
    let project = context.project;
    let mut macros = Map::new();
    for file in &project.macro_files {
        let source = project.files.get(file.file);
        let folder = project.packages.iter().find(|it| it.name == file.package).map(|it| it.folder.as_path());
        let path = folder.and_then(|folder| source.path.strip_prefix(folder).ok()).unwrap_or(&source.path);
        for (name, text) in definitions(source) {
            let unique_id = format!("macro.{}.{name}", file.package);
            let properties = project.macro_properties.get(&(file.package.clone(), name.clone()));
            let text_of = |key: &str| properties.and_then(|it| it.get(key)).cloned();
            let entry = json!({
                "name": name,
                "resource_type": "macro",
                "package_name": file.package,
                "path": path.as_str(),
                "original_file_path": path.as_str(),
                "unique_id": unique_id,
                "macro_sql": text,
                "depends_on": {"macros": []},
                "description": text_of("description").unwrap_or_else(|| Value::String(String::new())),
                "meta": text_of("meta").unwrap_or_else(|| json!({})),
                "docs": text_of("docs").unwrap_or_else(|| json!({"show": true, "node_color": null})),
                "patch_path": null,
                "arguments": text_of("arguments").unwrap_or_else(|| json!([])),
                "supported_languages": null,
            });
            macros.entry(unique_id).or_insert(entry);
        }
    }
    macros
}

/// The blocks of a file that define macros: their names in dbt's form, and their texts.
fn definitions(source: &SourceFile) -> Vec<(String, &str)> {
    let text: &str = &source.text;
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{%").map(|open| at + open) {
        at = open + 2;
        let tag = text[at..].trim_start_matches(['-', '+']).trim_start();
        let kinds =
            [("macro", "endmacro", ""), ("test", "endtest", "test_"), ("data_test", "enddata_test", "test_")];
        let kind = kinds.into_iter().chain([("materialization", "endmaterialization", "materialization_")]);
        let block = kind.into_iter().find_map(|(word, end, prefix)| {
            let rest = tag.strip_prefix(word)?;
            rest.starts_with(char::is_whitespace).then(|| (rest.trim_start(), end, prefix))
        });
        let Some((rest, end, prefix)) = block else { continue };
        let length = rest.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(rest.len());
        let Some(stop) = closing(text, at, end) else { continue };
        let mut name = format!("{prefix}{}", &rest[..length]);
        if prefix == "materialization_" {
            name.push('_');
            name.push_str(adapter(rest).unwrap_or("default"));
        }
        found.push((name, &text[open..stop]));
        at = stop;
    }
    found
}

/// The offset after the tag `{% end… %}` that follows `from`.
fn closing(text: &str, from: usize, end: &str) -> Option<usize> {
    let mut at = from;
    while let Some(open) = text[at..].find("{%").map(|open| at + open) {
        at = open + 2;
        let tag = text[at..].trim_start_matches(['-', '+']).trim_start();
        if tag.starts_with(end) {
            return text[at..].find("%}").map(|close| at + close + 2);
        }
    }
    None
}

/// The adapter in `materialization name, adapter='duckdb'`.
fn adapter(head: &str) -> Option<&str> {
    let head = &head[..head.find("%}")?];
    let value = head.split_once("adapter")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|char| matches!(char, '\'' | '"'))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn names_are_those_of_dbt() {
        let mut sources = Sources::default();
        let text = "{% macro a(x) -%} {% if x %}1{% endif %} {%- endmacro %}\n{% test b(model) %}x{% endtest %}\n\
                    {%- materialization c, adapter='duckdb' -%}{% endmaterialization %} {% materialization d, default %}\
                    {% endmaterialization %}{% macro open() %}";
        let id = sources.add("m.sql", text);
        let names: Vec<String> = definitions(sources.get(id)).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "test_b", "materialization_c_duckdb", "materialization_d_default"]);
        assert_eq!(
            definitions(sources.get(id))[0].1,
            "{% macro a(x) -%} {% if x %}1{% endif %} {%- endmacro %}"
        );
    }
}

//! What the command line, the environment and `flags:` of `dbt_project.yml` say of warnings; the first that speaks wins.

use serde_json::Value;

use super::args::OutputArgs;
use crate::diagnostic::{Code, Diagnostic, WarnError};
use crate::project::{Project, yaml_value};

/// Reads them; options that can't be understood are an error.
pub(super) fn warn_error(
    project: &Project,
    output: &OutputArgs,
    diagnostics: &mut Vec<Diagnostic>,
) -> WarnError {
    let flags = project.root().raw.get("flags");
    let flag = |key: &str| flags.and_then(|flags| flags.get(key)).filter(|value| !value.is_null());
    let text = output.warn_error_options.clone().or_else(|| environment("WARN_ERROR_OPTIONS"));
    let (from, options) = match (&text, flag("warn_error_options")) {
        (Some(text), _) => ("--warn-error-options", yaml_value(text)),
        (None, Some(options)) => ("`warn_error_options` of dbt_project.yml", Some(options.clone())),
        (None, None) => ("", None),
    };
    if output.warn_error || text.is_none() && is_true(environment("WARN_ERROR").as_deref()) {
        return WarnError::all();
    }
    if from.is_empty() {
        let all = flag("warn_error").and_then(Value::as_bool).unwrap_or(false);
        return if all { WarnError::all() } else { WarnError::default() };
    }
    match options.ok_or_else(|| "it is not well-formed YAML".to_owned()).and_then(|it| WarnError::read(&it)) {
        Ok(read) => read,
        Err(why) => {
            let found = Diagnostic::error(Code::BAD_ARGUMENT, format!("{from} can't be used: {why}"));
            diagnostics.push(found.help("write '{error: all, warn: [NAME], silence: [NAME]}'"));
            WarnError::default()
        }
    }
}

/// A setting of dbt's from the environment: `DBT_ENGINE_NAME`, or `DBT_NAME`.
#[allow(clippy::disallowed_methods, reason = "these are flags by another way")]
fn environment(name: &str) -> Option<String> {
    let set = |name: String| std::env::var(name).ok().filter(|value| !value.is_empty());
    set(format!("DBT_ENGINE_{name}")).or_else(|| set(format!("DBT_{name}")))
}

fn is_true(value: Option<&str>) -> bool {
    value
        .is_some_and(|value| matches!(value.to_lowercase().as_str(), "1" | "true" | "t" | "yes" | "y" | "on"))
}

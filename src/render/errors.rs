//! What can go wrong when rendering, one constructor each. Jinja's own errors are the engine's.

use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Two macros of one name in one package.
pub(super) fn duplicate_macro(name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error(Code::DUPLICATE_NAME, format!("macro `{name}` is defined twice"))
        .at(second, "defined again here")
        .related(first, "first defined here")
        .help("rename or remove one of the two")
}

/// `var('x')` without a value.
pub(super) fn missing_var(name: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::MISSING_VAR, format!("var `{name}` has no value"));
    match closest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("a var with a similar name exists: `{near}`")),
        None => diagnostic.help(format!(
            "set it under `vars:` in dbt_project.yml, with `--vars '{name}: …'`, or give a default: \
             `var('{name}', 'default')`"
        )),
    }
}

/// `env_var('X')` without a value.
pub(super) fn missing_env_var(name: &str) -> Diagnostic {
    Diagnostic::error(Code::MISSING_ENV_VAR, format!("environment variable `{name}` is not set"))
        .help(format!("set it, or give a default: `env_var('{name}', 'default')`"))
}

/// `env_var('DBT_ENV_SECRET_X')` where it would end up in SQL.
pub(super) fn secret_env_var(name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::MISSING_ENV_VAR,
        format!("secret environment variable `{name}` can't be used here"),
    )
    .help("secrets may be used in profiles.yml and packages.yml only")
}

/// `adapter.qoute()`, a method that the adapter has not.
pub(super) fn unknown_adapter_method(name: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UNKNOWN_MACRO, format!("`adapter` has no method `{name}`"));
    match closest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("a method with a similar name exists: `adapter.{near}`")),
        None => diagnostic.help(format!(
            "call `adapter.dispatch('{name}')` if it is a macro, or leave it to a macro of your own"
        )),
    }
}

/// Tests of a package that is not installed.
pub(super) fn tests_of_missing_package(package: &str, first: &str, at: Span, count: usize) -> Diagnostic {
    let message = match count {
        1 => format!("no package `{package}` is installed for the test `{package}.{first}`"),
        _ => format!("no package `{package}` is installed for its {count} tests, `{package}.{first}` first"),
    };
    Diagnostic::error(Code::UNKNOWN_TEST, message)
        .at(at, format!("a test of package `{package}`"))
        .help(install(package))
}

/// `dbt_utils.star()` without the package.
pub(super) fn unknown_package(call: &str, package: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("`{call}` is undefined: no package `{package}` is installed");
    let diagnostic = Diagnostic::error(Code::UNKNOWN_MACRO, message);
    match near {
        Some(near) => diagnostic.help(format!("a package with a similar name is installed: `{near}`")),
        None => diagnostic.help(install(package)),
    }
}

fn install(package: &str) -> String {
    format!("declare `{package}` in packages.yml and run `buhin deps`, which puts it into `dbt_packages/`")
}

/// A generic test that lacks an argument of its macro.
pub(super) fn missing_argument(test: &str, argument: &str, at: Span, sure: bool) -> Diagnostic {
    let message = format!("the test `{test}` needs the argument `{argument}`");
    let diagnostic = if sure {
        Diagnostic::error(Code::WRONG_ARGUMENTS, message)
    } else {
        Diagnostic::warning(Code::WRONG_ARGUMENTS, message)
    };
    diagnostic
        .at(at, format!("`{argument}` is not given"))
        .help(format!("add it: `{test}: {{{argument}: …}}`"))
}

/// A config whose value is of a kind that it can't have.
pub(super) fn wrong_config(key: &str, expected: &str, found: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_CONFIG, format!("config `{key}` should be {expected}, not {found}"))
}

/// A `ref()` or `source()` that the first pass did not see.
pub(super) fn not_collected(call: &str) -> Diagnostic {
    Diagnostic::error(
        Code::RENDER_FAILED,
        format!("`{call}` is only reached when SQL is made, so the order of builds can't know of it"),
    )
    .help(format!("say it where it is always seen, in a comment: `-- depends_on: {{{{ {call} }}}}`"))
}

/// `adapter.dispatch('m')` that finds nothing.
pub(super) fn no_dispatch(
    name: &str,
    namespace: Option<&str>,
    tried: &[String],
    near: Option<String>,
) -> Diagnostic {
    let within = namespace.map_or_else(String::new, |namespace| format!(" in `{namespace}`"));
    let diagnostic =
        Diagnostic::error(Code::UNKNOWN_MACRO, format!("no macro to dispatch `{name}` to{within}")).note(
            format!(
                "looked for {}",
                tried.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        );
    match near {
        Some(near) => diagnostic.help(format!("a macro with a similar name exists: `{near}`")),
        None => diagnostic,
    }
}

/// A generic test that no package defines.
pub(super) fn unknown_test(name: &str, at: Span, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UNKNOWN_TEST, format!("no generic test is named `{name}`"))
        .at(at, "no test of this name");
    match near {
        Some(near) => diagnostic.help(format!("a test with a similar name exists: `{near}`")),
        None => diagnostic.help(format!("define it: `{{% test {name}(model) %}} … {{% endtest %}}`")),
    }
}

/// The user's own macro says no.
pub(super) fn raised(message: &str) -> Diagnostic {
    Diagnostic::error(Code::RAISED, message.trim().to_owned())
}

/// The user's own macro warns.
pub(super) fn warned(message: &str) -> Diagnostic {
    Diagnostic::warning(Code::MACRO_WARNING, message.trim().to_owned())
}

/// The warehouse did not answer.
pub(super) fn no_answer(what: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::NO_ANSWER, format!("{what} failed while rendering: {why}"))
}

/// The record has no answer to what a part asks.
pub(super) fn not_recorded(part: Option<&str>, what: &str, why: &str) -> Diagnostic {
    let whose = part.map_or_else(String::new, |part| format!(" of `{part}`"));
    Diagnostic::error(Code::NOT_RECORDED, format!("{what}{whose} has no answer: {why}"))
        .help("`buhin compile --record` asks the database of the profile and writes the record anew")
}

/// A custom materialization that is not for this adapter.
pub(super) fn no_materialization(name: &str, adapter: &str) -> Diagnostic {
    let own =
        crate::sql::Dialect::from_name(adapter).map_or(&[][..], crate::sql::Dialect::own_materializations);
    if own.contains(&name) {
        let message = format!(
            "materialization `{name}` is that of dbt's adapter for `{adapter}`, which is not run here"
        );
        return Diagnostic::error(Code::BAD_MATERIALIZATION, message)
            .help("build this part with dbt, or materialize it as `table`");
    }
    Diagnostic::error(
        Code::BAD_MATERIALIZATION,
        format!("materialization `{name}` is defined neither for `{adapter}` nor as `default`"),
    )
    .help(format!("define it: `{{% materialization {name}, default %}}`"))
}

/// A custom materialization that does not say what it has made.
pub(super) fn no_relations(name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::BAD_MATERIALIZATION,
        format!("materialization `{name}` does not return the relations that it has made"),
    )
    .help("end it with `{{ return({'relations': [this]}) }}`")
}

//! `ref()` and `source()`.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::super::ctx::{Ctx, RefKey, Target};
use super::super::relation::RelationObject;
use super::super::{RefCall, SourceCall, errors, names};
use crate::python::args::{Args, given, text};
use crate::python::failure;

/// `ref('part')`, `ref('package', 'part')`, with `version=` or `v=`.
pub(super) fn reference(ctx: &Arc<Ctx>, state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let (package, name) = match args.positional() {
        [name] => (None, name_of("ref", name)?),
        [package, name] if !given(package) => (None, name_of("ref", name)?),
        [package, name] => (Some(name_of("ref", package)?), name_of("ref", name)?),
        other => {
            let count = other.len();
            return Err(failure::arguments(
                "ref",
                format!("takes a part's name, or a package's and a part's, but got {count} arguments"),
            ));
        }
    };
    args.only("ref", &["version", "v"])?;
    let version = args.keyword("version").or_else(|| args.keyword("v"));
    let version = text(version.as_ref());
    let key: RefKey = (package, name, version);
    let Some(known) = &ctx.known else {
        let span = ctx.call_place(state);
        let (package, name, version) = key;
        ctx.record().refs.push(RefCall { package, name, version, span });
        return Ok(stand_in(ctx));
    };
    let target = known.refs.get(&key).cloned().or_else(|| known.open.as_ref().and_then(|open| open(&key)));
    match target {
        Some(target) => Ok(relation_of(&target)),
        None => Err(errors::not_collected(&call_text(&key)).into()),
    }
}

/// `source('source', 'table')`.
pub(super) fn source(ctx: &Arc<Ctx>, state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [source, table] = match args.positional() {
        [source, table] => [name_of("source", source)?, name_of("source", table)?],
        other => {
            let count = other.len();
            return Err(failure::arguments(
                "source",
                format!("takes the source's name and the table's, but got {count} arguments"),
            ));
        }
    };
    args.only("source", &[])?;
    let Some(known) = &ctx.known else {
        let span = ctx.call_place(state);
        ctx.record().sources.push(SourceCall { source, table, span });
        return Ok(stand_in(ctx));
    };
    match known.sources.get(&(source.clone(), table.clone())) {
        Some(target) => Ok(relation_of(target)),
        None if known.open.is_some() => {
            let key = (Some(format!("source:{source}")), table.clone(), None);
            let target = known.open.as_ref().and_then(|open| open(&key));
            let missing = || Error::from(errors::not_collected(&format!("source('{source}', '{table}')")));
            target.map(|target| relation_of(&target)).ok_or_else(missing)
        }
        None => {
            let problem = errors::not_collected(&format!("source('{source}', '{table}')"));
            ctx.record().late_source = Some((source, table));
            Err(problem.into())
        }
    }
}

/// `metric('name')`: not part of what buhin compiles; its name stands for it.
pub(super) fn metric(_ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    match args.positional() {
        [name] | [_, name] => Ok(name.clone()),
        _ => Err(failure::arguments("metric", "takes a metric's name")),
    }
}

/// While parsing, dbt gives the node's own relation in place of the one that is named.
fn stand_in(ctx: &Arc<Ctx>) -> Value {
    let dialect = ctx.shared.project.target.dialect;
    match names::relation_of(ctx) {
        Some(relation) => Value::from_object(RelationObject::new(&relation)),
        None => Value::from_object(RelationObject::of([None, None, None], dialect)),
    }
}

fn relation_of(target: &Target) -> Value {
    let dialect = target.relation.dialect;
    Value::from_object(match &target.cte {
        Some(cte) if target.inlined => RelationObject::cte(cte.clone(), dialect),
        Some(cte) => {
            RelationObject { placeholder: Some(cte.clone()), ..RelationObject::new(&target.relation) }
        }
        None => RelationObject::new(&target.relation),
    })
}

fn name_of(function: &str, value: &Value) -> Result<String, Error> {
    value.as_str().map(str::to_owned).ok_or_else(|| {
        failure::arguments(function, format!("takes names as text, but got {}", crate::jinja::repr(value)))
    })
}

fn call_text((package, name, version): &RefKey) -> String {
    let package = package.as_ref().map_or_else(String::new, |package| format!("'{package}', "));
    let version = version.as_ref().map_or_else(String::new, |version| format!(", v={version}"));
    format!("ref({package}'{name}'{version})")
}

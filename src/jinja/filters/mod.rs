//! Jinja2's filters.

#![allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "all filters have one form")]

mod items;
mod numbers;
mod pretty;
mod strings;
mod web;

use std::cmp::Ordering;

use minijinja::Value;

use super::call::{self, Args};
use super::number::Num;
use super::ops::{item, order, type_name};
use super::predicates;
use super::run::{Res, Vm, wrong};
use super::text::str_of;

/// A filter: the value, and the arguments after it.
pub(super) type FilterFn = fn(&mut Vm<'_, '_, '_>, Value, Args) -> Res<Value>;

const FILTERS: &[(&str, FilterFn)] = &[
    ("abs", numbers::abs),
    ("attr", items::attr),
    ("batch", items::batch),
    ("capitalize", strings::capitalize),
    ("center", strings::center),
    ("count", items::length),
    ("d", items::default),
    ("default", items::default),
    ("dictsort", items::dictsort),
    ("e", web::escape),
    ("escape", web::escape),
    ("filesizeformat", numbers::filesizeformat),
    ("first", items::first),
    ("float", numbers::float),
    ("forceescape", web::forceescape),
    ("format", strings::format),
    ("groupby", items::groupby),
    ("indent", strings::indent),
    ("int", numbers::int),
    ("items", items::items),
    ("join", items::join),
    ("last", items::last),
    ("length", items::length),
    ("list", items::list),
    ("lower", strings::lower),
    ("map", items::map),
    ("max", items::max),
    ("min", items::min),
    ("pprint", pretty::pprint),
    ("random", items::random),
    ("reject", items::reject),
    ("rejectattr", items::rejectattr),
    ("replace", strings::replace),
    ("reverse", items::reverse),
    ("round", numbers::round),
    ("safe", web::safe),
    ("select", items::select),
    ("selectattr", items::selectattr),
    ("slice", items::slice),
    ("sort", items::sort),
    ("string", strings::string),
    ("striptags", web::striptags),
    ("sum", numbers::sum),
    ("title", strings::title),
    ("tojson", web::tojson),
    ("trim", strings::trim),
    ("truncate", strings::truncate),
    ("unique", items::unique),
    ("upper", strings::upper),
    ("urlencode", web::urlencode),
    ("wordcount", strings::wordcount),
    ("wordwrap", strings::wordwrap),
    ("xmlattr", web::xmlattr),
];

/// The filter of a name.
pub(super) fn find(name: &str) -> Option<FilterFn> {
    FILTERS.binary_search_by_key(&name, |(each, _)| each).ok().map(|at| FILTERS[at].1)
}

/// The names of all filters.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|(name, _)| *name)
}

/// Sorts by a key, stably; fails where Python can't order two keys.
pub(super) fn sort_values(
    items: &mut Vec<Value>,
    reverse: bool,
    key: impl FnMut(&Value) -> Res<Value>,
) -> Res<()> {
    let mut keyed = keyed(std::mem::take(items), key)?;
    let mut failure = None;
    keyed.sort_by(|(left, _), (right, _)| match order(left, right, "<") {
        Ok(order) if reverse => order.reverse(),
        Ok(order) => order,
        Err(stop) => {
            failure.get_or_insert(stop);
            Ordering::Equal
        }
    });
    items.extend(keyed.into_iter().map(|(_, item)| item));
    failure.map_or(Ok(()), Err)
}

fn keyed(items: Vec<Value>, mut key: impl FnMut(&Value) -> Res<Value>) -> Res<Vec<(Value, Value)>> {
    items.into_iter().map(|item| Ok((key(&item)?, item))).collect()
}

/// Where in each item to look: `attribute='a.b'`, or a number.
struct Path(Vec<Value>);

impl Path {
    fn of(attribute: &Value) -> Self {
        let Some(text) = attribute.as_str() else {
            return Self(vec![attribute.clone()]);
        };
        let part = |part: &str| part.parse::<i64>().map_or_else(|_| Value::from(part), Value::from);
        Self(text.split('.').map(part).collect())
    }

    fn get(&self, value: &Value, default: Option<&Value>) -> Value {
        let found = self.0.iter().try_fold(value.clone(), |value, part| {
            let next = match part.as_str() {
                Some(name) if value.downcast_object_ref::<super::Dict>().is_none() => {
                    value.get_attr(name).unwrap_or_default()
                }
                _ => item(&value, part),
            };
            (!next.is_undefined()).then_some(next)
        });
        found.or_else(|| default.cloned()).unwrap_or_default()
    }
}

/// A key to order by: `attribute` may name several, split by commas; letters' case counts only if asked for.
fn sort_key(attribute: Option<Value>, case_sensitive: bool) -> impl Fn(&Value) -> Res<Value> {
    let paths: Vec<Path> = match attribute.filter(|attribute| !attribute.is_none()) {
        None => Vec::new(),
        Some(attribute) => match attribute.as_str() {
            Some(text) => text.split(',').map(|part| Path::of(&Value::from(part))).collect(),
            None => vec![Path::of(&attribute)],
        },
    };
    move |value| {
        let fold = |value: Value| if case_sensitive { value } else { lower_key(value) };
        Ok(match paths.as_slice() {
            [] => fold(value.clone()),
            [path] => fold(path.get(value, None)),
            paths => {
                let keys = paths.iter().map(|path| fold(path.get(value, None))).collect();
                super::List::value(keys)
            }
        })
    }
}

fn lower_key(value: Value) -> Value {
    match value.as_str() {
        Some(text) => Value::from(text.to_lowercase()),
        None => value,
    }
}

fn flag(value: Option<Value>) -> bool {
    value.is_some_and(|value| value.is_true())
}

/// An integer argument.
fn integer(value: Option<Value>, default: i128) -> Res<i128> {
    match value {
        None => Ok(default),
        Some(value) => match Num::of(&value) {
            Some(Num::Int(number)) => Ok(number),
            _ => Err(wrong(format!("'{}' object cannot be interpreted as an integer", type_name(&value)))),
        },
    }
}

/// Applies the filter of a name.
fn apply(vm: &mut Vm<'_, '_, '_>, name: &str, value: Value, mut args: Args) -> Res<Value> {
    vm.run().step()?;
    if let Some(filter) = find(name) {
        return filter(vm, value, args);
    }
    let Some(function) = vm.run().engine.filters.get(name).cloned() else {
        return Err(format!("no filter named `{name}`").into());
    };
    args.pos.insert(0, value);
    call::call_value(vm, &function, args)
}

/// Whether a value passes the test that the arguments name; without one, whether it is true.
fn passes(vm: &mut Vm<'_, '_, '_>, value: &Value, args: &Args, from: usize) -> Res<bool> {
    vm.run().step()?;
    let Some(name) = args.pos.get(from) else { return Ok(value.is_true()) };
    let name = str_of(name);
    let Some(test) = predicates::find(&name) else {
        return Err(format!("no test named `{name}`").into());
    };
    let rest = Args { pos: args.pos[from + 1..].to_vec(), named: args.named.clone() };
    test(vm, value, &rest)
}

#[cfg(test)]
mod tests {
    #[test]
    fn filters_are_in_order_of_names() {
        assert!(super::names().is_sorted());
    }
}

//! The tests of `is`: `is defined`, `is none`, `is mapping`, …

use std::cmp::Ordering;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::call::{Args, Closure, MacroValue, Method};
use super::code::Compare;
use super::number::Num;
use super::ops::{compare, is_dict, is_list, type_name};
use super::run::{Res, Vm, wrong};
use super::{filters, globals, ops};

/// A test: the value, and the arguments after it.
pub(super) type TestFn = fn(&mut Vm<'_, '_, '_>, &Value, &Args) -> Res<bool>;

const TESTS: &[(&str, TestFn)] = &[
    ("!=", |_, value, args| compare(Compare::Ne, value, arg(args)?)),
    ("<", |_, value, args| compare(Compare::Lt, value, arg(args)?)),
    ("<=", |_, value, args| compare(Compare::Le, value, arg(args)?)),
    ("==", |_, value, args| compare(Compare::Eq, value, arg(args)?)),
    (">", |_, value, args| compare(Compare::Gt, value, arg(args)?)),
    (">=", |_, value, args| compare(Compare::Ge, value, arg(args)?)),
    ("boolean", |_, value, _| Ok(value.kind() == ValueKind::Bool)),
    ("callable", |_, value, _| Ok(is_callable(value))),
    ("defined", |_, value, _| Ok(!value.is_undefined())),
    ("divisibleby", |_, value, args| match (Num::of(value), Num::of(arg(args)?)) {
        (Some(left), Some(right)) => Ok(!super::number::rem(left, right)?.is_true()),
        _ => Err(format!("unsupported operand type(s) for %: '{}'", type_name(value)).into()),
    }),
    ("eq", |_, value, args| compare(Compare::Eq, value, arg(args)?)),
    ("equalto", |_, value, args| compare(Compare::Eq, value, arg(args)?)),
    ("escaped", |_, _, _| Ok(false)),
    ("even", |_, value, _| Ok(parity(value)? == 0)),
    ("false", |_, value, _| Ok(value.kind() == ValueKind::Bool && !value.is_true())),
    ("filter", |vm, value, _| {
        let Some(name) = value.as_str() else { return Ok(false) };
        Ok(filters::find(name).is_some() || vm.run().engine.filters.contains_key(name))
    }),
    ("float", |_, value, _| Ok(type_name(value) == "float")),
    ("ge", |_, value, args| compare(Compare::Ge, value, arg(args)?)),
    ("greaterthan", |_, value, args| compare(Compare::Gt, value, arg(args)?)),
    ("gt", |_, value, args| compare(Compare::Gt, value, arg(args)?)),
    ("in", |_, value, args| compare(Compare::In, value, arg(args)?)),
    ("integer", |_, value, _| Ok(type_name(value) == "int")),
    ("iterable", |_, value, _| Ok(is_iterable(value))),
    ("le", |_, value, args| compare(Compare::Le, value, arg(args)?)),
    ("lessthan", |_, value, args| compare(Compare::Lt, value, arg(args)?)),
    ("lower", |_, value, _| Ok(cased(value, char::is_uppercase))),
    ("lt", |_, value, args| compare(Compare::Lt, value, arg(args)?)),
    ("mapping", |_, value, _| Ok(is_dict(value))),
    ("ne", |_, value, args| compare(Compare::Ne, value, arg(args)?)),
    ("none", |_, value, _| Ok(value.is_none())),
    ("number", |_, value, _| Ok(Num::of(value).is_some())),
    ("odd", |_, value, _| Ok(parity(value)? == 1)),
    ("sameas", |_, value, args| Ok(same(value, arg(args)?))),
    ("sequence", |_, value, _| Ok(is_sequence(value))),
    ("string", |_, value, _| Ok(value.as_str().is_some())),
    ("test", |_, value, _| Ok(value.as_str().is_some_and(|name| find(name).is_some()))),
    ("true", |_, value, _| Ok(value.kind() == ValueKind::Bool && value.is_true())),
    ("undefined", |_, value, _| Ok(value.is_undefined())),
    ("upper", |_, value, _| Ok(cased(value, char::is_lowercase))),
];

/// The test of a name.
pub(super) fn find(name: &str) -> Option<TestFn> {
    TESTS.iter().find(|(each, _)| *each == name).map(|(_, test)| *test)
}

/// The names of all tests.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TESTS.iter().map(|(name, _)| *name)
}

fn arg(args: &Args) -> Res<&Value> {
    match args.pos.first().or(args.named.first().map(|(_, value)| value)) {
        Some(value) => Ok(value),
        None => Err(wrong("this test needs something to compare with")),
    }
}

fn parity(value: &Value) -> Res<i128> {
    match Num::of(value) {
        Some(Num::Int(number)) => Ok(number.rem_euclid(2)),
        #[allow(clippy::cast_possible_truncation, reason = "only 0 and 1 are of interest")]
        Some(Num::Float(number)) if number.fract() == 0.0 => Ok(number.rem_euclid(2.0) as i128),
        Some(Num::Dec(number)) => {
            let whole =
                number.int().filter(|int| Num::Int(*int).compare(Num::Dec(number)) == Some(Ordering::Equal));
            Ok(whole.map_or(-1, |int| int.rem_euclid(2)))
        }
        Some(Num::Float(_)) => Ok(-1),
        None => Err(format!("unsupported operand type(s) for %: '{}' and 'int'", type_name(value)).into()),
    }
}

fn cased(value: &Value, other: fn(char) -> bool) -> bool {
    let text = super::text::str_of(value);
    text.chars().any(|char| char.is_uppercase() || char.is_lowercase()) && !text.chars().any(other)
}

fn is_callable(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    if value.downcast_object_ref::<MacroValue>().is_some()
        || value.downcast_object_ref::<Closure>().is_some()
        || value.downcast_object_ref::<Method>().is_some()
    {
        return true;
    }
    object.repr() == minijinja::value::ObjectRepr::Plain && !globals::is_special(value)
}

fn is_iterable(value: &Value) -> bool {
    value.is_undefined()
        || value.as_str().is_some()
        || (matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::Iterable)
            && !globals::is_special(value))
}

fn is_sequence(value: &Value) -> bool {
    value.is_undefined()
        || value.as_str().is_some()
        || is_list(value)
        || value.is_tuple()
        || is_dict(value)
        || value.downcast_object_ref::<globals::Range>().is_some()
}

fn same(left: &Value, right: &Value) -> bool {
    let container = |value: &Value| is_list(value) || is_dict(value);
    ops::same_container(left, right)
        || !container(left)
            && left.kind() == right.kind()
            && type_name(left) == type_name(right)
            && ops::equal(left, right)
}

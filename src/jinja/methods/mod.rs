//! Methods of Python's built-in types, and attributes in general.

pub(super) mod dict;
mod list;
pub(super) mod string;

use std::sync::Arc;

use minijinja::Value;

use super::call::{self, Args, Method};
use super::ops;
use super::run::{Res, Stop, Vm, wrong};
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};

/// The methods of a value's type.
fn of(value: &Value) -> &'static [&'static str] {
    if value.as_str().is_some() {
        string::NAMES
    } else if ops::is_list(value) {
        list::NAMES
    } else if value.is_tuple() {
        list::TUPLE_NAMES
    } else if ops::is_dict(value) {
        dict::NAMES
    } else {
        &[]
    }
}

/// `value.name`: Python looks for a method first, Jinja then for an item.
pub(super) fn attr(value: &Value, name: &Arc<str>) -> Value {
    let own_item = || value.get_attr(name).unwrap_or_default();
    if of(value).contains(&&**name) {
        // An object in Rust may have a field of that name; ours are real dicts.
        let field =
            if value.downcast_object_ref::<super::Dict>().is_some() { Value::UNDEFINED } else { own_item() };
        if field.is_undefined() {
            return Value::from_object(Method { receiver: value.clone(), name: name.clone() });
        }
        return field;
    }
    own_item()
}

/// `value.name(args)`.
pub(super) fn call(vm: &mut Vm<'_, '_, '_>, value: &Value, name: &str, args: Args) -> Res<Value> {
    vm.run().step()?;
    if let Some(text) = value.as_str() {
        if string::NAMES.contains(&name) {
            return string::call(text, name, args);
        }
    } else if value.is_tuple() {
        if list::TUPLE_NAMES.contains(&name) {
            return list::call(vm, value, name, args);
        }
    } else if ops::is_list(value) {
        if list::NAMES.contains(&name) {
            return list::call(vm, value, name, args);
        }
    } else if ops::is_dict(value) && dict::NAMES.contains(&name) {
        let field = value.get_attr(name).unwrap_or_default();
        let ours = value.downcast_object_ref::<super::Dict>().is_some();
        if ours || field.is_undefined() {
            let foreign = if ours { None } else { foreign(vm, value, name, args.clone())? };
            return foreign.map_or_else(|| dict::call(value, name, args), Ok);
        }
    }
    let field = value.get_attr(name).unwrap_or_default();
    if !field.is_undefined() {
        return call::call_value(vm, &field, args);
    }
    match foreign(vm, value, name, args)? {
        Some(result) => Ok(result),
        None => Err(unknown(value, name)),
    }
}

/// A method that an object in Rust has itself; `None` if it has not.
fn foreign(vm: &mut Vm<'_, '_, '_>, value: &Value, name: &str, args: Args) -> Res<Option<Value>> {
    let Some(object) = value.as_object() else { return Ok(None) };
    let values = args.values();
    vm.lend(|state| match object.call_method(state, name, &values) {
        Err(error) if error.kind() == minijinja::ErrorKind::UnknownMethod && error.detail().is_none() => {
            Ok(None)
        }
        result => result.map(Some),
    })
}

fn unknown(value: &Value, name: &str) -> Stop {
    let object = ops::type_name(value);
    let mut diagnostic =
        Diagnostic::error(Code::RENDER_FAILED, format!("'{object}' object has no method `{name}`"));
    if let Some(near) = closest(name, of(value).iter().copied()) {
        diagnostic = diagnostic.help(format!("a method with a similar name exists: `{near}`"));
    }
    diagnostic.into()
}

/// The argument at a place or of a name, which has to be there.
fn need(args: &mut Args, at: usize, method: &str, name: &str) -> Res<Value> {
    args.take(at, name).ok_or_else(|| wrong(format!("{method}() needs the argument `{name}`")))
}

/// An integer argument; `None` for none.
fn integer(value: Option<Value>) -> Res<Option<i128>> {
    match value {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) => match super::number::Num::of(&value) {
            Some(super::number::Num::Int(number)) => Ok(Some(number)),
            _ => {
                Err(wrong(format!("'{}' object cannot be interpreted as an integer", ops::type_name(&value))))
            }
        },
    }
}

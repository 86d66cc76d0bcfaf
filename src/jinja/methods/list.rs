//! Methods of lists and tuples.

use std::sync::MutexGuard;

use minijinja::Value;

use super::super::call::Args;
use super::super::filters;
use super::super::ops::{equal, iterate};
use super::super::run::{Res, Vm};
use super::super::value::List;
use super::{integer, need};

pub(super) const NAMES: &[&str] =
    &["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];

pub(super) const TUPLE_NAMES: &[&str] = &["count", "index"];

pub(super) fn call(vm: &mut Vm<'_, '_, '_>, value: &Value, name: &str, mut args: Args) -> Res<Value> {
    let none = Value::from(());
    match name {
        "copy" => return Ok(List::value(iterate(value)?)),
        "count" => {
            let item = need(&mut args, 0, name, "value")?;
            return Ok(Value::from(iterate(value)?.iter().filter(|each| equal(each, &item)).count()));
        }
        "index" => {
            let item = need(&mut args, 0, name, "value")?;
            let at = iterate(value)?.iter().position(|each| equal(each, &item));
            return at.map(Value::from).ok_or_else(|| "the value is not in the list".into());
        }
        _ => {}
    }
    let Some(list) = value.downcast_object_ref::<List>() else {
        return Err(format!("this list can't be changed by `{name}`; copy it with `| list` first").into());
    };
    match name {
        "append" => {
            let item = need(&mut args, 0, name, "object")?;
            vm.run().step()?;
            list.push(item);
        }
        "extend" => {
            let items = iterate(&need(&mut args, 0, name, "iterable")?)?;
            vm.run().steps(items.len() as u64)?;
            list.lock().extend(items);
        }
        "insert" => {
            let at = integer(args.take(0, "index"))?.unwrap_or(0);
            let item = need(&mut args, 1, name, "object")?;
            let mut items = list.lock();
            let length = items.len();
            let at = usize::try_from(place(&items, at).max(0)).map_or(length, |at| at.min(length));
            items.insert(at, item);
        }
        "pop" => {
            let at = integer(args.take(0, "index"))?.unwrap_or(-1);
            let mut items = list.lock();
            if items.is_empty() {
                return Err("pop from empty list".into());
            }
            return match usize::try_from(place(&items, at)) {
                Ok(at) if at < items.len() => Ok(items.remove(at)),
                _ => Err("pop index out of range".into()),
            };
        }
        "remove" => {
            let item = need(&mut args, 0, name, "value")?;
            let Some(at) = list.items().iter().position(|each| equal(each, &item)) else {
                return Err("list.remove(x): x not in list".into());
            };
            list.lock().remove(at);
        }
        "reverse" => list.lock().reverse(),
        "clear" => list.lock().clear(),
        _ => {
            let reverse = args.take(0, "reverse").is_some_and(|value| value.is_true());
            let mut items = list.items();
            filters::sort_values(&mut items, reverse, |value| Ok(value.clone()))?;
            *list.lock() = items;
        }
    }
    Ok(none)
}

fn place(items: &MutexGuard<'_, Vec<Value>>, at: i128) -> i128 {
    if at < 0 { at + items.len() as i128 } else { at }
}

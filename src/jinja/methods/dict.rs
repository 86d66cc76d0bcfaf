//! Methods of dicts.

use minijinja::Value;
use minijinja::value::Tuple;

use super::super::call::Args;
use super::super::eval::hashable;
use super::super::ops::{is_dict, item, iterate};
use super::super::run::Res;
use super::super::value::{Dict, List};
use super::need;

pub(super) const NAMES: &[&str] = &[
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

pub(super) fn call(value: &Value, name: &str, mut args: Args) -> Res<Value> {
    let none = Value::from(());
    match name {
        "keys" => return Ok(List::value(iterate(value)?)),
        "values" => return Ok(List::value(pairs(value)?.into_iter().map(|(_, value)| value).collect())),
        "items" => {
            let pair = |(key, value)| Value::from(Tuple::new(vec![key, value]));
            return Ok(List::value(pairs(value)?.into_iter().map(pair).collect()));
        }
        "copy" => return Ok(Dict::value(pairs(value)?)),
        "get" => {
            let key = need(&mut args, 0, name, "key")?;
            let found = item_of(value, &key);
            return Ok(found.unwrap_or_else(|| args.take(1, "default").unwrap_or(none)));
        }
        "fromkeys" => {
            let keys = iterate(&need(&mut args, 0, name, "iterable")?)?;
            let filler = args.take(1, "value").unwrap_or(none);
            let keys = keys.into_iter().map(hashable).collect::<Res<Vec<_>>>()?;
            return Ok(Dict::value(keys.into_iter().map(|key| (key, filler.clone()))));
        }
        _ => {}
    }
    let Some(dict) = value.downcast_object_ref::<Dict>() else {
        return Err(format!("this dict can't be changed by `{name}`; copy it with `.copy()` first").into());
    };
    match name {
        "update" => {
            if let Some(other) = args.pos.first() {
                for (key, value) in source_pairs(other)? {
                    dict.insert(hashable(key)?, value);
                }
            }
            for (key, value) in args.named {
                dict.insert(Value::from(&key), value);
            }
            Ok(none)
        }
        "setdefault" => {
            let key = hashable(need(&mut args, 0, name, "key")?)?;
            let default = args.take(1, "default").unwrap_or(none);
            Ok(dict.lock().entry(key).or_insert(default).clone())
        }
        "pop" => {
            let key = hashable(need(&mut args, 0, name, "key")?)?;
            let found = dict.lock().shift_remove(&key);
            found.or_else(|| args.take(1, "default")).ok_or_else(|| {
                format!("the dict has no key {} to pop", super::super::text::repr(&key)).into()
            })
        }
        "popitem" => match dict.lock().pop() {
            Some((key, value)) => Ok(Value::from(Tuple::new(vec![key, value]))),
            None => Err("popitem(): dictionary is empty".into()),
        },
        _ => {
            dict.lock().clear();
            Ok(none)
        }
    }
}

fn item_of(value: &Value, key: &Value) -> Option<Value> {
    match value.downcast_object_ref::<Dict>() {
        Some(dict) => dict.get(key),
        None => Some(item(value, key)).filter(|value| !value.is_undefined()),
    }
}

/// The pairs of a dict.
pub(in super::super) fn pairs(value: &Value) -> Res<Vec<(Value, Value)>> {
    if let Some(dict) = value.downcast_object_ref::<Dict>() {
        return Ok(dict.pairs());
    }
    let keys = iterate(value)?;
    Ok(keys.into_iter().map(|key| (key.clone(), item(value, &key))).collect())
}

/// The pairs of a dict or of a list of pairs.
fn source_pairs(value: &Value) -> Res<Vec<(Value, Value)>> {
    if is_dict(value) {
        return pairs(value);
    }
    let pair = |value: Value| match iterate(&value)?.as_slice() {
        [key, value] => Ok((key.clone(), value.clone())),
        _ => Err("dictionary update sequence element has not length 2".into()),
    };
    iterate(value)?.into_iter().map(pair).collect()
}

//! Python's operators on values.

use std::cmp::Ordering;

use minijinja::Value;
use minijinja::value::{ObjectRepr, Tuple, ValueKind};

use super::code::{Binary, Compare};
use super::number::{self, Num};
use super::output::LONGEST;
use super::run::{Res, Stop, too_large};
use super::text::str_of;
use super::value::{Dict, List};
use super::{format, globals};

/// Longest list that an operator may make.
pub(super) const MOST_ITEMS: usize = 50_000_000;

/// Whether Python takes a value for true.
pub fn truthy(value: &Value) -> bool {
    value.is_true()
}

/// The name of a value's type, as Python's messages have it.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        _ if value.is_tuple() => "tuple",
        _ if is_list(value) => "list",
        _ if is_dict(value) => "dict",
        _ => "object",
    }
}

/// A list, of ours or from Rust.
pub(super) fn is_list(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.repr() == ObjectRepr::Seq)
        && !value.is_tuple()
        && value.downcast_object_ref::<globals::Range>().is_none()
}

/// A dict, of ours or from Rust.
pub(super) fn is_dict(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.repr() == ObjectRepr::Map) && !globals::is_special(value)
}

/// The items that a `for` goes over.
pub(super) fn iterate(value: &Value) -> Res<Vec<Value>> {
    if let Some(list) = value.downcast_object_ref::<List>() {
        return Ok(list.items());
    }
    if let Some(text) = value.as_str() {
        return Ok(text.chars().map(Value::from).collect());
    }
    if value.is_undefined() {
        return Ok(Vec::new());
    }
    if let Some(range) = value.downcast_object_ref::<globals::Range>()
        && range.len() > MOST_ITEMS
    {
        return Err(too_large("the range"));
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            let items = value.try_iter().map_err(Stop::from)?;
            Ok(items.collect())
        }
        _ => Err(format!("'{}' object is not iterable", type_name(value)).into()),
    }
}

/// `left == right`.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    equal_at(left, right, 0)
}

/// Containers are compared down to this depth.
const DEEPEST: usize = 100;

fn equal_at(left: &Value, right: &Value, depth: usize) -> bool {
    if left.kind() == ValueKind::Bool || right.kind() == ValueKind::Bool {
        return match (Num::of(left), Num::of(right)) {
            (Some(left), Some(right)) => left.compare(right).is_some_and(Ordering::is_eq),
            _ => false,
        };
    }
    if left.kind() == ValueKind::Plain || right.kind() == ValueKind::Plain {
        let (left, right) = (Num::of(left), Num::of(right));
        if let (Some(left), Some(right)) = (left, right) {
            return left.compare(right).is_some_and(Ordering::is_eq);
        }
    }
    if same_container(left, right) {
        return true;
    }
    if depth > DEEPEST {
        return false;
    }
    if is_list(left) && is_list(right) || left.is_tuple() && right.is_tuple() {
        let (Ok(left), Ok(right)) = (iterate(left), iterate(right)) else { return false };
        let mut pairs = left.iter().zip(&right);
        return left.len() == right.len() && pairs.all(|(left, right)| equal_at(left, right, depth + 1));
    }
    if is_dict(left) && is_dict(right) {
        let Ok(keys) = iterate(left) else { return false };
        let same = |key: &Value| {
            let right = item(right, key);
            !right.is_undefined() && equal_at(&item(left, key), &right, depth + 1)
        };
        return left.len() == right.len() && keys.iter().all(same);
    }
    left == right
}

/// True if both are one and the same list, dict or namespace.
pub(super) fn same_container(left: &Value, right: &Value) -> bool {
    fn both<T: 'static>(left: &Value, right: &Value) -> bool {
        match (left.downcast_object_ref::<T>(), right.downcast_object_ref::<T>()) {
            (Some(left), Some(right)) => std::ptr::eq(left, right),
            _ => false,
        }
    }
    left.as_object().is_some()
        && (both::<List>(left, right)
            || both::<Dict>(left, right)
            || both::<globals::Namespaced>(left, right))
}

/// The order of two values that Python can order.
pub(super) fn order(left: &Value, right: &Value, operator: &str) -> Res<Ordering> {
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        return Ok(left.cmp(right));
    }
    if let (Some(left), Some(right)) = (Num::of(left), Num::of(right)) {
        return Ok(left.compare(right).unwrap_or(Ordering::Equal));
    }
    let both = |test: fn(&Value) -> bool| test(left) && test(right);
    if both(is_list) || both(Value::is_tuple) {
        let (left, right) = (iterate(left)?, iterate(right)?);
        for (left, right) in left.iter().zip(&right) {
            if !equal(left, right) {
                return order(left, right, operator);
            }
        }
        return Ok(left.len().cmp(&right.len()));
    }
    if left.as_object().is_some() && both(|value| value.kind() == ValueKind::Plain) {
        return Ok(left.cmp(right));
    }
    let (left, right) = (type_name(left), type_name(right));
    Err(format!("'{operator}' not supported between instances of '{left}' and '{right}'").into())
}

pub(super) fn compare(op: Compare, left: &Value, right: &Value) -> Res<bool> {
    Ok(match op {
        Compare::Eq => equal(left, right),
        Compare::Ne => !equal(left, right),
        Compare::In => contains(right, left)?,
        Compare::NotIn => !contains(right, left)?,
        Compare::Lt => order(left, right, "<")?.is_lt(),
        Compare::Le => order(left, right, "<=")?.is_le(),
        Compare::Gt => order(left, right, ">")?.is_gt(),
        Compare::Ge => order(left, right, ">=")?.is_ge(),
    })
}

/// `item in container`.
pub(super) fn contains(container: &Value, item: &Value) -> Res<bool> {
    if let Some(text) = container.as_str() {
        return match item.as_str() {
            Some(part) => Ok(text.contains(part)),
            None if item.is_undefined() => Ok(true),
            None => {
                Err(format!("'in <string>' requires string as left operand, not {}", type_name(item)).into())
            }
        };
    }
    if let Some(dict) = container.downcast_object_ref::<Dict>() {
        super::eval::hashable(item.clone())?;
        return Ok(dict.get(item).is_some());
    }
    match container.kind() {
        ValueKind::Map => Ok(container.get_item(item).is_ok_and(|value| !value.is_undefined())
            || iterate(container)?.iter().any(|key| equal(key, item))),
        ValueKind::Undefined | ValueKind::Seq | ValueKind::Iterable => {
            Ok(iterate(container)?.iter().any(|each| equal(each, item)))
        }
        _ => Err(format!("argument of type '{}' is not iterable", type_name(container)).into()),
    }
}

pub(super) fn binary(op: Binary, left: &Value, right: &Value) -> Res<Value> {
    if op == Binary::Concat {
        let (left, right) = (str_of(left), str_of(right));
        return text(left.len() + right.len(), || format!("{left}{right}"));
    }
    if let (Some(left), Some(right)) = (Num::of(left), Num::of(right)) {
        return match op {
            Binary::Add => number::add(left, right),
            Binary::Sub => number::sub(left, right),
            Binary::Mul => number::mul(left, right),
            Binary::Div => number::div(left, right),
            Binary::FloorDiv => number::floor_div(left, right),
            Binary::Rem => number::rem(left, right),
            _ => number::pow(left, right),
        };
    }
    match op {
        Binary::Add => {
            if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
                return text(left.len() + right.len(), || format!("{left}{right}"));
            }
            if is_list(left) && is_list(right) {
                let mut items = iterate(left)?;
                items.extend(iterate(right)?);
                return Ok(List::value(items));
            }
            if left.is_tuple() && right.is_tuple() {
                let mut items = iterate(left)?;
                items.extend(iterate(right)?);
                return Ok(Value::from(Tuple::new(items)));
            }
        }
        Binary::Mul => {
            if let Some(product) = repeat(left, right).or_else(|| repeat(right, left)) {
                return product;
            }
        }
        Binary::Rem => {
            if let Some(pattern) = left.as_str() {
                return format::percent(pattern, right).map(Value::from);
            }
        }
        _ => {}
    }
    let sign = match op {
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul => "*",
        Binary::Div => "/",
        Binary::FloorDiv => "//",
        Binary::Rem => "%",
        Binary::Pow => "** or pow()",
        Binary::Concat => "~",
    };
    // An object in Rust may know operators: it is asked for the item `(sign, right)`.
    if left.kind() == ValueKind::Plain && left.as_object().is_some() {
        let key = Value::from(Tuple::new(vec![Value::from(sign), right.clone()]));
        if let Ok(answer) = left.get_item(&key)
            && !answer.is_undefined()
        {
            return Ok(answer);
        }
    }
    let (left, right) = (type_name(left), type_name(right));
    Err(format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'").into())
}

fn text(length: usize, make: impl FnOnce() -> String) -> Res<Value> {
    if length > LONGEST {
        return Err(too_large("the text"));
    }
    Ok(Value::from(make()))
}

/// `value * count` for strings, lists and tuples.
fn repeat(value: &Value, count: &Value) -> Option<Res<Value>> {
    let Some(Num::Int(count)) = Num::of(count) else { return None };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    if let Some(part) = value.as_str() {
        return Some(text(part.len().saturating_mul(count), || part.repeat(count)));
    }
    let list = is_list(value);
    if !list && !value.is_tuple() {
        return None;
    }
    let repeated = || {
        let items = iterate(value)?;
        if items.len().saturating_mul(count) > MOST_ITEMS {
            return Err(too_large("the list"));
        }
        let repeated: Vec<_> = std::iter::repeat_n(items, count).flatten().collect();
        Ok(if list { List::value(repeated) } else { Value::from(Tuple::new(repeated)) })
    };
    Some(repeated())
}

/// The number of items, or of characters.
pub(super) fn length(value: &Value) -> Option<usize> {
    match value.as_str() {
        Some(text) => Some(text.chars().count()),
        None if value.is_undefined() => Some(0),
        None => value.len(),
    }
}

/// `value[key]`; undefined where there is nothing.
pub(super) fn item(value: &Value, key: &Value) -> Value {
    if let Some(dict) = value.downcast_object_ref::<Dict>() {
        return dict.get(key).unwrap_or_default();
    }
    let Some(Num::Int(index)) = Num::of(key) else {
        return value.get_item(key).unwrap_or_default();
    };
    if let Some(text) = value.as_str() {
        let at = if index < 0 { index + text.chars().count() as i128 } else { index };
        let char = usize::try_from(at).ok().and_then(|at| text.chars().nth(at));
        return char.map(Value::from).unwrap_or_default();
    }
    if index < 0
        && value.kind() != ValueKind::Map
        && let Some(length) = value.len()
    {
        let at = usize::try_from(index + length as i128);
        return at.map_or(Value::UNDEFINED, |at| value.get_item_by_index(at).unwrap_or_default());
    }
    value.get_item(key).unwrap_or_default()
}

/// `value[start:stop:step]`.
pub(super) fn slice(value: &Value, parts: &[Value; 3]) -> Res<Value> {
    let part = |value: &Value| match Num::of(value) {
        Some(Num::Int(number)) => Ok(Some(number)),
        _ if value.is_none() || value.is_undefined() => Ok(None),
        _ => Err(Stop::from("slice indices must be integers or None")),
    };
    let (start, stop, step) = (part(&parts[0])?, part(&parts[1])?, part(&parts[2])?.unwrap_or(1));
    if step == 0 {
        return Err("slice step cannot be zero".into());
    }
    if let Some(text) = value.as_str() {
        let chars: Vec<char> = text.chars().collect();
        return Ok(Value::from(
            indices(chars.len(), start, stop, step).map(|at| chars[at]).collect::<String>(),
        ));
    }
    if !is_list(value) && !value.is_tuple() && value.kind() != ValueKind::Seq {
        return if value.is_undefined() {
            Ok(Value::UNDEFINED)
        } else {
            Err(format!("'{}' object can't be sliced", type_name(value)).into())
        };
    }
    let items = iterate(value)?;
    let picked: Vec<_> = indices(items.len(), start, stop, step).map(|at| items[at].clone()).collect();
    Ok(if value.is_tuple() { Value::from(Tuple::new(picked)) } else { List::value(picked) })
}

fn indices(
    length: usize,
    start: Option<i128>,
    stop: Option<i128>,
    step: i128,
) -> impl Iterator<Item = usize> {
    let length = length as i128;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |at: i128| (if at < 0 { at + length } else { at }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, place);
    let stop = stop.map_or(if step > 0 { high } else { low }, place);
    let within = move |at: &i128| if step > 0 { *at < stop } else { *at > stop };
    let steps = std::iter::successors(Some(start), move |at| at.checked_add(step));
    steps.take_while(within).filter_map(|at| usize::try_from(at).ok())
}

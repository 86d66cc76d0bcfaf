//! Filters on lists, dicts and other things with items.

use minijinja::Value;
use minijinja::value::Tuple;

use super::super::call::{Args, Method};
use super::super::methods;
use super::super::ops::{equal, iterate, length as length_of, order, truthy, type_name};
use super::super::run::{Res, Vm, wrong};
use super::super::text::str_of;
use super::super::value::List;
use super::{Path, apply, flag, integer, keyed, passes, sort_key, sort_values};

type Machine<'s, 'a, 'e> = Vm<'s, 'a, 'e>;

pub(super) fn default(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let boolean = flag(args.take(1, "boolean"));
    let missing = value.is_undefined() || boolean && !value.is_true();
    Ok(if missing { args.take(0, "default_value").unwrap_or_else(|| Value::from("")) } else { value })
}

pub(super) fn length(_: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    match length_of(&value) {
        Some(length) => Ok(Value::from(length)),
        None => Err(format!("object of type '{}' has no len()", type_name(&value)).into()),
    }
}

pub(super) fn list(vm: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    let items = iterate(&value)?;
    vm.run().steps(items.len() as u64 / 8)?;
    Ok(List::value(items))
}

pub(super) fn items(_: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    if !value.is_undefined() && !super::super::ops::is_dict(&value) {
        return Err("can only get item pairs from a mapping".into());
    }
    let pair = |(key, value)| Value::from(Tuple::new(vec![key, value]));
    Ok(List::value(methods::dict::pairs(&value)?.into_iter().map(pair).collect()))
}

pub(super) fn first(_: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(iterate(&value)?.into_iter().next().unwrap_or_default())
}

/// One of the items. Python rolls dice; here the items themselves decide, so that a project gives the same bytes each
/// time.
pub(super) fn random(_: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    let mut items = iterate(&value)?;
    if items.is_empty() {
        return Ok(Value::UNDEFINED);
    }
    // FNV-1a, which is the same on every machine.
    let mixed = super::super::text::repr(&List::value(items.clone()))
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let at = mixed % items.len() as u64;
    Ok(items.swap_remove(usize::try_from(at).unwrap_or(0)))
}

pub(super) fn last(_: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(iterate(&value)?.pop().unwrap_or_default())
}

pub(super) fn reverse(_: &mut Machine<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    if let Some(text) = value.as_str() {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut items = iterate(&value)?;
    items.reverse();
    Ok(List::value(items))
}

pub(super) fn join(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let path = args.take(1, "attribute").map(|attribute| Path::of(&attribute));
    let separator = args.take(0, "d").unwrap_or_else(|| Value::from(""));
    let separator = str_of(&separator);
    let mut out = String::new();
    for (at, item) in iterate(&value)?.into_iter().enumerate() {
        let item = path.as_ref().map_or(item.clone(), |path| path.get(&item, None));
        if at > 0 {
            out.push_str(&separator);
        }
        out.push_str(&str_of(&item));
    }
    Ok(Value::from(out))
}

pub(super) fn attr(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let Some(name) = args.take(0, "name") else { return Err(wrong("attr needs a name")) };
    let name = str_of(&name).as_ref().into();
    let found = methods::attr(&value, &name);
    // Items of a dict are no attributes to Python.
    let dict = value.downcast_object_ref::<super::super::Dict>().is_some();
    let method = found.downcast_object_ref::<Method>().is_some();
    Ok(if dict && !method { Value::UNDEFINED } else { found })
}

pub(super) fn map(vm: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    // As in Jinja2 nothing comes of what is false, `none` included.
    let items = if truthy(&value) { iterate(&value)? } else { Vec::new() };
    if args.pos.is_empty() {
        let Some(attribute) = args.take(9, "attribute") else {
            return Err(wrong("map requires a filter argument"));
        };
        let default = args.take(9, "default");
        let path = Path::of(&attribute);
        return Ok(List::value(items.iter().map(|item| path.get(item, default.as_ref())).collect()));
    }
    let name = args.pos.remove(0);
    let name = str_of(&name).into_owned();
    let mapped = items.into_iter().map(|item| apply(vm, &name, item, args.clone()));
    Ok(List::value(mapped.collect::<Res<_>>()?))
}

fn picked(
    vm: &mut Machine<'_, '_, '_>,
    value: &Value,
    args: &Args,
    wanted: bool,
    by_attribute: bool,
) -> Res<Value> {
    let path = match args.pos.first() {
        Some(attribute) if by_attribute => Some(Path::of(attribute)),
        None if by_attribute => return Err(wrong("missing parameter for attribute name")),
        _ => None,
    };
    let mut kept = Vec::new();
    let items = if truthy(value) { iterate(value)? } else { Vec::new() };
    for item in items {
        let tested = path.as_ref().map_or_else(|| item.clone(), |path| path.get(&item, None));
        if passes(vm, &tested, args, usize::from(by_attribute))? == wanted {
            kept.push(item);
        }
    }
    Ok(List::value(kept))
}

pub(super) fn select(vm: &mut Machine<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    picked(vm, &value, &args, true, false)
}

pub(super) fn reject(vm: &mut Machine<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    picked(vm, &value, &args, false, false)
}

pub(super) fn selectattr(vm: &mut Machine<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    picked(vm, &value, &args, true, true)
}

pub(super) fn rejectattr(vm: &mut Machine<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    picked(vm, &value, &args, false, true)
}

pub(super) fn sort(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let mut items = iterate(&value)?;
    let key = sort_key(args.take(2, "attribute"), flag(args.take(1, "case_sensitive")));
    sort_values(&mut items, flag(args.take(0, "reverse")), key)?;
    Ok(List::value(items))
}

pub(super) fn dictsort(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let by = args.take(1, "by").unwrap_or_else(|| Value::from("key"));
    let at = match by.as_str() {
        Some("key") => 0,
        Some("value") => 1,
        _ => return Err(wrong("you can only sort by either \"key\" or \"value\"")),
    };
    let case_sensitive = flag(args.take(0, "case_sensitive"));
    let pair = |(key, value)| Value::from(Tuple::new(vec![key, value]));
    let mut pairs: Vec<_> = methods::dict::pairs(&value)?.into_iter().map(pair).collect();
    let key = sort_key(Some(Value::from(at)), case_sensitive);
    sort_values(&mut pairs, flag(args.take(2, "reverse")), key)?;
    Ok(List::value(pairs))
}

pub(super) fn unique(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let key = sort_key(args.take(1, "attribute"), flag(args.take(0, "case_sensitive")));
    let mut seen = rustc_hash::FxHashSet::default();
    let mut kept = Vec::new();
    for (key, item) in keyed(iterate(&value)?, key)? {
        if seen.insert(super::super::eval::hashable(key)?) {
            kept.push(item);
        }
    }
    Ok(List::value(kept))
}

fn extreme(value: &Value, mut args: Args, highest: bool) -> Res<Value> {
    let key = sort_key(args.take(1, "attribute"), flag(args.take(0, "case_sensitive")));
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keyed(iterate(value)?, key)? {
        let better = match &best {
            None => true,
            Some((than, _)) if highest => order(&key, than, ">")?.is_gt(),
            Some((than, _)) => order(&key, than, "<")?.is_lt(),
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map(|(_, item)| item).unwrap_or_default())
}

pub(super) fn max(_: &mut Machine<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    extreme(&value, args, true)
}

pub(super) fn min(_: &mut Machine<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    extreme(&value, args, false)
}

pub(super) fn groupby(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let Some(attribute) = args.take(0, "attribute") else {
        return Err(wrong("groupby needs an attribute"));
    };
    let default = args.take(1, "default").filter(|default| !default.is_none());
    let case_sensitive = flag(args.take(2, "case_sensitive"));
    let path = Path::of(&attribute);
    let raw = |item: &Value| path.get(item, default.as_ref());
    let key = |item: &Value| {
        let key = raw(item);
        Ok(if case_sensitive { key } else { super::lower_key(key) })
    };
    let mut items = iterate(&value)?;
    sort_values(&mut items, false, key)?;
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for (key, item) in keyed(items, key)? {
        match groups.last_mut() {
            Some((last, group)) if equal(last, &key) => group.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    let group = |(_, items): (Value, Vec<Value>)| {
        let grouper = items.first().map(raw).unwrap_or_default();
        Value::from_object(Group { grouper, list: List::value(items) })
    };
    Ok(List::value(groups.into_iter().map(group).collect()))
}

/// What `groupby` gives: a pair, with names for its two items.
#[derive(Debug)]
struct Group {
    grouper: Value,
    list: Value,
}

impl minijinja::value::Object for Group {
    fn repr(self: &std::sync::Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Seq
    }

    fn get_value(self: &std::sync::Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_str(), key.as_usize()) {
            (Some("grouper"), _) | (_, Some(0)) => Some(self.grouper.clone()),
            (Some("list"), _) | (_, Some(1)) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &std::sync::Arc<Self>) -> minijinja::value::Enumerator {
        minijinja::value::Enumerator::Values(vec![self.grouper.clone(), self.list.clone()])
    }

    fn render(self: &std::sync::Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pair = Value::from(Tuple::new(vec![self.grouper.clone(), self.list.clone()]));
        f.write_str(&str_of(&pair))
    }
}

pub(super) fn batch(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let size = usize::try_from(integer(args.take(0, "linecount"), 0)?).unwrap_or(0);
    if size == 0 {
        return Err(wrong("batch needs a number above 0"));
    }
    let filler = args.take(1, "fill_with").filter(|filler| !filler.is_none());
    let items = iterate(&value)?;
    let batches = items.chunks(size).map(|batch| {
        let mut batch = batch.to_vec();
        if let Some(filler) = &filler {
            batch.resize(size.min(super::super::ops::MOST_ITEMS), filler.clone());
        }
        List::value(batch)
    });
    Ok(List::value(batches.collect()))
}

pub(super) fn slice(_: &mut Machine<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let slices = usize::try_from(integer(args.take(0, "slices"), 0)?).unwrap_or(0);
    if slices == 0 || slices > super::super::ops::MOST_ITEMS {
        return Err(wrong("slice needs a number above 0"));
    }
    let filler = args.take(1, "fill_with").filter(|filler| !filler.is_none());
    let items = iterate(&value)?;
    let (each, longer) = (items.len() / slices, items.len() % slices);
    let mut rest = items.as_slice();
    let mut out = Vec::with_capacity(slices);
    for number in 0..slices {
        let (part, after) = rest.split_at(each + usize::from(number < longer));
        rest = after;
        let mut part = part.to_vec();
        if number >= longer {
            part.extend(filler.clone());
        }
        out.push(List::value(part));
    }
    Ok(List::value(out))
}

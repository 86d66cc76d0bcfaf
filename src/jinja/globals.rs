//! What every template may use: `range`, `dict`, `namespace`, `cycler`, `joiner`, `return`.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use rustc_hash::FxHashMap;

use super::call;
use super::number::{Num, int};
use super::ops::{is_dict, item, iterate};
use super::text::{repr, str_of};
use super::value::Dict;

/// The globals by name.
pub(super) fn all() -> FxHashMap<Arc<str>, Value> {
    let function =
        |name: &'static str, run: Function| (Arc::from(name), Value::from_object(Builtin { name, run }));
    FxHashMap::from_iter([
        (Arc::from("return"), Value::from_object(Return)),
        function("range", range),
        function("dict", dict),
        function("namespace", namespace),
        function("cycler", cycler),
        function("joiner", joiner),
    ])
}

/// True for objects that look like dicts to minijinja and are none to Python.
pub(super) fn is_special(value: &Value) -> bool {
    value.downcast_object_ref::<Namespaced>().is_some()
        || value.downcast_object_ref::<super::namespace::PackageValue>().is_some()
}

type Function = fn(call::Args) -> Result<Value, Error>;

struct Builtin {
    name: &'static str,
    run: Function,
}

macro_rules! plain {
    () => {
        fn repr(self: &Arc<Self>) -> ObjectRepr {
            ObjectRepr::Plain
        }

        fn enumerate(self: &Arc<Self>) -> Enumerator {
            Enumerator::NonEnumerable
        }

        fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Debug::fmt(self, f)
        }
    };
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.name)
    }
}

impl Object for Builtin {
    plain!();

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.run)(call::Args::of(args))
    }
}

/// `return`: ends the macro. The engine knows it when it is called.
pub(super) struct Return;

impl fmt::Debug for Return {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<function return>")
    }
}

impl Object for Return {
    plain!();

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let value = args.first().cloned().unwrap_or_else(|| Value::from(()));
        Err(super::run::Stop::Return(value).into())
    }
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::MissingArgument, what.to_owned())
}

fn failed(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.to_owned())
}

/// A Python range: counts without storing.
pub(super) struct Range {
    start: i128,
    stop: i128,
    step: i128,
}

impl Range {
    pub(super) fn len(&self) -> usize {
        let (low, high, step) = if self.step > 0 {
            (self.start, self.stop, self.step)
        } else {
            (self.stop, self.start, -self.step)
        };
        if high <= low { 0 } else { usize::try_from((high - low - 1) / step + 1).unwrap_or(usize::MAX) }
    }
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, stop, step } = self;
        if *step == 1 {
            write!(f, "range({start}, {stop})")
        } else {
            write!(f, "range({start}, {stop}, {step})")
        }
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = key.as_usize()?;
        (at < self.len()).then(|| int(self.start + at as i128 * self.step))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "all functions have one form")]
fn range(args: call::Args) -> Result<Value, Error> {
    let numbers: Option<Vec<i128>> = args
        .pos
        .iter()
        .map(|value| match Num::of(value) {
            Some(Num::Int(number)) => i64::try_from(number).ok().map(i128::from),
            _ => None,
        })
        .collect();
    let Some(numbers) = numbers else {
        return Err(failed("range() needs integers"));
    };
    let (start, stop, step) = match numbers[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [start, stop, step] => (start, stop, step),
        _ => return Err(missing("range() takes 1 to 3 integers")),
    };
    if step == 0 {
        return Err(failed("range() arg 3 must not be zero"));
    }
    Ok(Value::from_object(Range { start, stop, step }))
}

fn dict(args: call::Args) -> Result<Value, Error> {
    let dict = Dict::default();
    if let Some(source) = args.pos.first() {
        if is_dict(source) {
            for key in iterate(source)? {
                let value = item(source, &key);
                dict.insert(key, value);
            }
        } else {
            for pair in iterate(source)? {
                match iterate(&pair)?.as_slice() {
                    [key, value] => dict.insert(key.clone(), value.clone()),
                    _ => return Err(failed("dict() needs pairs")),
                }
            }
        }
    }
    for (name, value) in args.named {
        dict.insert(Value::from(&name), value);
    }
    Ok(Value::from_object(dict))
}

/// A `namespace()`: attributes that `{% set ns.x = … %}` may change.
#[derive(Default)]
pub(super) struct Namespaced(Mutex<IndexMap<String, Value>>);

impl Namespaced {
    pub(super) fn set(&self, name: &str, value: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value);
    }
}

impl fmt::Debug for Namespaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let pairs: Vec<_> =
            map.into_iter().map(|(key, value)| format!("{}: {}", repr(&key.into()), repr(&value))).collect();
        write!(f, "<Namespace {{{}}}>", pairs.join(", "))
    }
}

impl Object for Namespaced {
    plain!();

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key.as_str()?).cloned()
    }
}

fn namespace(args: call::Args) -> Result<Value, Error> {
    let pairs = dict(args)?;
    let namespace = Namespaced::default();
    for key in iterate(&pairs)? {
        namespace.set(&str_of(&key), item(&pairs, &key));
    }
    Ok(Value::from_object(namespace))
}

struct Cycler {
    items: Vec<Value>,
    at: AtomicUsize,
}

impl fmt::Debug for Cycler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Cycler>")
    }
}

impl Object for Cycler {
    plain!();

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "current")
            .then(|| self.items[self.at.load(Ordering::Relaxed) % self.items.len()].clone())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        _args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "next" => {
                let at = self.at.fetch_add(1, Ordering::Relaxed);
                Ok(self.items[at % self.items.len()].clone())
            }
            "reset" => {
                self.at.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn cycler(args: call::Args) -> Result<Value, Error> {
    if args.pos.is_empty() {
        return Err(missing("at least one item has to be provided"));
    }
    Ok(Value::from_object(Cycler { items: args.pos, at: AtomicUsize::new(0) }))
}

struct Joiner {
    separator: Value,
    used: AtomicUsize,
}

impl fmt::Debug for Joiner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Joiner>")
    }
}

impl Object for Joiner {
    plain!();

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, _args: &[Value]) -> Result<Value, Error> {
        let first = self.used.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(if first { Value::from("") } else { self.separator.clone() })
    }
}

#[allow(clippy::unnecessary_wraps, reason = "all functions have one form")]
fn joiner(mut args: call::Args) -> Result<Value, Error> {
    let separator = args.take(0, "sep").unwrap_or_else(|| Value::from(", "));
    Ok(Value::from_object(Joiner { separator, used: AtomicUsize::new(0) }))
}

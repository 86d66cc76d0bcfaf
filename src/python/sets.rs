//! `set()`: Python's set, in the order in which its items came.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexSet;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::args::Args;
use super::failure;
use super::zips::items;

/// `set(iterable, default)`: `default` for what can't be iterated.
pub(crate) fn set(args: &Args<'_>) -> Result<Value, Error> {
    let [value, default] = args.bind(["value", "default"])?;
    let made = items(&args.required("value", value)?).map(Set::value);
    Ok(made.or(default).unwrap_or_else(|| Value::from(())))
}

/// `set_strict(iterable)`.
pub(crate) fn set_strict(args: &Args<'_>) -> Result<Value, Error> {
    let [value] = args.bind(["value"])?;
    let made = items(&args.required("value", value)?).map(Set::value);
    made.ok_or_else(|| failure::other("`set_strict()` needs something that can be iterated"))
}

/// A set that can be changed.
struct Set(Mutex<IndexSet<Value>>);

impl Set {
    fn value(items: Vec<Value>) -> Value {
        Value::from_object(Self(Mutex::new(items.into_iter().collect())))
    }

    fn lock(&self) -> MutexGuard<'_, IndexSet<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn items(&self) -> Vec<Value> {
        self.lock().iter().cloned().collect()
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.items();
        if items.is_empty() {
            return f.write_str("set()");
        }
        let shown = items.iter().map(crate::jinja::repr).collect::<Vec<_>>();
        write!(f, "{{{}}}", shown.join(", "))
    }
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let mut others: Vec<IndexSet<Value>> = Vec::new();
        for other in args.positional() {
            match (method, items(other)) {
                ("add" | "remove" | "discard", _) => others.push(IndexSet::from([other.clone()])),
                (_, Some(other)) => others.push(other.into_iter().collect()),
                (_, None) => return Err(failure::arguments(method, "takes things that can be iterated")),
            }
        }
        let own = self.items();
        let in_any = |item: &Value| others.iter().any(|other| other.contains(item));
        let in_all = |item: &Value| others.iter().all(|other| other.contains(item));
        let none = Value::from(());
        Ok(match method {
            "add" | "update" => {
                self.lock().extend(others.into_iter().flatten());
                none
            }
            "discard" | "remove" | "difference_update" => {
                self.lock().retain(|item| !in_any(item));
                none
            }
            "clear" => {
                self.lock().clear();
                none
            }
            "pop" => self.lock().shift_remove_index(0).unwrap_or(none),
            "copy" => Self::value(own),
            "union" => Self::value(own.into_iter().chain(others.into_iter().flatten()).collect()),
            "difference" => Self::value(own.into_iter().filter(|item| !in_any(item)).collect()),
            "intersection" => Self::value(own.into_iter().filter(in_all).collect()),
            "symmetric_difference" => {
                let kept: Vec<Value> = own.iter().filter(|item| !in_any(item)).cloned().collect();
                let new = others.iter().flatten().filter(|item| !own.contains(item)).cloned();
                Self::value(kept.into_iter().chain(new).collect())
            }
            "issubset" => Value::from(own.iter().all(in_all)),
            "issuperset" => Value::from(others.iter().flatten().all(|item| own.contains(item))),
            "isdisjoint" => Value::from(!own.iter().any(in_any)),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.lock().is_empty()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

//! Python's list and dict: mutable, shared by reference, in order of insertion.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::text;

/// A Python list.
#[derive(Default)]
pub struct List(Mutex<Vec<Value>>);

impl List {
    /// A list value of these items.
    pub fn value(items: Vec<Value>) -> Value {
        Value::from_object(Self(Mutex::new(items)))
    }

    /// The items, copied (each is a cheap reference).
    pub fn items(&self) -> Vec<Value> {
        self.lock().clone()
    }

    /// Adds an item at the end.
    pub fn push(&self, item: Value) {
        self.lock().push(item);
    }

    /// The items themselves; not to be held while other values are asked.
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for List {
    fn drop(&mut self) {
        unravel(std::mem::take(self.0.get_mut().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::repr(&Self::value(self.items())))
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = key.as_usize()?;
        self.lock().get(at).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// True for what may be a key. To hash a list or dict would be to lock it, and it may be the very one that is locked.
pub(super) fn hashable(key: &Value) -> bool {
    if key.as_object().is_none() {
        return true;
    }
    if key.is_tuple() {
        return key.try_iter().is_ok_and(|mut items| items.all(|item| hashable(&item)));
    }
    key.downcast_object_ref::<List>().is_none() && key.downcast_object_ref::<Dict>().is_none()
}

/// Drops values without recursion, however deep they hold each other.
fn unravel(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        if value.as_object().is_none() {
            continue;
        }
        let (list, dict) = (value.downcast_object::<List>(), value.downcast_object::<Dict>());
        drop(value);
        if let Some(list) = list.and_then(Arc::into_inner) {
            values.append(&mut list.lock());
        } else if let Some(dict) = dict.and_then(Arc::into_inner) {
            values.extend(std::mem::take(&mut *dict.lock()).into_values());
        }
    }
}

/// A Python dict.
#[derive(Default)]
pub struct Dict(Mutex<IndexMap<Value, Value>>);

impl Dict {
    /// A dict value of these pairs; a later pair with the same key wins.
    pub fn value<K: Into<Value>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::from_object(Self::new(pairs))
    }

    /// A dict of these pairs.
    pub fn new<K: Into<Value>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self(Mutex::new(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<Value> {
        if !hashable(key) {
            return None;
        }
        self.lock().get(key).cloned()
    }

    /// Sets a key. A list or dict can't be one; nothing is set then.
    pub fn insert(&self, key: Value, value: Value) {
        if hashable(&key) {
            self.lock().insert(key, value);
        }
    }

    /// The pairs, copied (each is a cheap reference).
    pub fn pairs(&self) -> Vec<(Value, Value)> {
        self.lock().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// The map itself; not to be held while other values are asked.
    pub(super) fn lock(&self) -> MutexGuard<'_, IndexMap<Value, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        let pairs = std::mem::take(self.0.get_mut().unwrap_or_else(PoisonError::into_inner));
        unravel(pairs.into_values().collect());
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::repr(&Self::value(self.pairs())))
    }
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.lock().keys().cloned().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

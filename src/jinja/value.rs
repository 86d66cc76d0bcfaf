//! Python's list and dict: mutable, shared by reference, in order of insertion.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::{Equivalent, IndexMap};
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use rustc_hash::FxBuildHasher;

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
        let items = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if items.iter().any(holds) {
            unravel(std::mem::take(items));
        }
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

/// True for what may hold others.
fn holds(value: &Value) -> bool {
    value.downcast_object_ref::<List>().is_some() || value.downcast_object_ref::<Dict>().is_some()
}

/// Drops values without recursion, however deep they hold each other.
fn unravel(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        if let Some(list) = value.downcast_object::<List>() {
            drop(value);
            if let Some(mut list) = Arc::into_inner(list) {
                values.append(list.0.get_mut().unwrap_or_else(PoisonError::into_inner));
            }
        } else if let Some(dict) = value.downcast_object::<Dict>() {
            drop(value);
            if let Some(mut dict) = Arc::into_inner(dict) {
                let pairs = std::mem::take(dict.0.get_mut().unwrap_or_else(PoisonError::into_inner));
                values.extend(pairs.into_values());
            }
        }
    }
}

/// What a [`Dict`] holds.
pub(super) type Pairs = IndexMap<Value, Value, FxBuildHasher>;

/// A Python dict.
#[derive(Default)]
pub struct Dict(Mutex<Pairs>);

impl Dict {
    /// A dict value of these pairs; a later pair with the same key wins.
    pub fn value<K: Into<Value>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::from_object(Self::new(pairs))
    }

    /// An empty dict with room for as many pairs.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self(Mutex::new(Pairs::with_capacity_and_hasher(count, FxBuildHasher)))
    }

    /// A dict value of the same pairs, to be changed on its own.
    pub fn copied(&self) -> Value {
        Value::from_object(Self(Mutex::new(self.lock().clone())))
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
    pub(super) fn lock(&self) -> MutexGuard<'_, Pairs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        let pairs = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if pairs.values().any(holds) {
            unravel(std::mem::take(pairs).into_values().collect());
        }
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::repr(&Self::value(self.pairs())))
    }
}

/// A key that is a text: values of texts hash as texts do.
struct Name<'n>(&'n str);

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Value> for Name<'_> {
    fn equivalent(&self, key: &Value) -> bool {
        key.as_str() == Some(self.0)
    }
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.lock().get(&Name(key)).cloned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dict_finds_its_texts_by_str() {
        let long = "a text that does not fit into a value itself";
        let dict =
            Dict::value([("", 1), ("short", 2), (long, 3)].map(|(key, value)| (key, Value::from(value))));
        for (key, expect) in [("", Some(1)), ("short", Some(2)), (long, Some(3)), ("other", None)] {
            let object = dict.as_object().unwrap();
            assert_eq!(object.get_value_by_str(key), expect.map(Value::from), "{key}");
        }
    }
}

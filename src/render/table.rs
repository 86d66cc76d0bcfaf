//! Rows that a query gave, in the shape of Python's agate tables that dbt hands to macros.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use super::{Answer, AnswerKind};
use crate::jinja::List;
use crate::python::args::{Args, given};
use crate::python::failure;

/// A table: a sequence of rows with named columns.
#[derive(Debug)]
pub(super) struct Table {
    names: Arc<Vec<String>>,
    kinds: Vec<AnswerKind>,
    rows: Vec<Arc<Row>>,
}

impl Table {
    /// The table of an answer.
    pub(super) fn value(answer: &Answer) -> Value {
        let value = |((_, kind), text): (&(String, AnswerKind), &Option<String>)| {
            text.as_ref().map_or_else(|| Value::from(()), |text| kind.value(text))
        };
        let rows = answer.rows.iter().map(|row| answer.columns.iter().zip(row).map(value).collect());
        let table = Self::new(distinct(answer.columns.iter().map(|(name, _)| name)), rows.collect());
        Value::from_object(Self { kinds: answer.columns.iter().map(|(_, kind)| *kind).collect(), ..table })
    }

    /// A table of these columns and rows.
    pub(super) fn new(names: Vec<String>, rows: Vec<Vec<Value>>) -> Self {
        let names = Arc::new(names);
        let row = |values| Arc::new(Row { names: Arc::clone(&names), values });
        let kinds = Vec::new();
        Self { rows: rows.into_iter().map(row).collect(), kinds, names }
    }

    fn rows(&self) -> Vec<Value> {
        self.rows.iter().cloned().map(Value::from_dyn_object).collect()
    }

    fn column(&self, at: usize) -> Value {
        let values = self.rows.iter().map(|row| row.values[at].clone()).collect();
        Value::from_object(Column { name: self.names[at].clone(), values })
    }

    fn columns(&self) -> Value {
        let columns = (0..self.names.len()).map(|at| self.column(at)).collect();
        Value::from_object(Mapped { keys: Some(Arc::clone(&self.names)), values: columns })
    }

    /// The columns at these places, in their order.
    fn picked(&self, places: &[usize]) -> Value {
        let names = places.iter().map(|at| self.names[*at].clone()).collect();
        let pick = |row: &Arc<Row>| places.iter().map(|at| row.values[*at].clone()).collect();
        Value::from_object(Self::new(names, self.rows.iter().map(pick).collect()))
    }

    fn place(&self, name: &Value) -> Option<usize> {
        self.names.iter().position(|known| Some(known.as_str()) == name.as_str())
    }
}

impl Object for Table {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(at) = key.as_usize() {
            return self.rows.get(at).cloned().map(Value::from_dyn_object);
        }
        let texts = |texts: Vec<String>| tuple(texts.into_iter().map(Value::from).collect());
        Some(match key.as_str()? {
            "columns" => self.columns(),
            "rows" => Value::from_object(Mapped { keys: None, values: self.rows() }),
            "column_names" => texts(self.names.to_vec()),
            "column_types" => {
                let kind = |at: usize| self.kinds.get(at).map_or("Text", |kind| kind.class());
                texts((0..self.names.len()).map(|at| kind(at).to_owned()).collect())
            }
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.rows())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.rows.is_empty()
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "print_table" | "print_csv" | "print_json" | "print_bars" | "print_structure" => {
                Ok(Value::from(()))
            }
            "select" | "exclude" => {
                let [names] = args.bind(["key"])?;
                let names = args.required("key", names)?;
                let names: Vec<Value> =
                    if names.as_str().is_some() { vec![names] } else { names.try_iter()?.collect() };
                if method == "exclude" {
                    let gone: Vec<_> = names.iter().filter_map(|name| self.place(name)).collect();
                    let kept: Vec<_> = (0..self.names.len()).filter(|at| !gone.contains(at)).collect();
                    return Ok(self.picked(&kept));
                }
                let places = names.iter().map(|name| {
                    self.place(name)
                        .ok_or_else(|| failure::other(format!("the table has no column `{name}`")))
                });
                Ok(self.picked(&places.collect::<Result<Vec<_>, _>>()?))
            }
            "rename" => {
                let [names] = args.bind(["column_names"])?;
                let names = args.required("column_names", names)?;
                let renamed = self.names.iter().enumerate().map(|(at, old)| {
                    let new = names.get_item(&Value::from(at)).ok().filter(given);
                    let new = new.or_else(|| names.get_attr(old).ok().filter(given));
                    new.map_or_else(|| old.clone(), |new| new.to_string())
                });
                let rows = self.rows.iter().map(|row| row.values.clone()).collect();
                Ok(Value::from_object(Self::new(renamed.collect(), rows)))
            }
            "limit" => {
                let [count] = args.bind(["start_or_count"])?;
                let count = count.and_then(|count| count.as_usize()).unwrap_or(usize::MAX);
                let rows = self.rows.iter().take(count).map(|row| row.values.clone()).collect();
                Ok(Value::from_object(Self::new(self.names.to_vec(), rows)))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // agate shows the structure.
        let kind = |at: usize| self.kinds.get(at).map_or("Text", |kind| kind.class());
        let rows: Vec<(&str, &str)> =
            self.names.iter().enumerate().map(|(at, name)| (name.as_str(), kind(at))).collect();
        let widest = |all: Vec<&str>| all.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let first = widest(rows.iter().map(|row| row.0).chain(["column"]).collect());
        let second = widest(rows.iter().map(|row| row.1).chain(["data_type"]).collect());
        writeln!(f, "| {:first$} | {:second$} |", "column", "data_type")?;
        writeln!(f, "| {} | {} |", "-".repeat(first), "-".repeat(second))?;
        rows.iter().try_for_each(|(name, kind)| writeln!(f, "| {name:first$} | {kind:second$} |"))
    }
}

/// One row: values by place and by column name.
#[derive(Debug)]
struct Row {
    names: Arc<Vec<String>>,
    values: Vec<Value>,
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some(name) => self.names.iter().position(|known| known == name)?,
            None => index(key, self.values.len())?,
        };
        self.values.get(at).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values.clone())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        mapping_method(&self.names, &self.values, method, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sequence(f, "Row", &self.values)
    }
}

/// One column: its values.
#[derive(Debug)]
struct Column {
    name: String,
    values: Vec<Value>,
}

impl Object for Column {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("name") => Some(Value::from(self.name.clone())),
            Some(_) => None,
            None => self.values.get(index(key, self.values.len())?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values.clone())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        _args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "values" => Ok(tuple(self.values.clone())),
            "values_distinct" => {
                let mut distinct: Vec<Value> = Vec::new();
                for value in &self.values {
                    if !distinct.contains(value) {
                        distinct.push(value.clone());
                    }
                }
                Ok(List::value(distinct))
            }
            "values_without_nulls" => {
                Ok(List::value(self.values.iter().filter(|value| given(value)).cloned().collect()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sequence(f, "Column", &self.values)
    }
}

/// agate's `MappedSequence`: by place, and by key where it has keys.
#[derive(Debug)]
struct Mapped {
    keys: Option<Arc<Vec<String>>>,
    values: Vec<Value>,
}

impl Object for Mapped {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some(name) => self.keys.as_ref()?.iter().position(|known| known == name)?,
            None => index(key, self.values.len())?,
        };
        self.values.get(at).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values.clone())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let none = Arc::default();
        mapping_method(self.keys.as_ref().unwrap_or(&none), &self.values, method, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sequence(f, "MappedSequence", &self.values)
    }
}

/// The first five of a sequence, as agate prints them.
fn sequence(f: &mut fmt::Formatter<'_>, class: &str, values: &[Value]) -> fmt::Result {
    let mut shown: Vec<String> = values.iter().take(5).map(crate::jinja::repr).collect();
    if values.len() > 5 {
        shown.push("...".to_owned());
    }
    write!(f, "<agate.{class}: ({})>", shown.join(", "))
}

fn mapping_method(names: &[String], values: &[Value], method: &str, args: &[Value]) -> Result<Value, Error> {
    let name = |at: usize| names.get(at).map_or_else(|| Value::from(at), |name| Value::from(name.as_str()));
    Ok(match method {
        "values" => tuple(values.to_vec()),
        "keys" => tuple((0..values.len()).map(name).collect()),
        "items" => List::value(
            values.iter().enumerate().map(|(at, value)| List::value(vec![name(at), value.clone()])).collect(),
        ),
        "dict" => {
            crate::jinja::Dict::value(values.iter().enumerate().map(|(at, value)| (name(at), value.clone())))
        }
        "get" => {
            let [key, default] = Args::new(method, args).bind(["key", "default"])?;
            let place = key.and_then(|key| match key.as_str() {
                Some(key) => names.iter().position(|name| name == key),
                None => key.as_usize(),
            });
            place.and_then(|at| values.get(at).cloned()).or(default).unwrap_or_else(|| Value::from(()))
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}

/// Names that occur again are numbered, as in dbt: `x`, `x_2`.
fn distinct<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        let again = |count: usize| if count == 1 { name.clone() } else { format!("{name}_{count}") };
        let free = (1..=distinct.len() + 1).map(again).find(|name| !distinct.contains(name));
        distinct.extend(free);
    }
    distinct
}

fn tuple(values: Vec<Value>) -> Value {
    Value::from(Tuple::new(values))
}

/// A place as Python counts, from the end where it is negative.
fn index(key: &Value, length: usize) -> Option<usize> {
    let at = key.as_i64()?;
    if at < 0 { length.checked_sub(usize::try_from(-at).ok()?) } else { usize::try_from(at).ok() }
}

//! Arguments of a call from Jinja, by place or by name as Python has them.

use minijinja::{Error, Value};

use super::failure;
use crate::diagnostic::{Code, Diagnostic, suggest::closest};

/// The arguments of one call.
pub(crate) struct Args<'a> {
    function: &'a str,
    positional: &'a [Value],
    keywords: Option<&'a Value>,
}

impl<'a> Args<'a> {
    /// Separates keyword arguments, which the engine passes as the last value.
    pub(crate) fn new(function: &'a str, args: &'a [Value]) -> Self {
        match args.split_last() {
            Some((last, rest)) if last.is_kwargs() => {
                Self { function, positional: rest, keywords: Some(last) }
            }
            _ => Self { function, positional: args, keywords: None },
        }
    }

    /// The arguments given by place.
    pub(crate) fn positional(&self) -> &'a [Value] {
        self.positional
    }

    /// The arguments given by name, in order.
    pub(crate) fn keywords(&self) -> Vec<(String, Value)> {
        let Some(keywords) = self.keywords else { return Vec::new() };
        let Ok(keys) = keywords.try_iter() else { return Vec::new() };
        keys.filter_map(|key| Some((key.as_str()?.to_owned(), keywords.get_item(&key).ok()?))).collect()
    }

    /// A keyword argument.
    pub(crate) fn keyword(&self, name: &str) -> Option<Value> {
        self.keywords.and_then(|keywords| keywords.get_attr(name).ok()).filter(|value| !value.is_undefined())
    }

    /// Refuses keyword arguments of other names than these.
    pub(crate) fn only(&self, function: &str, names: &[&str]) -> Result<(), Error> {
        let unknown = self.keywords().into_iter().find(|(name, _)| !names.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, _)| Err(unknown_argument(function, &name, names).into()))
    }

    /// The values for `names` in order, as Python binds them; `None` where nothing was given.
    pub(crate) fn bind<const N: usize>(&self, names: [&str; N]) -> Result<[Option<Value>; N], Error> {
        if self.positional.len() > N {
            return Err(failure::arguments(
                self.function,
                format!("takes at most {N} arguments, but {} were given", self.positional.len()),
            ));
        }
        let mut bound: [Option<Value>; N] = std::array::from_fn(|at| self.positional.get(at).cloned());
        for (name, value) in self.keywords() {
            let Some(at) = names.iter().position(|known| *known == name) else {
                return Err(unknown_argument(self.function, &name, &names).into());
            };
            if bound[at].is_some() {
                return Err(failure::arguments(self.function, format!("got `{name}` twice")));
            }
            bound[at] = Some(value);
        }
        Ok(bound)
    }

    /// The value that must be given.
    pub(crate) fn required(&self, name: &str, value: Option<Value>) -> Result<Value, Error> {
        value.ok_or_else(|| failure::arguments(self.function, format!("needs the argument `{name}`")))
    }
}

/// `function(nmae=…)`, an argument that the function has not.
fn unknown_argument(function: &str, name: &str, known: &[&str]) -> Diagnostic {
    let message = format!("`{function}()` has no argument named `{name}`");
    let diagnostic = Diagnostic::error(Code::WRONG_ARGUMENTS, message);
    match closest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("an argument with a similar name exists: `{near}`")),
        None => diagnostic,
    }
}

/// The text of a value that is there: neither `none` nor undefined.
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    value.filter(|value| given(value)).map(|value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    })
}

/// True for a value that is neither `none` nor undefined.
pub(crate) fn given(value: &Value) -> bool {
    !value.is_none() && !value.is_undefined()
}

/// The truth of an optional flag; `None` if not given.
pub(crate) fn flag(value: Option<&Value>) -> Option<bool> {
    value.filter(|value| given(value)).map(Value::is_true)
}

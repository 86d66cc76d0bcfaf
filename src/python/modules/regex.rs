//! `modules.re`: regular expressions.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use fancy_regex::Captures;
use minijinja::value::{Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};
use rustc_hash::FxHashMap;

use super::super::args::{Args, given, text};
use super::super::failure;
use super::search::Search;
use super::{Module, pattern, unknown_method};
use crate::jinja::{Dict, List};

/// The module.
pub(super) fn module() -> Value {
    Value::from_object(Module { name: "re", call, attribute })
}

fn attribute(name: &str) -> Option<Value> {
    // Flags are Python's numbers.
    Some(Value::from(match name {
        "IGNORECASE" | "I" => 2,
        "MULTILINE" | "M" => 8,
        "DOTALL" | "S" => 16,
        "UNICODE" | "U" => 32,
        "VERBOSE" | "X" => 64,
        "ASCII" | "A" => 256,
        _ => return None,
    }))
}

fn call(method: &str, args: &[Value]) -> Result<Value, Error> {
    let args = Args::new(method, args);
    match method {
        "escape" => {
            let [pattern] = args.bind(["pattern"])?;
            Ok(Value::from(escape(&text(pattern.as_ref()).unwrap_or_default())))
        }
        "compile" => {
            let [pattern, flags] = args.bind(["pattern", "flags"])?;
            Ok(Value::from_object(Pattern(compile(pattern.as_ref(), flags.as_ref())?)))
        }
        "purge" => Ok(Value::from(())),
        "sub" | "subn" => {
            let [pattern, replacement, string, count, flags] =
                args.bind(["pattern", "repl", "string", "count", "flags"])?;
            run(
                &*compile(pattern.as_ref(), flags.as_ref())?,
                method,
                string.as_ref(),
                replacement.as_ref(),
                count.as_ref(),
            )
        }
        "split" => {
            let [pattern, string, count, flags] = args.bind(["pattern", "string", "maxsplit", "flags"])?;
            run(&*compile(pattern.as_ref(), flags.as_ref())?, method, string.as_ref(), None, count.as_ref())
        }
        _ => {
            let [pattern, string, flags] = args.bind(["pattern", "string", "flags"])?;
            run(&*compile(pattern.as_ref(), flags.as_ref())?, method, string.as_ref(), None, None)
        }
    }
}

fn compile(pattern: Option<&Value>, flags: Option<&Value>) -> Result<Arc<Search>, Error> {
    if let Some(compiled) = pattern.and_then(|pattern| pattern.downcast_object_ref::<Pattern>()) {
        return Ok(Arc::clone(&compiled.0));
    }
    let pattern = text(pattern).unwrap_or_default();
    let flags = flags.and_then(Value::as_i64).unwrap_or(0);
    known(&pattern, Some(flags))
        .map_err(|_| failure::other(format!("`{pattern}` is no regular expression that buhin can use")))
}

/// As many patterns are kept as Python's `re` keeps.
const KEPT: usize = 512;

/// A compiled pattern. Packages search with the same few patterns once for each node, and to compile one takes far
/// longer than to search with it. With `flags` it is in Python's syntax, else in ours.
fn known(pattern: &str, flags: Option<i64>) -> Result<Arc<Search>, Box<fancy_regex::Error>> {
    type Known = FxHashMap<Option<i64>, FxHashMap<String, Arc<Search>>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(search) = lock().get(&flags).and_then(|known| known.get(pattern)) {
        return Ok(Arc::clone(search));
    }
    let search = Arc::new(match flags {
        Some(flags) => Search::new(&pattern::translated(pattern, flags))?,
        None => Search::new(pattern)?,
    });
    let mut known = lock();
    if known.values().map(FxHashMap::len).sum::<usize>() >= KEPT {
        known.clear();
    }
    known.entry(flags).or_default().insert(pattern.to_owned(), Arc::clone(&search));
    Ok(search)
}

/// All matches; patterns that need too many steps are an error.
fn all<'s>(regex: &Search, string: &'s str) -> Result<Vec<Captures<'s>>, Error> {
    regex.all(string).map_err(|error| too_hard(&error))
}

fn first<'s>(regex: &Search, string: &'s str) -> Result<Option<Captures<'s>>, Error> {
    regex.from(string, 0).map_err(|error| too_hard(&error))
}

fn too_hard(error: &fancy_regex::Error) -> Error {
    failure::other(format!("this regular expression can't be searched for: {error}"))
}

fn run(
    regex: &Search,
    method: &str,
    string: Option<&Value>,
    replacement: Option<&Value>,
    count: Option<&Value>,
) -> Result<Value, Error> {
    let string = text(string).unwrap_or_default();
    let count = count.and_then(Value::as_usize).unwrap_or(0);
    let none = || Value::from(());
    let found = |captures: Option<Captures<'_>>| {
        captures.map_or_else(none, |captures| Value::from_object(Match::new(regex, &captures)))
    };
    Ok(match method {
        "search" => found(first(regex, &string)?),
        "match" => found(
            first(regex, &string)?.filter(|captures| captures.get(0).is_some_and(|all| all.start() == 0)),
        ),
        "fullmatch" => {
            let whole = format!("\\A(?:{})\\z", regex.as_str());
            let whole = known(&whole, None).map_err(|_| unknown_method())?;
            first(&whole, &string)?
                .map_or_else(none, |captures| Value::from_object(Match::new(&whole, &captures)))
        }
        "findall" => List::value(
            all(regex, &string)?
                .into_iter()
                .map(|captures| {
                    let group = |at: usize| Value::from(captures.get(at).map_or("", |group| group.as_str()));
                    match captures.len() {
                        1 => group(0),
                        2 => group(1),
                        count => Value::from(Tuple::new((1..count).map(group).collect::<Vec<_>>())),
                    }
                })
                .collect(),
        ),
        "finditer" => List::value(
            all(regex, &string)?
                .iter()
                .map(|captures| Value::from_object(Match::new(regex, captures)))
                .collect(),
        ),
        "split" => {
            let mut parts = Vec::new();
            let mut from = 0;
            let limit = if count == 0 { usize::MAX } else { count };
            for captures in all(regex, &string)?.iter().take(limit) {
                let Some(whole) = captures.get(0) else { continue };
                parts.push(Value::from(&string[from..whole.start()]));
                // Groups of the pattern are among the parts, as in Python.
                parts.extend(
                    (1..captures.len()).map(|at| Value::from(captures.get(at).map(|it| it.as_str()))),
                );
                from = whole.end();
            }
            parts.push(Value::from(&string[from..]));
            List::value(parts)
        }
        "sub" | "subn" => {
            let pattern = text(replacement.filter(|value| given(value))).unwrap_or_default();
            let limit = if count == 0 { usize::MAX } else { count };
            let (mut out, mut from, mut done) = (String::new(), 0, 0_usize);
            for captures in all(regex, &string)?.iter().take(limit) {
                let Some(whole) = captures.get(0) else { continue };
                out.push_str(&string[from..whole.start()]);
                out.push_str(&expand(captures, &pattern));
                from = whole.end();
                done += 1;
            }
            out.push_str(&string[from..]);
            let replaced = Value::from(out);
            if method == "sub" {
                replaced
            } else {
                Value::from(Tuple::new(vec![replaced, Value::from(done)]))
            }
        }
        _ => return Err(unknown_method()),
    })
}

/// Python's `\1` and `\g<name>` in a replacement.
fn expand(captures: &Captures<'_>, pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some((name, after)) = rest.strip_prefix("g<").and_then(|after| after.split_once('>')) {
            let group = match name.parse::<usize>() {
                Ok(number) => captures.get(number),
                Err(_) => captures.name(name),
            };
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = after;
            continue;
        }
        let Some(char) = rest.chars().next() else { break };
        match char {
            '0'..='9' => {
                let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
                let group = rest[..digits].parse().ok().and_then(|number| captures.get(number));
                out.push_str(group.map_or("", |group| group.as_str()));
                rest = &rest[digits..];
                continue;
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            '\\' => out.push('\\'),
            other => {
                out.push('\\');
                out.push(other);
            }
        }
        rest = &rest[char.len_utf8()..];
    }
    out.push_str(rest);
    out
}

/// Python's `re.escape`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// A compiled pattern.
#[derive(Debug)]
struct Pattern(Arc<Search>);

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "sub" | "subn" => {
                let [replacement, string, count] = args.bind(["repl", "string", "count"])?;
                run(&self.0, method, string.as_ref(), replacement.as_ref(), count.as_ref())
            }
            "split" => {
                let [string, count] = args.bind(["string", "maxsplit"])?;
                run(&self.0, method, string.as_ref(), None, count.as_ref())
            }
            _ => {
                let [string] = args.bind(["string"])?;
                run(&self.0, method, string.as_ref(), None, None)
            }
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// A match: its groups with their places.
#[derive(Debug)]
struct Match {
    groups: Vec<Option<(usize, usize, String)>>,
    names: Vec<Option<String>>,
}

impl Match {
    fn new(regex: &Search, captures: &Captures<'_>) -> Self {
        let group = |group: Option<fancy_regex::Match<'_>>| {
            group.map(|group| (group.start(), group.end(), group.as_str().to_owned()))
        };
        Self { groups: captures.iter().map(group).collect(), names: regex.names() }
    }

    fn group(&self, key: &Value) -> Value {
        let at = match key.as_str() {
            Some(name) => self.names.iter().position(|known| known.as_deref() == Some(name)),
            None => key.as_usize(),
        };
        let group = at.and_then(|at| self.groups.get(at)).and_then(Option::as_ref);
        group.map_or_else(|| Value::from(()), |(_, _, text)| Value::from(text.as_str()))
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        key.as_usize().map(|_| self.group(key))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let numbered = |at: usize| self.group(&Value::from(at));
        let place = |end: bool| {
            let at = args.first().and_then(Value::as_usize).unwrap_or(0);
            let group = self.groups.get(at).and_then(Option::as_ref);
            Value::from(group.map(|(from, to, _)| if end { *to } else { *from }))
        };
        Ok(match method {
            "group" => match args {
                [] => numbered(0),
                [one] => self.group(one),
                many => Value::from(Tuple::new(many.iter().map(|key| self.group(key)).collect::<Vec<_>>())),
            },
            "groups" => Value::from(Tuple::new((1..self.groups.len()).map(numbered).collect::<Vec<_>>())),
            "groupdict" => Dict::value(
                self.names.iter().enumerate().filter_map(|(at, name)| Some((name.as_deref()?, numbered(at)))),
            ),
            "start" => place(false),
            "end" => place(true),
            "span" => Value::from(Tuple::new(vec![place(false), place(true)])),
            _ => return Err(unknown_method()),
        })
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &str, args: &[&str], expect: &str) {
        let args: Vec<Value> = args.iter().map(|arg| Value::from(*arg)).collect();
        assert_eq!(call(method, &args).unwrap().to_string(), expect);
    }

    #[test]
    fn replacements_have_groups() {
        check("sub", &["(\\w)(\\w+)", "\\2\\1 \\g<1>", "abc"], "bca a");
        check("escape", &["a.b-c"], "a\\.b\\-c");
    }

    #[test]
    fn patterns_are_pythons() {
        check("findall", &["(?<!not )a{", "a{ not a{ a{"], "['a{', 'a{']");
        check("sub", &["(?ix) A  # the first letter (of all\n [{] ", "x", "a{A{"], "xx");
        check("sub", &["([[])", "(", "[a]"], "(a]");
        check("findall", &["(.)\\1", "aabbc"], "['a', 'b']");
    }

    #[test]
    fn splitting_keeps_groups() {
        check("split", &["(,)", "a,b"], "['a', ',', 'b']");
        check("split", &[",", "a,b,"], "['a', 'b', '']");
    }

    #[test]
    fn classes_hold_brackets_and_ampersands() {
        check("sub", &["[]\\\\[&&~]", "_", "a]b\\c[d&e~f"], "a_b_c_d_e_f");
        check("sub", &["[^]a[]", "_", "a]b[c"], "a]_[_");
        check("sub", &["c\\Z", "_", "cc"], "c_");
    }
}

//! `pprint`: values as Python's `pprint.pformat` lays them out, 80 columns wide, with the keys of dicts sorted.

use std::cmp::Ordering;

use minijinja::Value;

use super::super::call::Args;
use super::super::methods::string::splitlines;
use super::super::ops::{is_dict, is_list, item, iterate, order, type_name};
use super::super::output::LONGEST;
use super::super::run::{Res, Vm, too_large};
use super::super::text::repr;

/// No line is longer, unless one word is.
const WIDTH: usize = 80;

/// Containers within containers are laid out down to this depth, and written in one line below it.
const DEEPEST: usize = 50;

pub(super) fn pprint(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    let mut page = Page::default();
    page.put(&value, 0, 0, 0)?;
    Ok(Value::from(page.out))
}

/// The text that is being laid out. `indent` is the column where something begins, `room` what has to stand behind
/// it in its last line, `level` how many containers are around it.
#[derive(Default)]
struct Page {
    out: String,
}

impl Page {
    fn put(&mut self, value: &Value, indent: usize, room: usize, level: usize) -> Res<()> {
        if self.out.len() > LONGEST {
            return Err(too_large("the text of `pprint`"));
        }
        let line = line(value, level)?;
        let wide = length(&line) + indent + room > WIDTH && level < DEEPEST;
        match Kind::of(value).filter(|_| wide) {
            None => self.out.push_str(&line),
            Some(Kind::Text(text)) => self.text(text, &line, indent, room, level + 1),
            Some(Kind::Dict) => {
                self.out.push('{');
                let pairs = sorted(value)?;
                for (at, (key, entry)) in pairs.iter().enumerate() {
                    self.next(at, indent + 1);
                    let key = self::line(key, level + 1)?;
                    self.out.push_str(&key);
                    self.out.push_str(": ");
                    let room = if at + 1 == pairs.len() { room + 1 } else { 1 };
                    self.put(entry, indent + 1 + length(&key) + 2, room, level + 1)?;
                }
                self.out.push('}');
            }
            Some(Kind::List) => self.items(&iterate(value)?, ["[", "]"], indent, room, level)?,
            Some(Kind::Tuple) => {
                let items = iterate(value)?;
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.items(&items, ["(", end], indent, room, level)?;
            }
        }
        Ok(())
    }

    fn items(
        &mut self,
        items: &[Value],
        brackets: [&str; 2],
        indent: usize,
        room: usize,
        level: usize,
    ) -> Res<()> {
        self.out.push_str(brackets[0]);
        for (at, entry) in items.iter().enumerate() {
            self.next(at, indent + 1);
            let room = if at + 1 == items.len() { room + brackets[1].len() } else { 1 };
            self.put(entry, indent + 1, room, level + 1)?;
        }
        self.out.push_str(brackets[1]);
        Ok(())
    }

    /// Goes to the line of the next entry.
    fn next(&mut self, at: usize, indent: usize) {
        if at > 0 {
            self.out.push(',');
            self.new_line(indent);
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// A text as several literals, broken at its lines and at blanks; in parentheses where nothing else is around it.
    fn text(&mut self, text: &str, whole: &str, indent: usize, room: usize, level: usize) {
        let alone = usize::from(level == 1);
        let (indent, room) = (indent + alone, room + alone);
        let width = WIDTH.saturating_sub(indent);
        let mut chunks: Vec<String> = Vec::new();
        let lines = splitlines(text, true);
        for (at, line) in lines.iter().enumerate() {
            let is_last = at + 1 == lines.len();
            let own = repr(&Value::from(*line));
            if length(&own) <= if is_last { width.saturating_sub(room) } else { width } {
                chunks.push(own);
                continue;
            }
            let words = words(line);
            let mut current = String::new();
            for (at, word) in words.iter().enumerate() {
                let width = if is_last && at + 1 == words.len() { width.saturating_sub(room) } else { width };
                let longer = format!("{current}{word}");
                if length(&repr(&Value::from(longer.as_str()))) <= width {
                    current = longer;
                    continue;
                }
                if !current.is_empty() {
                    chunks.push(repr(&Value::from(std::mem::take(&mut current))));
                }
                (*word).clone_into(&mut current);
            }
            if !current.is_empty() {
                chunks.push(repr(&Value::from(current)));
            }
        }
        if chunks.len() < 2 {
            self.out.push_str(whole);
            return;
        }
        self.out.push_str(if alone == 1 { "(" } else { "" });
        for (at, chunk) in chunks.iter().enumerate() {
            if at > 0 {
                self.new_line(indent);
            }
            self.out.push_str(chunk);
        }
        self.out.push_str(if alone == 1 { ")" } else { "" });
    }
}

/// What is laid out over several lines.
enum Kind<'v> {
    Text(&'v str),
    List,
    Tuple,
    Dict,
}

impl<'v> Kind<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        Some(match value {
            value if value.as_str().is_some() => Self::Text(value.as_str()?),
            value if value.is_tuple() => Self::Tuple,
            value if is_list(value) => Self::List,
            value if is_dict(value) => Self::Dict,
            _ => return None,
        })
    }
}

/// A value in one line: as `repr` writes it, but with keys sorted.
fn line(value: &Value, level: usize) -> Res<String> {
    let kind = Kind::of(value).filter(|_| level < DEEPEST);
    let inner = |items: &[Value]| -> Res<String> {
        Ok(items.iter().map(|item| line(item, level + 1)).collect::<Res<Vec<_>>>()?.join(", "))
    };
    Ok(match kind {
        Some(Kind::Dict) => {
            let pairs = sorted(value)?.into_iter().map(|(key, entry)| -> Res<String> {
                Ok(format!("{}: {}", line(&key, level + 1)?, line(&entry, level + 1)?))
            });
            format!("{{{}}}", pairs.collect::<Res<Vec<_>>>()?.join(", "))
        }
        Some(Kind::List) => format!("[{}]", inner(&iterate(value)?)?),
        Some(Kind::Tuple) => {
            let items = iterate(value)?;
            format!("({}{})", inner(&items)?, if items.len() == 1 { "," } else { "" })
        }
        Some(Kind::Text(_)) | None => repr(value),
    })
}

/// A dict's pairs by their keys; keys that Python can't compare by the names of their kinds.
fn sorted(dict: &Value) -> Res<Vec<(Value, Value)>> {
    let keys = iterate(dict)?;
    let mut pairs = Vec::with_capacity(keys.len());
    for key in keys {
        let entry = item(dict, &key);
        pairs.push((key, entry));
    }
    pairs.sort_by(|(left, _), (right, _)| match order(left, right, "<") {
        Ok(order) => order,
        Err(_) => type_name(left).cmp(type_name(right)).then(Ordering::Equal),
    });
    Ok(pairs)
}

/// Runs of letters, each with the blanks behind it.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let blank = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let end = rest[blank..].find(|char: char| !char.is_whitespace()).map_or(rest.len(), |at| blank + at);
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

fn length(text: &str) -> usize {
    text.chars().count()
}

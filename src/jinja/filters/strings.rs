//! Filters on text.

use minijinja::Value;
use minijinja::value::Tuple;

use super::super::call::Args;
use super::super::format as fill;
use super::super::methods::string as methods;
use super::super::ops::MOST_ITEMS;
use super::super::output::LONGEST;
use super::super::run::{Res, Vm, too_large, wrong};
use super::super::text::str_of;
use super::super::value::Dict;
use super::{flag, integer};

pub(super) fn string(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(if value.as_str().is_some() { value } else { Value::from(str_of(&value).into_owned()) })
}

pub(super) fn lower(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(Value::from(str_of(&value).to_lowercase()))
}

pub(super) fn upper(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(Value::from(str_of(&value).to_uppercase()))
}

pub(super) fn capitalize(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(Value::from(methods::capitalize(&str_of(&value))))
}

/// Each word with a capital; words begin after blanks, hyphens and opening brackets.
pub(super) fn title(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    let text = str_of(&value);
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for char in text.chars() {
        if char.is_whitespace() || "-({[<".contains(char) {
            out.push(char);
            begins = true;
        } else if begins {
            out.extend(char.to_uppercase());
            begins = false;
        } else {
            out.extend(char.to_lowercase());
        }
    }
    Ok(Value::from(out))
}

pub(super) fn trim(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let text = str_of(&value).into_owned();
    let chars = args.take(0, "chars").into_iter().collect();
    let trimmed = methods::call(&text, "strip", Args { pos: chars, named: Vec::new() })?;
    // A text that needs no trimming keeps its origin for the source map.
    Ok(if value.as_str().is_some() && value == trimmed { value } else { trimmed })
}

pub(super) fn replace(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let (Some(old), Some(new)) = (args.take(0, "old"), args.take(1, "new")) else {
        return Err(wrong("replace needs the arguments `old` and `new`"));
    };
    let (text, old, new) = (str_of(&value), str_of(&old), str_of(&new));
    let count = args.take(2, "count").filter(|count| !count.is_none());
    let count = count.map(|count| integer(Some(count), 0)).transpose()?;
    let count = count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    methods::replaced(&text, &old, &new, count)
}

pub(super) fn center(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let width = width(args.take(0, "width"), 80)?;
    Ok(Value::from(methods::pad(&str_of(&value), width, " ", "center")))
}

fn width(value: Option<Value>, default: i128) -> Res<usize> {
    match usize::try_from(integer(value, default)?.max(0)) {
        Ok(width) if width <= MOST_ITEMS => Ok(width),
        _ => Err(too_large("the text")),
    }
}

pub(super) fn format(_: &mut Vm<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    let pattern = str_of(&value);
    let values = if args.named.is_empty() {
        Value::from(Tuple::new(args.pos))
    } else if args.pos.is_empty() {
        Dict::value(args.named.into_iter().map(|(name, value)| (Value::from(&name), value)))
    } else {
        return Err(wrong("can't handle positional and keyword arguments at the same time"));
    };
    fill::percent(&pattern, &values).map(Value::from)
}

pub(super) fn indent(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let indention = match args.take(0, "width") {
        Some(width) if width.as_str().is_some() => str_of(&width).into_owned(),
        other => " ".repeat(width(other, 4)?),
    };
    let (first, blank) = (flag(args.take(1, "first")), flag(args.take(2, "blank")));
    let text = str_of(&value).into_owned() + "\n";
    let lines = methods::splitlines(&text, false);
    if lines.len().saturating_mul(indention.len()) > LONGEST {
        return Err(too_large("the text"));
    }
    let mut out = if first { indention.clone() } else { String::new() };
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push('\n');
            if blank || !line.is_empty() {
                out.push_str(&indention);
            }
        }
        out.push_str(line);
    }
    Ok(Value::from(out))
}

pub(super) fn truncate(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let text = str_of(&value);
    let leeway = width(args.take(3, "leeway").filter(|leeway| !leeway.is_none()), 5)?;
    let end = args.take(2, "end").unwrap_or_else(|| Value::from("..."));
    let killwords = flag(args.take(1, "killwords"));
    let length = width(args.take(0, "length"), 255)?;
    let end = str_of(&end);
    let end_length = end.chars().count();
    if length < end_length {
        return Err(wrong(format!("expected length >= {end_length}, got {length}")));
    }
    if text.chars().count() <= length + leeway {
        return Ok(Value::from(text.into_owned()));
    }
    let cut: String = text.chars().take(length - end_length).collect();
    let cut = if killwords {
        cut.as_str()
    } else {
        cut.rsplit_once(' ').map_or(cut.as_str(), |(before, _)| before)
    };
    Ok(Value::from(format!("{cut}{end}")))
}

pub(super) fn wordcount(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    let text = str_of(&value);
    let words =
        text.split(|char: char| !(char.is_alphanumeric() || char == '_')).filter(|word| !word.is_empty());
    Ok(Value::from(words.count()))
}

pub(super) fn wordwrap(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let hyphens = args.take(3, "break_on_hyphens").is_none_or(|flag| flag.is_true());
    let mark = args.take(2, "wrapstring").filter(|mark| !mark.is_none()).unwrap_or_else(|| Value::from("\n"));
    let long = args.take(1, "break_long_words").is_none_or(|flag| flag.is_true());
    let width = width(args.take(0, "width"), 79)?.max(1);
    let mark = str_of(&mark);
    let text = str_of(&value);
    let wrapped: Vec<String> = methods::splitlines(&text, false)
        .into_iter()
        .map(|line| wrap(line, width, long, hyphens).join(&mark))
        .collect();
    Ok(Value::from(wrapped.join(&mark)))
}

/// Breaks a line as Python's `textwrap` does: between words, after hyphens within words, and within words too long.
fn wrap(line: &str, width: usize, break_long: bool, hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<String> = chunks(line, hyphens);
    chunks.reverse();
    let mut lines = Vec::new();
    while !chunks.is_empty() {
        if !lines.is_empty() && chunks.last().is_some_and(|chunk| chunk.trim().is_empty()) {
            chunks.pop();
        }
        let (mut current, mut length) = (Vec::new(), 0);
        while let Some(chunk) = chunks.pop() {
            let size = chunk.chars().count();
            if length + size <= width {
                length += size;
                current.push(chunk);
                continue;
            }
            if size > width && break_long {
                let room = width.saturating_sub(length).max(usize::from(length == 0));
                let cut = chunk.char_indices().nth(room).map_or(chunk.len(), |(at, _)| at);
                // Empty or not: it keeps a blank before it from being dropped, as in Python.
                current.push(chunk[..cut].to_owned());
                chunks.push(chunk[cut..].to_owned());
            } else if current.is_empty() {
                current.push(chunk);
            } else {
                chunks.push(chunk);
            }
            break;
        }
        if current.last().is_some_and(|chunk: &String| chunk.trim().is_empty()) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat());
        }
    }
    lines
}

fn chunks(line: &str, hyphens: bool) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let chars: Vec<char> = line.chars().collect();
    let mut blank = None;
    for (at, char) in chars.iter().enumerate() {
        let is_blank = char.is_whitespace();
        let after_hyphen = hyphens
            && at >= 2
            && chars[at - 1] == '-'
            && chars[at - 2].is_alphabetic()
            && char.is_alphabetic();
        if blank != Some(is_blank) || after_hyphen {
            out.push(String::new());
        }
        blank = Some(is_blank);
        if let Some(last) = out.last_mut() {
            last.push(*char);
        }
    }
    out
}

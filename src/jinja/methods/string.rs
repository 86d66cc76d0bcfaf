//! Methods of strings.

use minijinja::Value;
use minijinja::value::Tuple;

use super::super::call::Args;
use super::super::format;
use super::super::ops::{MOST_ITEMS, iterate};
use super::super::output::LONGEST;
use super::super::run::{Res, too_large, wrong};
use super::super::text::str_of;
use super::super::value::{Dict, List};
use super::{integer, need};

pub(super) const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

pub(in super::super) fn call(text: &str, name: &str, mut args: Args) -> Res<Value> {
    let of = |text: String| Ok(Value::from(text));
    match name {
        "upper" => of(text.to_uppercase()),
        "lower" => of(text.to_lowercase()),
        // Two letters have a folded form that is not their small one and that people write.
        "casefold" => of(text.to_lowercase().replace('ß', "ss").replace('ς', "σ")),
        "capitalize" => of(capitalize(text)),
        "title" => of(title(text)),
        "swapcase" => of(swapcase(text)),
        "strip" | "lstrip" | "rstrip" => {
            let chars = args.take(0, "chars").filter(|chars| !chars.is_none());
            let chars = chars.as_ref().map(string).transpose()?;
            Ok(Value::from(strip(text, name, chars)))
        }
        "split" | "rsplit" => {
            let separator = args.take(0, "sep").filter(|separator| !separator.is_none());
            let most = integer(args.take(1, "maxsplit"))?.and_then(|most| usize::try_from(most).ok());
            let separator = separator.as_ref().map(string).transpose()?;
            let parts = split(text, separator, most, name == "rsplit")?;
            Ok(List::value(parts.into_iter().map(Value::from).collect()))
        }
        "splitlines" => {
            let keep = args.take(0, "keepends").is_some_and(|keep| keep.is_true());
            Ok(List::value(splitlines(text, keep).into_iter().map(Value::from).collect()))
        }
        "join" => {
            let items = iterate(&need(&mut args, 0, name, "iterable")?)?;
            let mut out = String::new();
            for (at, item) in items.iter().enumerate() {
                let Some(item) = item.as_str() else {
                    let found = super::super::ops::type_name(item);
                    return Err(wrong(format!("sequence item {at}: expected str instance, {found} found")));
                };
                if at > 0 {
                    out.push_str(text);
                }
                out.push_str(item);
            }
            of(out)
        }
        "replace" => {
            let (old, new) = (need(&mut args, 0, name, "old")?, need(&mut args, 1, name, "new")?);
            let count = integer(args.take(2, "count"))?.and_then(|count| usize::try_from(count).ok());
            let (old, new) = (string(&old)?, string(&new)?);
            replaced(text, old, new, count)
        }
        "startswith" | "endswith" => {
            let affix = need(&mut args, 0, name, "prefix")?;
            let text = window(text, &mut args)?.map_or("", |(_, text)| text);
            let fits = |affix: &str| {
                if name == "startswith" { text.starts_with(affix) } else { text.ends_with(affix) }
            };
            if affix.is_tuple() {
                let affixes = iterate(&affix)?;
                return Ok(Value::from(affixes.iter().filter_map(Value::as_str).any(fits)));
            }
            Ok(Value::from(fits(string(&affix)?)))
        }
        "find" | "index" | "rfind" | "rindex" => {
            let part = need(&mut args, 0, name, "sub")?;
            let part = string(&part)?;
            let found = window(text, &mut args)?.and_then(|(start, window)| {
                let found = if name.starts_with('r') { window.rfind(part) } else { window.find(part) };
                found.map(|at| start + window[..at].chars().count())
            });
            match found {
                Some(at) => Ok(Value::from(at)),
                None if name.ends_with("find") => Ok(Value::from(-1)),
                None => Err("substring not found".into()),
            }
        }
        "count" => {
            let part = need(&mut args, 0, name, "sub")?;
            let part = string(&part)?;
            let window = window(text, &mut args)?.map_or("", |(_, text)| text);
            Ok(Value::from(window.matches(part).count()))
        }
        "zfill" => {
            let width = width(&mut args, name)?;
            let (sign, digits) = match text.chars().next() {
                Some('+' | '-') => text.split_at(1),
                _ => ("", text),
            };
            let missing = width.saturating_sub(text.chars().count());
            of(format!("{sign}{}{digits}", "0".repeat(missing)))
        }
        "ljust" | "rjust" | "center" => {
            let width = width(&mut args, name)?;
            let fill = args.take(1, "fillchar");
            let fill = fill.as_ref().map(string).transpose()?.unwrap_or(" ");
            of(pad(text, width, fill, name))
        }
        "partition" | "rpartition" => {
            let separator = need(&mut args, 0, name, "sep")?;
            let separator = string(&separator)?;
            if separator.is_empty() {
                return Err("empty separator".into());
            }
            let last = name == "rpartition";
            let cut = if last { text.rsplit_once(separator) } else { text.split_once(separator) };
            let parts = match cut {
                Some((before, after)) => [before, separator, after],
                None if last => ["", "", text],
                None => [text, "", ""],
            };
            Ok(Value::from(Tuple::new(parts.into_iter().map(Value::from).collect())))
        }
        "removeprefix" | "removesuffix" => {
            let affix = need(&mut args, 0, name, "prefix")?;
            let affix = string(&affix)?;
            let rest =
                if name == "removeprefix" { text.strip_prefix(affix) } else { text.strip_suffix(affix) };
            Ok(Value::from(rest.unwrap_or(text)))
        }
        "format" => format::braces(text, &args).map(Value::from),
        "format_map" => {
            let map = need(&mut args, 0, name, "mapping")?;
            let named = super::dict::pairs(&map)?;
            let named = named.into_iter().map(|(key, value)| (str_of(&key).as_ref().into(), value)).collect();
            format::braces(text, &Args { pos: Vec::new(), named }).map(Value::from)
        }
        "encode" => Ok(Value::from_bytes(text.as_bytes().to_vec())),
        "expandtabs" => {
            let size = integer(args.take(0, "tabsize"))?.unwrap_or(8).clamp(0, 1000);
            let size = usize::try_from(size).unwrap_or(0);
            of(expandtabs(text, size))
        }
        "translate" => Ok(translate(text, &need(&mut args, 0, name, "table")?)),
        _ => Ok(Value::from(is(text, name))),
    }
}

/// `text` with the first `count` places of `old` replaced, or all.
pub(in super::super) fn replaced(text: &str, old: &str, new: &str, count: Option<usize>) -> Res<Value> {
    let places = text.matches(old).take(count.unwrap_or(usize::MAX)).count();
    if places.saturating_mul(new.len()).saturating_add(text.len()) > LONGEST {
        return Err(too_large("the text"));
    }
    Ok(Value::from(count.map_or_else(|| text.replace(old, new), |count| text.replacen(old, new, count))))
}

/// A string argument.
fn string(value: &Value) -> Res<&str> {
    value.as_str().ok_or_else(|| wrong(format!("must be str, not {}", super::super::ops::type_name(value))))
}

fn width(args: &mut Args, method: &str) -> Res<usize> {
    let width = integer(Some(need(args, 0, method, "width")?))?.unwrap_or(0);
    match usize::try_from(width.max(0)) {
        Ok(width) if width <= MOST_ITEMS => Ok(width),
        _ => Err(too_large("the text")),
    }
}

/// The part of the text that `start` and `end` (arguments 1 and 2) leave, with the number of its first character.
fn window<'t>(text: &'t str, args: &mut Args) -> Res<Option<(usize, &'t str)>> {
    let (start, end) = (integer(args.take(1, "start"))?, integer(args.take(2, "end"))?);
    if start.is_none() && end.is_none() {
        return Ok(Some((0, text)));
    }
    let length = text.chars().count() as i128;
    let place =
        |at: i128| usize::try_from((if at < 0 { at + length } else { at }).clamp(0, length)).unwrap_or(0);
    if start.is_some_and(|start| start > length) {
        return Ok(None);
    }
    let (start, end) = (place(start.unwrap_or(0)), place(end.unwrap_or(length)));
    if start > end {
        return Ok(None);
    }
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
    Ok(Some((start, &text[byte(start)..byte(end)])))
}

pub(in super::super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase(),
        None => String::new(),
    }
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for char in text.chars() {
        if within {
            out.extend(char.to_lowercase());
        } else {
            out.extend(char.to_uppercase());
        }
        within = char.is_alphabetic();
    }
    out
}

fn swapcase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_uppercase() {
            out.extend(char.to_lowercase());
        } else {
            out.extend(char.to_uppercase());
        }
    }
    out
}

fn strip<'t>(text: &'t str, side: &str, chars: Option<&str>) -> &'t str {
    let drop = |char: char| chars.map_or_else(|| is_space(char), |chars| chars.contains(char));
    let text = if side == "rstrip" { text } else { text.trim_start_matches(drop) };
    if side == "lstrip" { text } else { text.trim_end_matches(drop) }
}

/// Python counts the four separators of ASCII as blanks.
fn is_space(char: char) -> bool {
    char.is_whitespace() || matches!(char, '\u{1c}'..='\u{1f}')
}

fn split<'t>(
    text: &'t str,
    separator: Option<&str>,
    most: Option<usize>,
    from_right: bool,
) -> Res<Vec<&'t str>> {
    let Some(separator) = separator else {
        return Ok(split_blanks(text, most, from_right));
    };
    if separator.is_empty() {
        return Err("empty separator".into());
    }
    let mut parts: Vec<&str> = match (most, from_right) {
        (None, _) => text.split(separator).collect(),
        (Some(most), false) => text.splitn(most + 1, separator).collect(),
        (Some(most), true) => text.rsplitn(most + 1, separator).collect(),
    };
    if most.is_some() && from_right {
        parts.reverse();
    }
    Ok(parts)
}

fn split_blanks(text: &str, most: Option<usize>, from_right: bool) -> Vec<&str> {
    let most = most.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let trim = |text| {
        if from_right {
            str::trim_end_matches(text, is_space)
        } else {
            str::trim_start_matches(text, is_space)
        }
    };
    let mut rest = trim(text);
    while !rest.is_empty() {
        let cut = if from_right { rest.rfind(is_space) } else { rest.find(is_space) };
        let Some(at) = cut.filter(|_| parts.len() < most) else {
            parts.push(rest);
            break;
        };
        let after = at + rest[at..].chars().next().map_or(1, char::len_utf8);
        let (part, left) =
            if from_right { (&rest[after..], &rest[..at]) } else { (&rest[..at], &rest[after..]) };
        parts.push(part);
        rest = trim(left);
    }
    if from_right {
        parts.reverse();
    }
    parts
}

pub(in super::super) fn splitlines(text: &str, keep: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let breaks = matches!(
            char,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        );
        if !breaks {
            continue;
        }
        let mut end = at + char.len_utf8();
        if char == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n') {
            chars.next();
            end += 1;
        }
        lines.push(&text[start..if keep { end } else { at }]);
        start = end;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

pub(in super::super) fn pad(text: &str, width: usize, fill: &str, side: &str) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let (left, right) = match side {
        "ljust" => (0, missing),
        "rjust" => (missing, 0),
        // Python puts the odd blank on the left if the width is odd.
        _ => {
            let left = missing / 2 + (missing & width & 1);
            (left, missing - left)
        }
    };
    format!("{}{text}{}", fill.repeat(left), fill.repeat(right))
}

fn expandtabs(text: &str, size: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for char in text.chars() {
        match char {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(char);
                column = 0;
            }
            char => {
                out.push(char);
                column += 1;
            }
        }
    }
    out
}

/// A table from code points to texts, code points or none.
fn translate(text: &str, table: &Value) -> Value {
    let mut out = String::new();
    for char in text.chars() {
        let to = match table.downcast_object_ref::<Dict>() {
            Some(dict) => dict.get(&Value::from(u32::from(char))),
            None => None,
        };
        match to {
            None => out.push(char),
            Some(to) if to.is_none() => {}
            Some(to) => {
                match to.as_i64().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32) {
                    Some(char) => out.push(char),
                    None => out.push_str(&str_of(&to)),
                }
            }
        }
    }
    Value::from(out)
}

fn is(text: &str, name: &str) -> bool {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let cased = |wanted: fn(char) -> bool, other: fn(char) -> bool| {
        text.chars().any(wanted) && !text.chars().any(other)
    };
    match name {
        "isdigit" | "isdecimal" => all(|char| char.is_ascii_digit() || is_wide_digit(char)),
        "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(is_space),
        "isupper" => cased(char::is_uppercase, char::is_lowercase),
        "islower" => cased(char::is_lowercase, char::is_uppercase),
        "isascii" => text.is_ascii(),
        "istitle" => {
            text.chars().any(|char| char.is_lowercase() || char.is_uppercase()) && title(text) == text
        }
        "isidentifier" => {
            let mut chars = text.chars();
            chars.next().is_some_and(|char| char.is_alphabetic() || char == '_')
                && chars.all(|char| char.is_alphanumeric() || char == '_')
        }
        _ => false,
    }
}

fn is_wide_digit(char: char) -> bool {
    matches!(char, '０'..='９')
}

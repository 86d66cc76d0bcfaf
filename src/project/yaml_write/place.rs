//! Where a description goes: beside the column's name, into a new entry of a column, a part, or a whole file.

use std::ops::Range;

use super::scalar::{Style, inline, name, value};
use super::{ColumnDescription, position};
use crate::project::project_file::heading;
use crate::project::yaml::{Kind, Yaml};

/// A file and what is to be added to it.
pub(super) struct Place<'p, 't> {
    pub(super) text: &'t str,
    pub(super) root: Option<&'p Yaml<'t>>,
    pub(super) wanted: &'p ColumnDescription,
}

/// Where a list's next item goes, and how it begins.
struct Next {
    at: usize,
    /// The line break before it, and an empty line where the others have one.
    before: String,
    /// How far the dash is indented.
    indent: String,
    /// From the dash to the item's first key.
    dash: String,
}

impl Place<'_, '_> {
    /// The text with the description in this style; `None` where that can't stand.
    pub(super) fn with(&self, style: Style) -> Option<String> {
        let Some(root) = self.root else { return self.at_end("version: 2", style) };
        if self.is_flow(root) {
            return None;
        }
        let Some(listed) = root.entry(heading(self.wanted.kind)) else { return self.at_end("", style) };
        let list = &listed.value;
        let at = position(list.items(), |item| item.get("name")?.text(), &self.wanted.node);
        let Some(part) = at.and_then(|at| list.items().get(at)) else {
            if self.is_flow(list) {
                return self.within_brackets(list, &self.flow_part()?);
            }
            let next = match list.kind {
                Kind::List(_) => self.next(list)?,
                Kind::Null => self.first(listed.key_span.range(), 2),
                _ => return None,
            };
            return Some(self.insert(&next, &self.part(&next, self.offset(root), style)?));
        };
        let Some(columns) = part.entry("columns") else {
            if self.is_flow(part) {
                let end = part.get("name")?.span.end as usize;
                return Some(self.spliced(end..end, &format!(", columns: [{}]", self.flow_column()?)));
            }
            let key = self.column_of(part.get("name").and(part.entry("name"))?.key_span.start as usize)?;
            let (indent, offset) = (" ".repeat(key), self.offset(root));
            let end = self.end_of(part, key);
            let head = format!("{}{indent}columns:", self.newline());
            let next =
                Next { at: end, before: head, indent: " ".repeat(key + offset), dash: "- ".to_owned() };
            let column = self.column(&next, style)?;
            let text = format!("{}{}{column}", next.before, self.newline());
            return Some(self.spliced(end..end, &text));
        };
        let list = &columns.value;
        let at = position(list.items(), |item| item.get("name")?.text(), &self.wanted.column);
        if let Some(column) = at.and_then(|at| list.items().get(at)) {
            return self.beside_name(column, style);
        }
        if self.is_flow(list) {
            return self.within_brackets(list, &self.flow_column()?);
        }
        let next = match list.kind {
            Kind::List(_) => self.next(list)?,
            Kind::Null => self.first(columns.key_span.range(), self.offset(root)),
            _ => return None,
        };
        if list.items().last().is_some_and(|last| self.is_flow(last)) {
            let item = format!("{}{}{}", next.indent, next.dash, self.flow_column()?);
            return Some(self.insert(&next, &item));
        }
        Some(self.insert(&next, &self.column(&next, style)?))
    }

    /// Beside the name in a column's entry, or in the place of an empty description.
    fn beside_name(&self, column: &Yaml<'_>, style: Style) -> Option<String> {
        let text = &self.wanted.text;
        let (key, written) = (column.entry("name")?, column.entry("description"));
        if self.is_flow(column) {
            let quoted = inline(text, Style::Double)?;
            return Some(match written {
                Some(entry) if !entry.value.span.range().is_empty() => {
                    self.spliced(entry.value.span.range(), &quoted)
                }
                Some(entry) => self.after_colon(entry.key_span.range(), &format!(" {quoted}"))?,
                None => {
                    let end = key.value.span.end as usize;
                    self.spliced(end..end, &format!(", description: {quoted}"))
                }
            });
        }
        let indent = self.column_of(key.key_span.start as usize)?;
        let Some(entry) = written else {
            let end = self.line(key.value.span.end as usize).end;
            let indent = " ".repeat(indent);
            let value = value(text, style, &format!("{indent}  "), self.newline())?;
            return Some(self.spliced(end..end, &format!("{}{indent}description:{value}", self.newline())));
        };
        // A comment may follow on the line, so that a block can't stand here.
        let quoted = inline(text, style)?;
        if matches!(entry.value.kind, Kind::Null) && !self.text[entry.value.span.range()].starts_with('~') {
            return self.after_colon(entry.key_span.range(), &format!(" {quoted}"));
        }
        Some(self.spliced(entry.value.span.range(), &quoted))
    }

    fn after_colon(&self, key: Range<usize>, added: &str) -> Option<String> {
        let at = key.end + self.text[key.end..].find(':')? + 1;
        Some(self.spliced(at..at, added))
    }

    /// The whole entry at the end of the file.
    fn at_end(&self, head: &str, style: Style) -> Option<String> {
        let newline = self.newline();
        let mut out = self.text.to_owned();
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(newline);
        }
        if !head.is_empty() {
            out.push_str(head);
            out.push_str(newline);
        }
        if !out.trim().is_empty() {
            out.push_str(newline);
        }
        let next = Next { at: 0, before: String::new(), indent: "  ".to_owned(), dash: "- ".to_owned() };
        out.push_str(heading(self.wanted.kind));
        out.push(':');
        out.push_str(newline);
        out.push_str(&self.part(&next, 2, style)?);
        if self.text.is_empty() || self.text.ends_with('\n') {
            out.push_str(newline);
        }
        Some(out)
    }

    /// A part's entry in lines.
    fn part(&self, next: &Next, offset: usize, style: Style) -> Option<String> {
        let inner = next.indent.len() + next.dash.len();
        let column = Next {
            at: 0,
            before: String::new(),
            indent: " ".repeat(inner + offset),
            dash: next.dash.clone(),
        };
        let newline = self.newline();
        Some(format!(
            "{}{}name: {}{newline}{}columns:{newline}{}",
            next.indent,
            next.dash,
            name(&self.wanted.node)?,
            " ".repeat(inner),
            self.column(&column, style)?,
        ))
    }

    /// A column's entry in lines.
    fn column(&self, next: &Next, style: Style) -> Option<String> {
        let inner = " ".repeat(next.indent.len() + next.dash.len());
        let newline = self.newline();
        let value = value(&self.wanted.text, style, &format!("{inner}  "), newline)?;
        let name = name(&self.wanted.column)?;
        Some(format!("{}{}name: {name}{newline}{inner}description:{value}", next.indent, next.dash))
    }

    fn flow_part(&self) -> Option<String> {
        Some(format!("{{name: {}, columns: [{}]}}", name(&self.wanted.node)?, self.flow_column()?))
    }

    fn flow_column(&self) -> Option<String> {
        let quoted = inline(&self.wanted.text, Style::Double)?;
        Some(format!("{{name: {}, description: {quoted}}}", name(&self.wanted.column)?))
    }

    fn within_brackets(&self, list: &Yaml<'_>, item: &str) -> Option<String> {
        Some(match list.items().last() {
            Some(last) => {
                let end = last.span.end as usize;
                self.spliced(end..end, &format!(", {item}"))
            }
            None => {
                let start = list.span.start as usize + 1;
                self.text
                    .get(start..)?
                    .trim_start()
                    .starts_with(']')
                    .then(|| self.spliced(start..start, item))?
            }
        })
    }

    /// Where the next item of a list in lines goes.
    fn next(&self, list: &Yaml<'_>) -> Option<Next> {
        let last = list.items().last()?;
        let (dash, width) = self.dash(last)?;
        let is_apart = list.items().len() > 1 && {
            let line = self.line(last.span.start as usize);
            let above = self.text[..line.start]
                .strip_suffix('\n')
                .map_or("", |text| text.rsplit('\n').next().unwrap_or(""));
            above.trim().is_empty()
        };
        let before = self.newline().repeat(1 + usize::from(is_apart));
        let dashes = format!("-{}", " ".repeat(width - 1));
        Some(Next { at: self.end_of(last, dash + 1), before, indent: " ".repeat(dash), dash: dashes })
    }

    /// Where the first item goes, below a key.
    fn first(&self, key: Range<usize>, offset: usize) -> Next {
        let line = self.line(key.start);
        let indent = " ".repeat(self.column_of(key.start).unwrap_or(0) + offset);
        Next { at: line.end, before: self.newline().to_owned(), indent, dash: "- ".to_owned() }
    }

    /// The column of an item's dash, and how far from there the item begins.
    fn dash(&self, item: &Yaml<'_>) -> Option<(usize, usize)> {
        let start = item.span.start as usize;
        let line = self.line(start);
        let before = &self.text[line.start..start];
        let dash = before.find('-')?;
        let is_dash = before[..dash].chars().all(|char| char == ' ') && before[dash + 1..].trim().is_empty();
        is_dash.then_some((dash, before.len() - dash))
    }

    /// How far lists are indented below their keys.
    fn offset(&self, root: &Yaml<'_>) -> usize {
        let of = |key: Range<usize>, list: &Yaml<'_>| {
            let (dash, _) = self.dash(list.items().first()?)?;
            dash.checked_sub(self.column_of(key.start)?)
        };
        let lists = root.entries().iter().flat_map(|entry| {
            let inner = entry.value.items().iter().filter_map(|item| item.entry("columns"));
            inner.map(|columns| (columns.key_span, &columns.value)).chain([(entry.key_span, &entry.value)])
        });
        lists.into_iter().find_map(|(key, list)| of(key.range(), list)).unwrap_or(2)
    }

    /// The end of the last line that belongs to an entry whose content is indented by at least `least`.
    fn end_of(&self, entry: &Yaml<'_>, least: usize) -> usize {
        let span = entry.span.range();
        let content = self.text[span.clone()].trim_end();
        let mut end = self.line(span.start + content.len()).end;
        let mut at = self.line(span.start).end;
        while let Some(length) = self.text[at..].find('\n') {
            let line = self.line(at + length + 1);
            let content = &self.text[line.clone()];
            let indent = content.len() - content.trim_start_matches(' ').len();
            if !content.trim().is_empty() {
                if indent < least {
                    break;
                }
                if !content.trim_start().starts_with('#') {
                    end = end.max(line.end);
                }
            }
            if line.end <= at {
                break;
            }
            at = line.end;
        }
        end
    }

    /// The blanks before a key, a dash taken for one; `None` if something else stands there.
    fn column_of(&self, at: usize) -> Option<usize> {
        let before = &self.text[self.line(at).start..at];
        before.chars().all(|char| matches!(char, ' ' | '-')).then_some(before.len())
    }

    /// The line of a place, without its break.
    fn line(&self, at: usize) -> Range<usize> {
        let start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        let end = if end > start && self.text[..end].ends_with('\r') { end - 1 } else { end };
        start..end.max(start)
    }

    fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    fn is_flow(&self, tree: &Yaml<'_>) -> bool {
        self.text[tree.span.start as usize..].starts_with(['{', '['])
            && matches!(tree.kind, Kind::Map(_) | Kind::List(_))
    }

    fn insert(&self, next: &Next, added: &str) -> String {
        self.spliced(next.at..next.at, &format!("{}{added}", next.before))
    }

    fn spliced(&self, range: Range<usize>, added: &str) -> String {
        format!("{}{added}{}", &self.text[..range.start], &self.text[range.end..])
    }
}

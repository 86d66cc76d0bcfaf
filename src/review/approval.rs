//! One part's approved SQL, and the file that holds it.

use std::borrow::Cow;

use crate::project::{Node, Project};
use crate::sql::{Dialect, TokenKind, tokens};

/// What was approved of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The part's package and name, `shop.orders`.
    pub part: String,
    /// What it becomes, in buhin's word: `table`, `inline` …
    pub becomes: String,
    /// Why it does, for those who read the file; not compared, since it may name other parts and sizes.
    pub why: String,
    /// The compiled SQL in the project's form, with `\n` at the ends of lines and none after the last.
    pub sql: String,
}

impl Approval {
    /// The file's text.
    pub fn text(&self) -> String {
        let Self { part, becomes, why, sql } = self;
        // A header is lines; a reason with a line break in it would end up as another key.
        let why = why.lines().collect::<Vec<_>>().join(" ");
        format!("---\npart: {part}\nbecomes: {becomes}\nwhy: {why}\n---\n{sql}\n")
    }

    /// Reads a file's text; fails with what is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.replace("\r\n", "\n");
        if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<< ")) {
            return Err(format!("line {} begins an unsettled merge conflict", line + 1));
        }
        let body = text.strip_prefix("---\n").ok_or("it does not begin with `---`")?;
        let (header, sql) = body.split_once("\n---\n").ok_or("its header does not end with `---`")?;
        let value = |key: &str| {
            let line = header.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned()).ok_or_else(|| format!("its header has no `{key}`"))
        };
        Ok(Self {
            part: value("part")?,
            becomes: value("becomes")?,
            why: value("why").unwrap_or_default(),
            sql: sql.trim_end_matches('\n').to_owned(),
        })
    }

    /// True if the two approve the same thing.
    pub fn agrees_with(&self, other: &Self) -> bool {
        (&self.part, &self.becomes, &self.sql) == (&other.part, &other.becomes, &other.sql)
    }
}

/// The name of a part's file without its ending: the part's name, with its package if that is not the root's. What
/// a file's name can't hold on some system is written as `%` and two digits.
pub fn file_stem(project: &Project, node: &Node) -> String {
    let name = part_name(node);
    let root = &project.root().name;
    let own = name.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    let mut stem = String::with_capacity(own.len());
    for (at, char) in own.char_indices() {
        let odd = char.is_control() || r#"/\:*?"<>|%"#.contains(char) || (at == 0 && char == '.');
        if odd {
            for byte in char.to_string().bytes() {
                stem.push_str(&format!("%{byte:02X}"));
            }
        } else {
            stem.push(char);
        }
    }
    stem
}

/// A part's package and name, with its version if it has one.
pub(super) fn part_name(node: &Node) -> &str {
    node.unique_id.split_once('.').map_or(node.unique_id.as_str(), |(_, rest)| rest)
}

/// How compiled SQL is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    #[default]
    Text,
    /// Without comments, blanks at the ends of lines, and empty lines: who changes those needs no approval.
    Code,
}

/// SQL in a form, and for each of its lines the line of the compiled SQL, from 0.
pub(super) struct Formed {
    pub(super) sql: String,
    pub(super) lines: Vec<u32>,
}

impl Form {
    /// Brings compiled SQL into the form.
    pub(super) fn of(self, dialect: Dialect, compiled: &str) -> Formed {
        let compiled = compiled.replace("\r\n", "\n");
        let text = match self {
            Self::Text => Cow::Borrowed(compiled.trim_end()),
            Self::Code => Cow::Owned(without_comments(dialect, &compiled)),
        };
        let (mut sql, mut lines) = (String::with_capacity(text.len()), Vec::new());
        for (at, line) in text.split('\n').enumerate() {
            let line = if self == Self::Code { line.trim_end() } else { line };
            if self == Self::Code && line.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                sql.push('\n');
            }
            sql.push_str(line);
            lines.push(at as u32);
        }
        Formed { sql, lines }
    }
}

/// The text with the line breaks of each comment in its place, so that lines keep their numbers.
fn without_comments(dialect: Dialect, sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for token in tokens(dialect, sql) {
        let own = token.text(sql);
        if token.kind != TokenKind::Comment {
            text.push_str(own);
            continue;
        }
        let breaks = own.matches('\n').count();
        // `a/**/b` is two words.
        text.push_str(if breaks == 0 { " " } else { "" });
        text.extend(std::iter::repeat_n('\n', breaks));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approval() -> Approval {
        Approval {
            part: "shop.orders".into(),
            becomes: "table".into(),
            why: "two parts\nread it".into(),
            sql: "select 1 as \"---\"\n---\nas id".into(),
        }
    }

    #[test]
    fn a_file_gives_back_what_was_put_in() {
        let text = approval().text();
        let read = Approval::parse(&text).expect("a file of ours");
        assert!(read.agrees_with(&approval()));
        assert_eq!(read.why, "two parts read it");
        let windows = Approval::parse(&text.replace('\n', "\r\n")).expect("the same with other line ends");
        assert!(windows.agrees_with(&approval()));
    }

    #[test]
    fn what_is_no_approval_says_why() {
        for (text, why) in [
            ("", "does not begin"),
            ("---\npart: a\n", "does not end"),
            ("---\npart: a\n---\nselect 1\n", "no `becomes`"),
            ("---\npart: a\nbecomes: view\nwhy: x\n---\n<<<<<<< HEAD\nselect 1\n", "merge conflict"),
        ] {
            let said = Approval::parse(text).expect_err(text);
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn the_form_of_code_has_no_comments_and_knows_its_lines() {
        let sql = "-- head\nselect a, -- one\n  /* two\nlines */ b/**/c\n\nfrom t  \n";
        let formed = Form::Code.of(Dialect::DuckDb, sql);
        assert_eq!(formed.sql, "select a,\n b c\nfrom t");
        assert_eq!(formed.lines, [1, 3, 5]);
        let whole = Form::Text.of(Dialect::DuckDb, sql);
        assert_eq!(whole.sql, sql.trim_end());
        assert_eq!(whole.lines, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn strings_are_no_comments() {
        let formed = Form::Code.of(Dialect::DuckDb, "select '-- no' as a");
        assert_eq!(formed.sql, "select '-- no' as a");
    }
}

//! The files of a run, each read once, numbered in the order in which they were added.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Lines, Span};

/// The number of a file within one [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place as people count: both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One file's path and text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as shown to users: relative to the project's folder, with `/`. Built-in files start with `<buhin>/`.
    pub path: Utf8PathBuf,
    /// The text without a byte order mark.
    pub text: std::sync::Arc<str>,
    /// Looked for when a place is first asked for: most files are never spoken of.
    lines: std::sync::OnceLock<Lines>,
}

impl SourceFile {
    fn new(path: Utf8PathBuf, text: std::sync::Arc<str>) -> Self {
        Self { path, text, lines: std::sync::OnceLock::new() }
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    /// Line and column of a byte offset; an offset past the end counts as the end.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let (line, start) = self.lines().line_of(offset as u32);
        LineColumn { line: line + 1, column: self.text[start as usize..offset].chars().count() + 1 }
    }

    /// Byte offset of a 1-based line and a 1-based column in characters, clamped to the text.
    pub fn offset(&self, at: LineColumn) -> u32 {
        self.lines().offset(&self.text, at.line, at.column).unwrap_or(self.text.len() as u32)
    }
}

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and gives its number.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<std::sync::Arc<str>>) -> FileId {
        self.files.push(SourceFile::new(path.into(), text.into()));
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of this number.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// True if there is a file of this number.
    pub fn has(&self, id: FileId) -> bool {
        (id.0 as usize) < self.files.len()
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        &self.get(span.file).text[span.range()]
    }

    /// The path of a file.
    pub fn path(&self, id: FileId) -> &Utf8Path {
        &self.get(id).path
    }

    /// All files with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let mut sources = Sources::default();
        let id = sources.add("a.sql", "select 1\n-- 部品 x\n");
        let at = sources.get(id).line_column(9 + 3 + 6 + 1);
        assert_eq!(at, LineColumn { line: 2, column: 7 });
        assert_eq!(sources.get(id).offset(at), 19);
    }
}

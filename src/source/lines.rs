//! Where the lines of a text begin, and the bytes of places that are counted in lines and characters.

/// So many characters stand between two marks of a line that is not plain ASCII.
const STEP: usize = 64;

/// The lines of one text.
///
/// In a line of ASCII a column is a byte; in others every so many characters have a mark, so that a place is found in
/// bounded work however long the line is.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Where each line begins.
    starts: Vec<u32>,
    /// For each line the first of its marks, one more than there are lines; a line of ASCII has none.
    first_mark: Vec<u32>,
    /// Bytes of every [`STEP`]th character of other lines.
    marks: Vec<u32>,
    end: u32,
}

impl Lines {
    /// Reads a text. A byte order mark is no part of its first line.
    pub fn new(text: &str) -> Self {
        let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(skipped as u32).chain(breaks.map(|(at, _)| at as u32 + 1));
        let mut lines = Self {
            starts: starts.collect(),
            first_mark: Vec::new(),
            marks: Vec::new(),
            end: text.len() as u32,
        };
        if text[skipped..].is_ascii() {
            return lines;
        }
        for line in 0..lines.starts.len() {
            lines.first_mark.push(lines.marks.len() as u32);
            let (start, end) = (lines.starts[line] as usize, lines.line_end(line) as usize);
            if !text[start..end].is_ascii() {
                let chars = text[start..end].char_indices().step_by(STEP);
                lines.marks.extend(chars.map(|(at, _)| (start + at) as u32));
            }
        }
        lines.first_mark.push(lines.marks.len() as u32);
        lines
    }

    /// The number of the line, from 0, that a byte stands in, and where that line begins.
    pub fn line_of(&self, byte: u32) -> (usize, u32) {
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        (line, self.starts[line])
    }

    /// The byte of a line and a column in characters, both from 1; the line's end if it has fewer. `None` if there is
    /// no such line. `text` is the one that was read.
    pub fn offset(&self, text: &str, line: usize, column: usize) -> Option<u32> {
        let line = line.checked_sub(1).filter(|line| *line < self.starts.len())?;
        let column = column.saturating_sub(1);
        let (start, end) = (self.starts[line], self.line_end(line));
        let marks = match self.first_mark.get(line..=line + 1) {
            Some([from, to]) => &self.marks[*from as usize..*to as usize],
            _ => &[],
        };
        if marks.is_empty() {
            return Some(u32::try_from(column).map_or(end, |column| start.saturating_add(column)).min(end));
        }
        let Some(mark) = marks.get(column / STEP) else { return Some(end) };
        let rest = text.get(*mark as usize..end as usize)?;
        let within = rest.char_indices().nth(column % STEP);
        Some(within.map_or(end, |(at, _)| mark + at as u32))
    }

    fn line_end(&self, line: usize) -> u32 {
        self.starts.get(line + 1).copied().unwrap_or(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: usize, column: usize, expect: Option<&str>) {
        let found = Lines::new(text).offset(text, line, column).map(|at| &text[at as usize..]);
        assert_eq!(found, expect);
    }

    #[test]
    fn columns_count_characters() {
        check("ab\ncd", 2, 2, Some("d"));
        check("部品a\nb", 1, 3, Some("a\nb"));
        check("部品a\nb", 1, 9, Some("b"));
        check("部品a\nb", 2, 1, Some("b"));
        check("ab", 1, 9, Some(""));
        check("ab", 2, 1, None);
        check("ab", 0, 1, None);
    }

    #[test]
    fn long_lines_have_marks() {
        let text = format!("x\n{}!?", "部".repeat(1_000));
        check(&text, 2, 1_001, Some("!?"));
        check(&text, 2, 1_002, Some("?"));
        check(&text, 2, 9_999, Some(""));
    }

    #[test]
    fn a_byte_order_mark_stands_before_the_first_line() {
        check("\u{feff}ab", 1, 2, Some("b"));
        check("\u{feff}部b", 1, 2, Some("b"));
    }
}

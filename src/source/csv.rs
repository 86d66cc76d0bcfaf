//! CSV as Python's `csv` module reads it, with the line that each row begins on.
//!
//! That is how dbt finds columns and their types. The rows themselves are loaded by the database.

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The fields, quotes taken off.
    pub fields: Vec<String>,
    /// The line that it begins on, from 1.
    pub line: usize,
}

/// What can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed {
    /// The line on which a quoted field begins that never ends.
    pub line: usize,
}

/// All rows; an empty line is a row without fields.
pub(crate) fn parse(text: &str, delimiter: char) -> Result<Vec<Row>, Unclosed> {
    let mut rows = Vec::new();
    let mut reader = Reader { chars: text.chars().peekable(), line: 1 };
    while reader.chars.peek().is_some() {
        let line = reader.line;
        let fields = reader.record(delimiter)?;
        rows.push(Row { fields, line });
    }
    Ok(rows)
}

/// The fields of the first row; none if the text is empty.
pub(crate) fn header(text: &str, delimiter: char) -> Result<Vec<String>, Unclosed> {
    Reader { chars: text.chars().peekable(), line: 1 }.record(delimiter)
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    /// The next character, with `\r\n` and `\r` read as `\n`.
    fn next(&mut self) -> Option<char> {
        let char = match self.chars.next()? {
            '\r' => {
                self.chars.next_if_eq(&'\n');
                '\n'
            }
            char => char,
        };
        self.line += usize::from(char == '\n');
        Some(char)
    }

    fn record(&mut self, delimiter: char) -> Result<Vec<String>, Unclosed> {
        let mut fields = Vec::new();
        let mut first = true;
        loop {
            let mut field = String::new();
            let mut char = self.next();
            if first && matches!(char, None | Some('\n')) {
                return Ok(fields);
            }
            first = false;
            if char == Some('"') {
                self.quoted(&mut field)?;
                char = self.next();
            }
            loop {
                match char {
                    None | Some('\n') => {
                        fields.push(field);
                        return Ok(fields);
                    }
                    Some(char) if char == delimiter => break,
                    Some(char) => field.push(char),
                }
                char = self.next();
            }
            fields.push(field);
        }
    }

    /// A field's text up to its closing quote.
    fn quoted(&mut self, field: &mut String) -> Result<(), Unclosed> {
        let line = self.line;
        loop {
            match self.next() {
                None => return Err(Unclosed { line }),
                Some('"') if self.chars.next_if_eq(&'"').is_some() => field.push('"'),
                Some('"') => return Ok(()),
                Some(char) => field.push(char),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &[(usize, &[&str])]) {
        let rows = parse(text, ',').expect("it is good");
        let rows: Vec<(usize, Vec<&str>)> =
            rows.iter().map(|row| (row.line, row.fields.iter().map(String::as_str).collect())).collect();
        assert_eq!(rows, shown.iter().map(|(line, row)| (*line, row.to_vec())).collect::<Vec<_>>());
    }

    #[test]
    fn quotes_hold_commas_quotes_and_newlines() {
        check("a,b\n\"x, \"\"y\"\"\nz\",2\n", &[(1, &["a", "b"]), (2, &["x, \"y\"\nz", "2"])]);
        check("a\n\"b\"c\nd\"e\n", &[(1, &["a"]), (2, &["bc"]), (3, &["d\"e"])]);
    }

    #[test]
    fn line_ends_of_all_systems_and_empty_lines() {
        check("a,b\r\n1,\r\r\n2,3", &[(1, &["a", "b"]), (2, &["1", ""]), (3, &[]), (4, &["2", "3"])]);
    }

    #[test]
    fn the_first_row_is_read_alone() {
        let header = |text| header(text, ';');
        assert_eq!(header("a;\"b\nc\"\n\"never closed"), Ok(vec!["a".to_owned(), "b\nc".to_owned()]));
        assert_eq!(header(""), Ok(vec![]));
        assert_eq!(header("\"a"), Err(Unclosed { line: 1 }));
    }

    #[test]
    fn a_quote_that_never_ends_is_found_where_it_begins() {
        assert_eq!(parse("a\n1\n\"two\n3\n", ','), Err(Unclosed { line: 3 }));
    }
}

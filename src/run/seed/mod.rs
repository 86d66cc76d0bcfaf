//! Seeds: what columns a CSV file has, and of which types.

mod file;
mod infer;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span, csv};

use super::errors;

pub(super) use file::File;

/// A seed's CSV as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedTable {
    /// Column names, made unique, with the types that were found or configured.
    pub columns: Vec<(String, String)>,
    /// The rows' values; `None` is NULL. Numbers are in plain digits.
    pub rows: Vec<Vec<Option<String>>>,
    /// True if the file has no row.
    pub is_empty: bool,
}

/// How to read a seed.
#[derive(Clone, Debug)]
pub struct SeedOptions<'a> {
    /// The seed's name, for messages.
    pub name: &'a str,
    /// The file, for places.
    pub file: FileId,
    /// `delimiter`.
    pub delimiter: char,
    /// `column_types`: these columns are text to buhin and have the type that is named.
    pub column_types: &'a [(String, String)],
    /// Whether the rows' values are wanted, or the database reads them itself.
    pub keep_rows: bool,
}

/// Reads a seed's CSV: header, number of fields in each row, types.
pub fn read(bytes: &[u8], options: &SeedOptions<'_>) -> Result<SeedTable, Diagnostic> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).matches('\n').count() + 1;
            return Err(errors::bad_seed(options.name, line, "is not UTF-8", None)
                .help("save the file as UTF-8; a spreadsheet calls it `CSV UTF-8`"));
        }
    };
    let place = |line: usize| line_span(text, options.file, line);
    let rows = csv::parse(text, options.delimiter).map_err(|unclosed| {
        errors::bad_seed(
            options.name,
            unclosed.line,
            "has a quote that is never closed",
            Some(place(unclosed.line)),
        )
        .help("close the field with `\"`, and write a quote inside of it twice")
    })?;
    let Some((header, rows)) = rows.split_first().filter(|(header, _)| !header.fields.is_empty()) else {
        return Err(errors::bad_seed(options.name, 1, "has no column names", None)
            .help("the first line of a seed names its columns"));
    };
    let names = unique_names(&header.fields);
    let configured = |name: &str| options.column_types.iter().find(|(column, _)| column == name);
    let mut guesses: Vec<_> =
        names.iter().map(|name| configured(name).is_none().then(infer::Guess::new)).collect();
    for row in rows {
        if !row.fields.is_empty() && row.fields.len() != names.len() {
            let (has, line) = (row.fields.len(), row.line);
            let problem = format!("has {has} {} instead of {}", plural(has, "value"), names.len());
            return Err(errors::bad_seed(options.name, line, &problem, Some(place(line)))
                .help("a value with a comma in it stands in double quotes"));
        }
        for (field, guess) in row.fields.iter().zip(&mut guesses) {
            if let Some(guess) = guess {
                guess.see(field);
            }
        }
    }
    let types: Vec<String> = names
        .iter()
        .zip(&guesses)
        .map(|(name, guess)| match (guess, configured(name)) {
            (Some(guess), _) => guess.type_name().to_owned(),
            (None, Some((_, type_name))) => type_name.clone(),
            (None, None) => "text".to_owned(),
        })
        .collect();
    let number: Vec<bool> = types
        .iter()
        .zip(&guesses)
        .map(|(name, guess)| guess.is_some() && ["integer", "bigint", "float8"].contains(&name.as_str()))
        .collect();
    let is_empty = rows.iter().all(|row| row.fields.is_empty());
    let kept = if options.keep_rows { rows } else { &[] };
    let value = |(at, field): (usize, &String)| {
        if infer::is_null(field) {
            return None;
        }
        Some(match (types[at].as_str(), number[at]) {
            (_, true) => infer::plain_number(field),
            ("text", _) => field.clone(),
            _ => field.trim().to_owned(),
        })
    };
    let rows = kept.iter().filter(|row| !row.fields.is_empty()).map(|row| {
        let mut values: Vec<_> = row.fields.iter().enumerate().map(value).collect();
        values.resize(names.len(), None);
        values
    });
    let rows = rows.collect();
    Ok(SeedTable { columns: names.into_iter().zip(types).collect(), rows, is_empty })
}

/// The span of a line, counted from 1, without its end.
pub(super) fn line_span(text: &str, file: FileId, line: usize) -> Span {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n');
    for _ in 1..line {
        start += lines.next().map_or(0, str::len);
    }
    let length = lines.next().map_or(0, |line| line.trim_end_matches(['\n', '\r']).len());
    Span::new(file, start, start + length)
}

/// Names as agate makes them unique: an empty one is a letter, a repeated one gets `_2`, `_3` ….
fn unique_names(header: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (at, name) in header.iter().enumerate() {
        let base = if name.is_empty() { letter_name(at) } else { name.clone() };
        let mut unique = base.clone();
        let mut count = 2;
        while names.contains(&unique) {
            unique = format!("{base}_{count}");
            count += 1;
        }
        names.push(unique);
    }
    names
}

/// `a`, `b`, … `z`, `aa`, `bb`, ….
fn letter_name(at: usize) -> String {
    let letter = char::from(b'a' + (at % 26) as u8);
    String::from(letter).repeat(at / 26 + 1)
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(bytes: &[u8], column_types: &[(String, String)]) -> Result<SeedTable, Diagnostic> {
        let options =
            SeedOptions { name: "raw", file: FileId(0), delimiter: ',', column_types, keep_rows: true };
        read(bytes, &options)
    }

    #[track_caller]
    fn check_bad(bytes: &[u8], message: &str) {
        assert_eq!(seed(bytes, &[]).expect_err("it is bad").message, message);
    }

    #[test]
    fn names_are_made_unique_as_agate_does() {
        let table = seed(b"id,,id,id_2,id\n1,2,3,4,5\n", &[]).expect("it is good");
        let names: Vec<_> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "b", "id_2", "id_2_2", "id_3"]);
    }

    #[test]
    fn a_configured_type_wins_and_a_bom_is_passed_over() {
        let types = [("zip".to_owned(), "varchar(8)".to_owned())];
        let table = seed("\u{feff}zip,n\n0123,\"1,000\"\n,\n".as_bytes(), &types).expect("it is good");
        assert_eq!(table.columns[0], ("zip".to_owned(), "varchar(8)".to_owned()));
        assert_eq!(table.rows[0], [Some("0123".to_owned()), Some("1000".to_owned())]);
        assert_eq!(table.rows[1], [None, None]);
    }

    #[test]
    fn bad_csv_names_the_line() {
        check_bad(b"a,b\n1,2\n1,2,3\n", "seed `raw`: line 3 has 3 values instead of 2");
        check_bad(b"a,b\n1\n", "seed `raw`: line 2 has 1 value instead of 2");
        check_bad(b"a\n\"x\n", "seed `raw`: line 2 has a quote that is never closed");
        check_bad(b"a\nx\n\xff\n", "seed `raw`: line 3 is not UTF-8");
        check_bad(b"", "seed `raw`: line 1 has no column names");
    }
}

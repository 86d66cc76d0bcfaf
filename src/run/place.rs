//! From DuckDB's `LINE n:` and caret to a byte offset in the statement.

use unicode_width::UnicodeWidthChar as _;

/// DuckDB's message without the quoted line, and the offset that its caret points to.
pub(super) fn split(message: &str, sql: &str) -> (String, Option<usize>) {
    let lines: Vec<&str> = message.lines().collect();
    let Some(at) = lines.iter().position(|line| quoted(line).is_some()) else {
        return (message.trim().to_owned(), None);
    };
    let caret = lines.get(at + 1).filter(|line| line.trim() == "^");
    let offset = quoted(lines[at]).zip(caret).and_then(|((number, shown), caret)| {
        let prefix = lines[at].len() - shown.len();
        offset(sql, number, shown, caret.find('^')?.checked_sub(prefix)?)
    });
    let mut kept: Vec<&str> = lines[..at].to_vec();
    kept.extend(&lines[(at + 1 + usize::from(caret.is_some())).min(lines.len())..]);
    (kept.join("\n").trim().to_owned(), offset)
}

/// The number and the text of a line `LINE 3: select …`.
fn quoted(line: &str) -> Option<(usize, &str)> {
    let rest = line.strip_prefix("LINE ")?;
    let (number, shown) = rest.split_once(": ")?;
    Some((number.parse().ok()?, shown))
}

/// `column` counts cells of a terminal from the beginning of `shown`, which may be cut off with `...`.
fn offset(sql: &str, number: usize, shown: &str, column: usize) -> Option<usize> {
    let mut start = 0;
    let mut lines = sql.split_inclusive('\n');
    for _ in 1..number {
        start += lines.next()?.len();
    }
    let line = lines.next().unwrap_or("");
    let mut cells = 0;
    let within = shown.char_indices().find_map(|(at, char)| {
        let here = cells;
        cells += char.width().unwrap_or(0);
        (here >= column).then_some(at)
    });
    let within = within.unwrap_or(shown.len());
    let cut = shown.starts_with("...") && !line.starts_with("...");
    let kept = if cut { &shown[3..] } else { shown };
    let kept = kept.strip_suffix("...").filter(|_| !line.trim_end().ends_with("...")).unwrap_or(kept);
    let found = line.find(kept).or_else(|| line.find(kept.trim()))?;
    Some((start + found + within.saturating_sub(if cut { 3 } else { 0 })).min(sql.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, sql: &str, kept: &str, points_at: &str) {
        let (text, offset) = split(message, sql);
        assert_eq!(text, kept);
        let at = offset.expect("the message has a caret");
        assert!(sql[at..].starts_with(points_at), "{:?}", &sql[at..]);
    }

    #[test]
    fn a_caret_leads_to_the_byte() {
        let sql = "select\n  nme\nfrom t";
        check("Binder Error: no nme\n\nLINE 2:   nme\n          ^", sql, "Binder Error: no nme", "nme");
    }

    #[test]
    fn wide_characters_count_two_cells() {
        let sql = "select '部品', nme from t";
        let message = "Binder Error: x\n\nLINE 1: select '部品', nme from t\n                       ^";
        check(message, sql, "Binder Error: x", "nme");
    }

    #[test]
    fn a_line_that_was_cut_off_is_found_again() {
        let sql = format!("select {} nme, {} from t", "aaaa, ".repeat(30), "b, ".repeat(30));
        let message = "E: x\n\nLINE 1: ... aaaa, aaaa,  nme, b, b, b, b...\n                         ^";
        check(message, &sql, "E: x", "nme");
    }
}

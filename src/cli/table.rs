//! Tables in plain text, with wide characters counted as two columns.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows below a header. The last column that is [`Align::Left`] gives way when `width` is too small for all.
pub(crate) fn table(header: &[(&str, Align)], rows: &[Vec<String>], width: Option<usize>) -> String {
    let mut widths: Vec<usize> = header.iter().map(|(name, _)| name.width()).collect();
    for row in rows {
        for (cell, width) in row.iter().zip(&mut widths) {
            *width = (*width).max(cell.width());
        }
    }
    if let Some(limit) = width {
        shrink(&mut widths, header, limit);
    }
    let mut text = String::new();
    let names: Vec<String> = header.iter().map(|(name, _)| (*name).to_owned()).collect();
    push_row(&mut text, &names, &widths, header);
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    push_row(&mut text, &rule, &widths, header);
    for row in rows {
        push_row(&mut text, row, &widths, header);
    }
    text
}

/// Cuts `text` to `width` columns, with `…` where something is missing.
pub(crate) fn clip(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut clipped = String::new();
    let mut used = 0;
    for char in text.chars() {
        let wide = char.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        clipped.push(char);
    }
    clipped.push('…');
    clipped
}

const GAP: usize = 2;
const LEAST: usize = 8;

/// Takes what is too much from the widest text column, again and again, but leaves each a few columns.
fn shrink(widths: &mut [usize], header: &[(&str, Align)], limit: usize) {
    loop {
        let total = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let widest = (0..widths.len())
            .filter(|at| header[*at].1 == Align::Left && widths[*at] > LEAST)
            .max_by_key(|at| widths[*at]);
        let Some(widest) = widest.filter(|_| total > limit) else { return };
        widths[widest] -= 1;
    }
}

fn push_row(text: &mut String, cells: &[String], widths: &[usize], header: &[(&str, Align)]) {
    let start = text.len();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let cell = clip(&cell.replace(['\n', '\r'], " "), *width);
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        if at > 0 {
            text.push_str(&" ".repeat(GAP));
        }
        if header[at].1 == Align::Right {
            text.push_str(&blanks);
            text.push_str(&cell);
        } else {
            text.push_str(&cell);
            text.push_str(&blanks);
        }
    }
    let end = start + text[start..].trim_end().len();
    text.truncate(end);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice_and_the_widest_text_gives_way() {
        let rows = vec![
            vec!["会員".to_owned(), "12".to_owned(), "a reason that is long".to_owned()],
            vec!["orders".to_owned(), "3".to_owned(), "short".to_owned()],
        ];
        let header = [("part", Align::Left), ("readers", Align::Right), ("why", Align::Left)];
        insta::assert_snapshot!(table(&header, &rows, Some(30)), @r"
        part    readers  why
        ──────  ───────  ─────────────
        会員         12  a reason tha…
        orders        3  short
        ");
    }
}

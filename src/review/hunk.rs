//! Where two texts differ, by lines, and by words within lines.

use similar::{ChangeTag, TextDiff};

/// Lines of context around what differs.
const AROUND: usize = 2;

/// Which text a line stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Only what was approved.
    Old,
    /// Only what there is.
    New,
    /// Both.
    Both,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub side: Side,
    /// Its number in its own text, from 0; in the new one for a line of both.
    pub number: usize,
    /// Its text in pieces without the line end; true for those that differ within it.
    pub pieces: Vec<(bool, String)>,
}

impl Line {
    /// The whole line.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// Lines that differ, with a few around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// In order, old ones before new ones.
    pub lines: Vec<Line>,
}

impl Hunk {
    /// The first line of the new text that is another, or where old lines are gone, the first that is left.
    pub fn place(&self) -> Option<usize> {
        let new = self.lines.iter().find(|line| line.side == Side::New);
        let gone = self.lines.iter().skip_while(|line| line.side == Side::Both);
        let after = gone.clone().find(|line| line.side == Side::Both);
        let before = self.lines.iter().rev().find(|line| line.side == Side::Both);
        new.or(after).or(before).map(|line| line.number)
    }
}

/// The differences of two texts, in order.
pub fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(old, new);
    let mut hunks = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        let mut lines = Vec::new();
        for change in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            let (side, number) = match change.tag() {
                ChangeTag::Delete => (Side::Old, change.old_index()),
                ChangeTag::Insert => (Side::New, change.new_index()),
                ChangeTag::Equal => (Side::Both, change.new_index()),
            };
            let pieces = change.iter_strings_lossy();
            let pieces = pieces.map(|(differs, text)| (differs, text.trim_end_matches('\n').to_owned()));
            let pieces = pieces.filter(|(_, text)| !text.is_empty()).collect();
            lines.push(Line { side, number: number.unwrap_or_default(), pieces });
        }
        hunks.push(Hunk { lines });
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let mut text = String::new();
        for hunk in hunks(old, new) {
            text.push_str(&format!("@ {:?}\n", hunk.place()));
            for line in &hunk.lines {
                let mark = match line.side {
                    Side::Old => '-',
                    Side::New => '+',
                    Side::Both => ' ',
                };
                let pieces: String = line
                    .pieces
                    .iter()
                    .map(|(differs, text)| if *differs { format!("<{text}>") } else { text.clone() })
                    .collect();
                text.push_str(&format!("{mark}{} {pieces}\n", line.number));
            }
        }
        text
    }

    #[test]
    fn words_are_marked_within_their_lines() {
        let shown = shown("select a,\n  sum(b) as 売上\nfrom t\n", "select a,\n  sum(c) as 売上\nfrom t\n");
        insta::assert_snapshot!(shown, @r"
        @ Some(1)
         0 select a,
        -1   sum(<b>) as 売上
        +1   sum(<c>) as 売上
         2 from t
        ");
    }

    #[test]
    fn lines_that_are_gone_or_new_have_a_place() {
        insta::assert_snapshot!(shown("a\nb\nc\n", "a\nc\n"), @r"
        @ Some(1)
         0 a
        -1 b
         1 c
        ");
        insta::assert_snapshot!(shown("a\n", "a\nb\n"), @r"
        @ Some(1)
         0 a
        +1 b
        ");
        assert_eq!(hunks("a\n", "a\n"), []);
    }
}

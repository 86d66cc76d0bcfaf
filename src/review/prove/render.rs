//! A counterexample as text: the tables, and both answers side by side.

use unicode_width::UnicodeWidthStr as _;

use super::answer::Answer;
use super::{Counterexample, InputTable};

/// Rows beyond these are counted, not shown.
const SHOWN: usize = 20;

/// Values longer than this are cut.
const LONGEST: usize = 40;

/// Between two tables that stand side by side.
const GAP: &str = "   ";

/// The tables of a counterexample and what both queries give for them, as lines of plain text.
pub fn render(example: &Counterexample) -> String {
    let mut lines = Vec::new();
    for input in &example.inputs {
        lines.extend(titled(&input.name, &table(&input.columns, &input.rows)));
        lines.push(String::new());
    }
    let (old, new) = (side("old", &example.old), side("new", &example.new));
    let width = old.iter().map(|line| line.width()).max().unwrap_or(0);
    for at in 0..old.len().max(new.len()) {
        let left = old.get(at).map_or("", String::as_str);
        let right = new.get(at).map_or("", String::as_str);
        let pad = " ".repeat(width - left.width());
        lines.push(format!("{left}{pad}{GAP}{right}").trim_end().to_owned());
    }
    if example.is_order_dependent {
        lines.push(String::new());
        lines.push("the answer depends on the order in which rows are stored".to_owned());
    }
    if let Some(dialect) = example.translated_from {
        lines.push(String::new());
        lines.push(format!("both were translated from {} and ran on DuckDB", dialect.name()));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

impl InputTable {
    /// The table as lines of text, below its name.
    pub fn lines(&self) -> Vec<String> {
        titled(&self.name, &table(&self.columns, &self.rows))
    }
}

fn side(title: &str, answer: &Result<Answer, String>) -> Vec<String> {
    let body = match answer {
        Ok(answer) => {
            let columns = answer.columns.iter().map(|it| (it.name.clone(), it.type_name.to_lowercase()));
            table(&columns.collect::<Vec<_>>(), &answer.rows)
        }
        Err(error) => vec![format!("fails: {error}")],
    };
    titled(title, &body)
}

fn titled(title: &str, body: &[String]) -> Vec<String> {
    std::iter::once(title.to_owned()).chain(body.iter().map(|line| format!("  {line}"))).collect()
}

/// Names, types and rows in aligned columns.
fn table(columns: &[(String, String)], rows: &[Vec<Option<String>>]) -> Vec<String> {
    let shown = |value: &Option<String>| match value {
        // Text that reads like NULL, or begins or ends with a blank, is told apart.
        Some(text) if text == "NULL" || text.trim() != text || text.is_empty() => format!("'{}'", cut(text)),
        Some(text) => cut(text),
        None => "NULL".to_owned(),
    };
    let names = columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let types = columns.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    let body = rows.iter().take(SHOWN).map(|row| row.iter().map(shown).collect::<Vec<_>>());
    let all: Vec<Vec<String>> = [names, types].into_iter().chain(body).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| all.iter().filter_map(|row| row.get(at)).map(|text| text.width()).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(text, width)| format!("{text}{}", " ".repeat(width - text.width())));
        cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
    };
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("-+-");
    let mut lines: Vec<String> = all.iter().map(line).collect();
    lines.insert(2.min(lines.len()), rule);
    match rows.len() {
        0 => lines.push("(no rows)".to_owned()),
        count if count > SHOWN => lines.push(format!("({} more rows)", count - SHOWN)),
        _ => {}
    }
    lines
}

/// A text in one line, not too long.
fn cut(text: &str) -> String {
    let text = text.replace('\n', "\\n").replace('\t', "\\t");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST - 1).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::prove::{AnswerColumn, Difference};
    use crate::sql::Dialect;

    #[test]
    fn answers_stand_side_by_side() {
        let column = |name: &str| AnswerColumn { name: name.into(), type_name: "VARCHAR".into() };
        let answer = |rows: &[Option<&str>]| {
            let rows = rows.iter().map(|value| vec![value.map(str::to_owned)]).collect();
            Ok(Answer { columns: vec![column("区分")], rows })
        };
        let input = InputTable {
            name: "売上".into(),
            columns: vec![("区分".into(), "varchar".into())],
            rows: vec![vec![None], vec![Some("部品".into())]],
            sql: String::new(),
        };
        let example = Counterexample {
            difference: Difference::Rows,
            inputs: vec![input],
            old: answer(&[Some("部品")]),
            new: answer(&[None, Some("部品 ")]),
            is_order_dependent: false,
            translated_from: None,
            trial: 3,
            seed: 1,
        };
        let expect = "\
売上
  区分
  varchar
  -------
  NULL
  部品

old         new
  区分        区分
  varchar     varchar
  -------     -------
  部品        NULL
              '部品 '
";
        assert_eq!(render(&example), expect);
        let elsewhere = Counterexample { translated_from: Some(Dialect::Snowflake), ..example };
        let note = "both were translated from snowflake and ran on DuckDB";
        assert_eq!(render(&elsewhere), format!("{expect}\n{note}\n"));
    }
}

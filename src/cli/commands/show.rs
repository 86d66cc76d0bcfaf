//! `buhin show`.

use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::Scope;
use crate::cli::session::Session;
use crate::cli::table::{Align, table};
use crate::run::Table;

/// Print the first rows of a part, or of a query
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin show --select kpi_daily                      five rows
  buhin show --select kpi_daily --limit 100 --output csv
  buhin show --inline \"select count(*) from {{ ref('orders') }}\"")]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// A query with Jinja, instead of a part
    #[arg(long, value_name = "SQL", conflicts_with = "select")]
    inline: Option<String>,
    /// How many rows; -1 for all
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true)]
    limit: i64,
    /// The form of the rows
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    output: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// A table for people
    Table,
    /// One JSON object a row
    Json,
    /// Comma-separated, with a header
    Csv,
}

/// The name of the analysis that an inline query becomes.
const INLINE: &str = "inline_query";

pub(crate) fn run(args: &ShowArgs, format: &OutputArgs) -> ExitCode {
    let opened = match &args.inline {
        Some(sql) => Session::open_with_query(&args.project, format, INLINE, sql),
        None => Session::open(&args.project, format),
    };
    let mut session = match opened {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut select = args.select.clone();
    if args.inline.is_some() {
        select.select = vec![INLINE.to_owned()];
    }
    let mut said = Vec::new();
    let shown = {
        let resolved = session.resolve(&args.project, "show").collect(&mut said);
        session.select(&resolved, &select, Scope::Show).and_then(|selected| {
            let selected = selected.collect(&mut said);
            let limit = usize::try_from(args.limit).ok();
            session.rows(&resolved, &selected, limit, &mut said)
        })
    };
    session.diagnostics.extend(said);
    let code = session.report();
    match shown {
        Ok(tables) => {
            let several = tables.len() > 1;
            for (name, rows) in tables {
                if several && args.output == Shown::Table {
                    output::result(&format!("{name}\n"));
                }
                let shown = if format.format == Format::Json { Shown::Json } else { args.output };
                output::result(&print(&rows, shown));
            }
            code
        }
        Err(failed) => failed.max(code),
    }
}

fn print(rows: &Table, shown: Shown) -> String {
    match shown {
        Shown::Table => for_people(rows),
        Shown::Json => {
            let object = |row: &Vec<crate::run::Value>| {
                let pairs = rows.columns.iter().zip(row);
                let object: Map<String, Value> =
                    pairs.map(|(column, value)| (column.name.clone(), value.to_json())).collect();
                format!("{}\n", Value::Object(object))
            };
            rows.rows.iter().map(object).collect()
        }
        Shown::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            // Writing to memory can't fail, and each row has one value a column.
            drop(writer.write_record(rows.columns.iter().map(|column| &column.name)));
            for row in &rows.rows {
                let texts = row.iter().map(|value| match value {
                    crate::run::Value::Null => String::new(),
                    value => value.to_string(),
                });
                drop(writer.write_record(texts));
            }
            String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
        }
    }
}

fn for_people(rows: &Table) -> String {
    let number = |at: usize| rows.rows.iter().any(|row| row[at].is_number());
    let header: Vec<(&str, Align)> = rows
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| (column.name.as_str(), if number(at) { Align::Right } else { Align::Left }))
        .collect();
    let texts: Vec<Vec<String>> =
        rows.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let mut text = table(&header, &texts, output::width());
    let count = rows.rows.len();
    let more = if rows.truncated { ", there are more" } else { "" };
    text.push_str(&format!("{count} row{}{more}\n", if count == 1 { "" } else { "s" }));
    text
}

//! `buhin explain`.

use crate::cli::args::{Format, OutputArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::table::{Align, table};
use crate::diagnostic::{CODES, CodeInfo, explain, suggest};

/// Explain an error code
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin explain B0401           what the code means and how to mend it
  buhin explain unknown-ref     the same, by name
  buhin explain                 all codes, a line each")]
pub(crate) struct ExplainArgs {
    /// A code such as B0401, or its name such as unknown-ref
    code: Option<String>,
}

pub(crate) fn run(args: &ExplainArgs, format: &OutputArgs) -> ExitCode {
    let Some(asked) = &args.code else {
        output::result(&all(format.format));
        return ExitCode::Clean;
    };
    let Some(info) = find(asked) else {
        let near = suggest::closest(asked, CODES.iter().map(|info| info.slug));
        output::line(&format!("error[B0903]: code `{asked}` does not exist"));
        match near {
            Some(near) => output::line(&format!("help: did you mean `{near}`?")),
            None => output::line("help: `buhin explain` lists all codes"),
        }
        return ExitCode::Failure;
    };
    let text = explain::page(info.code).unwrap_or(info.summary);
    if format.format == Format::Json {
        let object = serde_json::json!({
            "code": info.code.to_string(), "slug": info.slug, "summary": info.summary, "page": text,
        });
        output::result(&format!("{object}\n"));
    } else {
        output::result(&format!("{}\n", text.trim_end()));
    }
    ExitCode::Clean
}

fn find(asked: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| {
        info.slug == asked || {
            let number = asked.trim_start_matches(['B', 'b']).trim_start_matches('0');
            number == info.code.0.to_string()
        }
    })
}

fn all(format: Format) -> String {
    if format == Format::Json {
        let lines = CODES.iter().map(|info| {
            let object =
                serde_json::json!({"code": info.code.to_string(), "slug": info.slug, "summary": info.summary});
            format!("{object}\n")
        });
        return lines.collect();
    }
    let rows: Vec<Vec<String>> = CODES
        .iter()
        .map(|info| vec![info.code.to_string(), info.slug.to_owned(), info.summary.to_owned()])
        .collect();
    let header = [("code", Align::Left), ("name", Align::Left), ("what it means", Align::Left)];
    table(&header, &rows, output::width())
}

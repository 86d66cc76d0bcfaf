//! `buhin lineage --sql` and `--jsonl`: SQL outside of any project.

use std::io::{self, BufRead as _, Read as _, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::LineageArgs;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::session;
use crate::cli::table::{Align, table};
use crate::diagnostic::{Code, Diagnostic};
use crate::lineage::{
    self, Catalog, From, Options, Origin, StatementLineage, Trace, answer_case, dialect_of, schema_of,
    statement_json,
};
use crate::project::Settings;
use crate::source::Sources;
use crate::sql::Dialect;
use crate::world::{Disk, World as _};

/// The lineage of every statement of a file.
pub(super) fn run(file: &Utf8Path, args: &LineageArgs, format: &OutputArgs) -> ExitCode {
    let mut sources = Sources::default();
    let read = || -> Result<(String, Catalog), Diagnostic> {
        let name = args.project.dialect.as_deref().unwrap_or("generic");
        let dialect = dialect_of(name).ok_or_else(|| unknown_dialect(name))?;
        let mut catalog = Catalog::new(dialect);
        if let Some(path) = &args.schema {
            let text = text_of(path)?;
            let wrong = |why: String| bad(format!("`{path}` is no schema: {why}"));
            let value: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
            schema_of(&value, &mut catalog).map_err(wrong)?;
        }
        Ok((text_of(file)?, catalog))
    };
    let (text, catalog) = match read() {
        Ok(read) => read,
        Err(diagnostic) => return session::print(vec![diagnostic], &sources, &Settings::default(), format),
    };
    let id = sources.add(file.to_owned(), text.as_str());
    let statements = lineage::analyse(&text, &catalog, Options::default());
    let shown: String = statements.iter().map(|lineage| shown(lineage, &text, format.format)).collect();
    output::result(&shown);
    let said = statements.iter().flat_map(|lineage| lineage::diagnostics(lineage, id)).collect();
    session::print(said, &sources, &Settings::default(), format)
}

/// Cases from standard input, each answered at once. No line ends the work but the last.
pub(super) fn cases() -> ExitCode {
    let mut input = io::stdin().lock();
    let mut out = io::stdout().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => return ExitCode::Clean,
            Ok(_) => {}
            Err(error) => {
                output::line(&format!("error[B0901]: standard input can't be read: {error}"));
                return ExitCode::Failure;
            }
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let answer = answer_case(&text);
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            // Nobody reads any more.
            return ExitCode::Clean;
        }
    }
}

fn shown(lineage: &StatementLineage, text: &str, format: Format) -> String {
    match format {
        Format::Json => format!("{}\n", statement_json(lineage, text)),
        _ => columns(lineage),
    }
}

/// A line for each output column.
fn columns(lineage: &StatementLineage) -> String {
    let target =
        lineage.target.as_ref().map(|parts| format!(" {}", lineage.dotted(parts))).unwrap_or_default();
    let mut text = format!("{}{target}\n", lineage.kind.name().replace('_', " "));
    let mut trace = Trace::new(lineage);
    let rows: Vec<Vec<String>> = lineage
        .outputs()
        .iter()
        .map(|id| {
            let origins = trace.origins(*id);
            let from: Vec<String> = origins.iter().map(|origin| beginning(lineage, origin)).collect();
            let name = lineage.text(lineage.column(*id).name).to_owned();
            vec![name, trace.kind(*id).name().to_owned(), from.join(", ")]
        })
        .collect();
    if !rows.is_empty() {
        let header = [("column", Align::Left), ("kind", Align::Left), ("comes from", Align::Left)];
        text.push_str(&table(&header, &rows, output::width()));
    }
    if !lineage.unknowns.is_empty() {
        text.push_str(&format!("{} unknown\n", lineage.unknowns.len()));
    }
    text
}

fn beginning(lineage: &StatementLineage, origin: &Origin) -> String {
    match origin.from {
        From::Column(id) => {
            let column = lineage.column(id);
            format!("{}.{}", lineage.name_of(column.relation), lineage.text(column.name))
        }
        From::Unknown(id) => {
            let unknown = lineage.unknown(id);
            format!("? {} ({})", lineage.text(unknown.name), unknown.reason.name().replace('_', " "))
        }
    }
}

fn text_of(path: &Utf8Path) -> Result<String, Diagnostic> {
    let bytes = if path == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        Disk::new(Utf8PathBuf::from(".")).read(path)
    };
    let bytes = bytes.map_err(|error| bad(format!("`{path}` can't be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| bad(format!("`{path}` is not UTF-8")))
}

fn bad(message: String) -> Diagnostic {
    Diagnostic::error(Code::BAD_ARGUMENT, message).help("`buhin lineage --help` shows examples")
}

fn unknown_dialect(name: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_ARGUMENT, format!("dialect `{name}` is not known"))
        .help(format!("these are: {}", Dialect::NAMES.join(", ")))
}

//! `buhin docs inherit`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::cli::args::{Format, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::Scope;
use crate::cli::session::{self, Session, fail};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit;
use crate::flow::{self, Inherited, export::name_of};
use crate::project::{
    ColumnDescription, NodeKind, Project, describe_columns, property_file, unrendered_description,
};

/// Show descriptions that columns inherit from those they are copies of
///
/// A column inherits along `select a`, `select a as b` and `*`, from the nearest column that has a description.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin docs inherit                        what would be inherited, and from where
  buhin docs inherit --select marts         only for some parts
  buhin docs inherit --write                write it into the property files, and touch nothing else in them")]
pub(super) struct InheritArgs {
    /// Write the descriptions into property files; entries and files that are missing are made
    #[arg(long)]
    write: bool,
    /// A catalog.json with the columns of the warehouse's tables, as `docs generate` writes it
    #[arg(long, value_name = "FILE")]
    catalog: Option<Utf8PathBuf>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    introspect: IntrospectArgs,
}

pub(super) fn run(args: &InheritArgs, format: &OutputArgs) -> ExitCode {
    session::answer(&args.project, format, |session, said| text(session, args, format.format, said))
}

fn text(
    session: &Session,
    args: &InheritArgs,
    format: Format,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    let resolved = session.resolve(&args.project, "docs").collect(said);
    let mut selected = session.select(&resolved, &args.select, Scope::Relations)?.collect(said);
    // Seeds and sources are where columns begin, and packages are written by others.
    let root = &resolved.project.root().name;
    selected.retain(|id| {
        let node = resolved.project.node(*id);
        matches!(node.kind, NodeKind::Model | NodeKind::Snapshot) && node.package == *root
    });
    let wanted = emit::with_parents(&selected, &resolved.graph, |_| true);
    let compilation = session.compile(&resolved, &args.introspect, Some(&wanted), said)?;
    let known = session.known(&resolved, args.catalog.as_deref(), Some(&wanted));
    let known = known.map_err(|found| fail(found, said))?;
    let is_answered = args.introspect.is_answered();
    let input = resolved.flow_input(&compilation.rendered, &known, is_answered, Some(&wanted));
    let lineage = flow::flow(input).collect(said);
    let inherited = flow::inherited(resolved.project, &lineage, &selected);
    let files = if args.write {
        let edits = edits(session, args, &inherited, said);
        for (path, text) in &edits.files {
            session.write_beside(path, text.as_bytes()).map_err(|found| fail(found, said))?;
        }
        edits.written
    } else {
        vec![None; inherited.len()]
    };
    let all = inherited.iter().zip(&files).filter(|(_, file)| !args.write || file.is_some());
    let project = resolved.project;
    let text: String = match format {
        Format::Json => all.map(|(it, file)| format!("{}\n", object(project, it, file.as_deref()))).collect(),
        _ => all.map(|(it, file)| lines(project, it, file.as_deref())).collect(),
    };
    if text.is_empty() && format != Format::Json {
        return Ok("no column inherits a description that it does not have\n".to_owned());
    }
    Ok(text)
}

/// What is to be written.
struct Edits {
    /// New texts of files.
    files: BTreeMap<Utf8PathBuf, String>,
    /// For each description the file that it goes to, if it can.
    written: Vec<Option<Utf8PathBuf>>,
}

/// The new texts of property files, none of which is written yet. Each was read again as part of the project and says
/// what it should; what can't be said so is told.
fn edits(
    session: &Session,
    args: &InheritArgs,
    inherited: &[Inherited<'_>],
    said: &mut Vec<Diagnostic>,
) -> Edits {
    let project = &*session.project;
    // With Jinja first, so that a text which many columns share stays in one place.
    let mut texts: Vec<Option<&str>> = inherited.iter().map(|it| Some(source_text(project, it))).collect();
    for _ in 0..3 {
        let edits = spliced(session, inherited, &texts);
        let wrong = session.differing(&args.project, &edits.files, |project| {
            let is_written = |at: &usize| edits.written[*at].is_some();
            (0..inherited.len())
                .filter(is_written)
                .filter(|at| !says(project, &inherited[*at], session))
                .collect()
        });
        let Some(wrong) = wrong else { break };
        if wrong.is_empty() {
            for (it, _) in inherited.iter().zip(&edits.written).filter(|(_, file)| file.is_none()) {
                said.push(not_written(project, it));
            }
            return edits;
        }
        for at in wrong {
            let is_last = texts[at] == Some(inherited[at].text) || inherited[at].text.contains(['{', '}']);
            texts[at] = (!is_last).then_some(inherited[at].text);
        }
    }
    said.extend(inherited.iter().map(|it| not_written(project, it)));
    Edits { files: BTreeMap::new(), written: vec![None; inherited.len()] }
}

/// The files with those descriptions in them that have a text.
fn spliced(session: &Session, inherited: &[Inherited<'_>], texts: &[Option<&str>]) -> Edits {
    let project = &*session.project;
    let mut by_file: BTreeMap<Utf8PathBuf, Vec<(usize, ColumnDescription)>> = BTreeMap::new();
    for (at, (it, text)) in inherited.iter().zip(texts).enumerate() {
        let node = project.node(it.node);
        // What stands beside versions holds for all of them, and each may have another column.
        let (Some(text), None) = (text, &node.version) else { continue };
        let description = ColumnDescription {
            kind: node.kind,
            node: node.name.clone(),
            column: it.column.to_owned(),
            text: (*text).to_owned(),
        };
        by_file.entry(property_file(project, node)).or_default().push((at, description));
    }
    let mut edits = Edits { files: BTreeMap::new(), written: vec![None; inherited.len()] };
    for (path, list) in by_file {
        let text = match session.read_file(&path) {
            Ok(bytes) => String::from_utf8(bytes).ok(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(String::new()),
            Err(_) => None,
        };
        let Some(text) = text else { continue };
        let (places, wanted): (Vec<usize>, Vec<ColumnDescription>) = list.into_iter().unzip();
        let described = describe_columns(&text, &wanted);
        for (place, at) in places.into_iter().enumerate() {
            if !described.refused.contains(&place) {
                edits.written[at] = Some(path.clone());
            }
        }
        if described.text != text {
            edits.files.insert(path, described.text);
        }
    }
    edits
}

/// The text as its author wrote it, if Jinja is in it.
fn source_text<'i>(project: &'i Project, it: &Inherited<'i>) -> &'i str {
    unrendered_description(project.node(it.from), it.from_column).unwrap_or(it.text)
}

/// True if a project says of the column what it should.
fn says(project: &Project, it: &Inherited<'_>, session: &Session) -> bool {
    let id = &session.project.node(it.node).unique_id;
    let node = project.nodes.iter().find(|node| node.unique_id == *id);
    let columns = node.into_iter().flat_map(|node| node.columns.values());
    let mut found = columns.filter(|column| column.name.eq_ignore_ascii_case(it.column));
    found.any(|column| column.description == it.text)
}

fn not_written(project: &Project, it: &Inherited<'_>) -> Diagnostic {
    let node = project.node(it.node);
    let file = property_file(project, node);
    let name = name_of(project, it.node);
    let message = format!("the description of `{name}.{}` can't be added to `{file}` safely", it.column);
    let found = Diagnostic::warning(Code::WRITE_FAILED, message);
    found.help(if node.version.is_some() {
        "the part has versions: write it below those whose column it is"
    } else {
        "the file is laid out so that nothing can be added without touching the rest; write it by hand"
    })
}

fn lines(project: &Project, it: &Inherited<'_>, file: Option<&Utf8Path>) -> String {
    let (from, column) = (name_of(project, it.from), it.from_column);
    let mut out = format!("{}.{}  (from {from}.{column})", name_of(project, it.node), it.column);
    if let Some(file) = file {
        let _ = write!(out, "  written to {file}");
    }
    out.push('\n');
    for line in it.text.trim_end().lines() {
        let _ = writeln!(out, "  {line}");
    }
    out
}

fn object(project: &Project, it: &Inherited<'_>, file: Option<&Utf8Path>) -> serde_json::Value {
    let mut object = json!({
        "unique_id": project.node(it.node).unique_id,
        "name": name_of(project, it.node),
        "column": it.column,
        "description": it.text,
        "inherited_from": {
            "relation": project.node(it.from).unique_id,
            "name": name_of(project, it.from),
            "column": it.from_column,
        },
    });
    if let Some(file) = file {
        object["written_to"] = file.as_str().into();
    }
    object
}

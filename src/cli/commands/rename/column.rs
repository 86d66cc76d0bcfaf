//! `buhin rename column`.

use super::edited::{self, Both};
use super::{ChangeArgs, part, write};
use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;
use crate::cli::session::{self, Session, fail};
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{self, Flow, Known};
use crate::project::{NodeId, NodeMap};
use crate::rename::{self, Approvals, ColumnInput, ColumnOptions, ColumnSide, Input, Names, check_column};
use crate::render::{Answer, Introspect, Rendered};
use crate::sql::{Relation, RelationKind};
use crate::world::World;

/// Rename a column: where it is made, and every reader that lineage knows
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin rename column orders.amount total                     print the patch
  buhin rename column orders.amount total --write             write the files
  buhin rename column orders.amount total --through-stars     also rename it in parts that hand it on by `select *`

Readers keep their own columns' names: `select amount` becomes `select total as amount`.")]
pub(super) struct ColumnArgs {
    /// The part and its column: `orders.amount`
    #[arg(value_name = "PART.COLUMN")]
    from: String,
    /// The column's new name
    #[arg(value_name = "NAME")]
    to: String,
    /// Where a part hands the column on by `*`, rename its own column as well
    #[arg(long)]
    through_stars: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What a project has besides its SQL.
struct Columns {
    known: Known,
    again: Rendered,
    lineage: Flow,
}

pub(super) fn run(args: &ColumnArgs, format: &OutputArgs) -> ExitCode {
    session::answer(&args.change.project, format, |session, said| rename(session, args, said))
}

fn rename(session: &Session, args: &ColumnArgs, said: &mut Vec<Diagnostic>) -> Result<String, ExitCode> {
    let Some((part, column)) = args.from.split_once('.') else {
        let message = format!("`{}` names no column", args.from);
        let found = Diagnostic::error(Code::BAD_ARGUMENT, message);
        return Err(fail(found.help("say the part and the column: `orders.amount`"), said));
    };
    let before = edited::before(session);
    let columns = columns(session, &before).map_err(|found| fail(found, said))?;
    let old = input(&before, &columns, &session.world);
    let options = ColumnOptions { through_stars: args.through_stars };
    let made = rename::column(old, part, column, &args.to, options).map_err(|refused| {
        said.extend(refused);
        ExitCode::Failure
    })?;
    let changes = edited::changes(session, &made.renaming).map_err(|found| fail(found, said))?;
    let checked = edited::after(session, &args.change.project, &changes, said, |after, world| {
        let columns = self::columns(session, after).map_err(|found| vec![found])?;
        let new = input(after, &columns, world);
        let (one, other) = (
            ColumnSide { input: old, compiled: before.compiled() },
            ColumnSide { input: new, compiled: after.compiled() },
        );
        let wrong = check_column(one, other, &made, &changes);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let approvals = Approvals {
            before: (old.input.context, &before.compilation.compiled),
            after: (new.input.context, &after.compilation.compiled),
            form: part::form(session),
            names: Names { from: "", to: "" },
            changes: &changes,
        };
        Ok(rename::approvals(approvals, &session.world))
    })?;
    said.extend(checked.is_ok().then_some(made.renaming.notes).into_iter().flatten());
    write::checked(session, &args.change, (&before, changes), checked, said)
}

/// The columns of a project, and its incremental parts as their next run has them.
fn columns(session: &Session, of: &Both<'_>) -> Result<Columns, Diagnostic> {
    let resolved = &of.resolved;
    let known = session.known(resolved, None, None)?;
    let asks = |(id, node): (NodeId, &Option<crate::render::RenderedNode>)| {
        node.as_ref().filter(|node| node.introspects).map(|_| id)
    };
    let wanted: Vec<NodeId> = of.compilation.rendered.nodes.iter().filter_map(asks).collect();
    let built = Built { relations: relations(of) };
    let again = if wanted.is_empty() {
        Rendered { nodes: NodeMap::new(resolved.project.nodes.iter().map(|_| None).collect()) }
    } else {
        resolved.renderer.render(&resolved.collected, &resolved.graph, Some(&wanted), &built).value
    };
    let lineage = flow::flow(resolved.flow_input(&of.compilation.rendered, &known, false, None)).value;
    Ok(Columns { known, again, lineage })
}

fn input<'a>(of: &'a Both<'_>, columns: &'a Columns, world: &'a dyn World) -> ColumnInput<'a> {
    let context = of.resolved.context(&of.compilation.rendered);
    ColumnInput {
        input: Input { context, world },
        flow: of.resolved.flow_input(&of.compilation.rendered, &columns.known, false, None),
        lineage: &columns.lineage,
        again: &columns.again,
    }
}

/// Everything that the project would have built.
fn relations(of: &Both<'_>) -> Vec<Relation> {
    let collected = of.resolved.collected.nodes.iter().filter_map(|(_, node)| node.as_ref());
    let relations = collected.filter_map(|node| node.relation.clone());
    relations.map(|relation| Relation { kind: Some(RelationKind::Table), ..relation }).collect()
}

/// A warehouse in which all has been built, without rows and without answers.
struct Built {
    relations: Vec<Relation>,
}

impl Introspect for Built {
    fn relations(&self, _database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String> {
        let own = |relation: &&Relation| {
            relation.schema.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(schema))
        };
        Ok(self.relations.iter().filter(own).cloned().collect())
    }

    fn columns(&self, _relation: &Relation) -> Result<Vec<(String, String)>, String> {
        Ok(Vec::new())
    }

    fn query(&self, _sql: &str) -> Result<Answer, String> {
        Ok(Answer::default())
    }
}

//! `buhin rename part`.

use super::{ChangeArgs, edited, write};
use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;
use crate::cli::session::{self, Session, fail};
use crate::diagnostic::Diagnostic;
use crate::rename::{self, Approvals, Input, Names, PartOptions};
use crate::review::Form;

/// Rename a part: its file, every ref(), properties, tests, selectors and approved SQL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin rename part stg_orders stg_order                    print the patch
  buhin rename part stg_orders stg_order --write            write the files
  buhin rename part stg_orders stg_order --keep-relation    the table or view keeps its name, so that no data moves")]
pub(super) struct PartArgs {
    /// The part
    #[arg(value_name = "PART")]
    from: String,
    /// Its new name
    #[arg(value_name = "NAME")]
    to: String,
    /// Keep the name of the table or view in the warehouse, by an `alias`
    #[arg(long)]
    keep_relation: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(args: &PartArgs, format: &OutputArgs) -> ExitCode {
    session::answer(&args.change.project, format, |session, said| rename(session, args, said))
}

fn rename(session: &Session, args: &PartArgs, said: &mut Vec<Diagnostic>) -> Result<String, ExitCode> {
    let before = edited::before(session);
    let context = before.resolved.context(&before.compilation.rendered);
    let names = Names { from: &args.from, to: &args.to };
    let options = PartOptions { keep_relation: args.keep_relation };
    let input = Input { context, world: &session.world };
    let renaming = rename::part(input, &args.from, &args.to, options).map_err(|refused| {
        said.extend(refused);
        ExitCode::Failure
    })?;
    let mut changes = edited::changes(session, &renaming).map_err(|found| fail(found, said))?;
    changes.extend(rename::plan_change(&session.project, names, &session.world));
    let checked = edited::after(session, &args.change.project, &changes, said, |after, _| {
        let wrong = rename::check(before.compiled(), after.compiled(), names, &changes);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let input = Approvals {
            before: (context, &before.compilation.compiled),
            after: (after.resolved.context(&after.compilation.rendered), &after.compilation.compiled),
            form: form(session),
            names,
            changes: &changes,
        };
        Ok(rename::approvals(input, &session.world))
    })?;
    said.extend(checked.is_ok().then_some(renaming.notes).into_iter().flatten());
    write::checked(session, &args.change, (&before, changes), checked, said)
}

/// The form in which the project keeps approved SQL.
pub(super) fn form(session: &Session) -> Form {
    match session.project.settings.approved_form.as_deref() {
        Some("code") => Form::Code,
        _ => Form::Text,
    }
}

//! `buhin rename`.

mod column;
mod edited;
mod part;
mod write;

use super::super::args::{OutputArgs, ProjectArgs};
use super::super::exit::ExitCode;

/// Rename a part or a column wherever it is named
///
/// The change is made in memory, the project is compiled with it, and only if nothing but the name is another is the
/// patch printed, or written with `--write`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RenameArgs {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  buhin rename part stg_orders stg_order                    print the patch
  buhin rename part stg_orders stg_order | git apply        apply it
  buhin rename part stg_orders stg_order --write            write the files
  buhin rename part stg_orders stg_order --keep-relation    keep the table's name in the warehouse
  buhin rename column stg_orders.amount total               a column, and every reader of it";

#[derive(Debug, clap::Subcommand)]
enum What {
    Part(part::PartArgs),
    Column(column::ColumnArgs),
}

/// What is done with the change.
#[derive(Debug, clap::Args)]
pub(super) struct ChangeArgs {
    #[command(flatten)]
    pub(super) project: ProjectArgs,
    /// Write the files; without it the patch is printed
    #[arg(long)]
    pub(super) write: bool,
}

pub(crate) fn run(args: &RenameArgs, format: &OutputArgs) -> ExitCode {
    match &args.what {
        What::Part(args) => part::run(args, format),
        What::Column(args) => column::run(args, format),
    }
}

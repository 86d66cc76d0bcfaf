//! `buhin init`.

use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::world::write_atomic;

/// Make a small working project
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin init my_shop            make the folder my_shop
  buhin init                    make the project in this folder

Then: cd my_shop && buhin build")]
pub(crate) struct InitArgs {
    /// The project's name, and the folder to make; without it, this folder
    name: Option<String>,
}

/// The files of a new project; `{{ name }}` in them is the project's name.
const TEMPLATE: &[(&str, &str)] = &[
    ("dbt_project.yml", include_str!("template/dbt_project.yml")),
    ("profiles.yml", include_str!("template/profiles.yml")),
    ("buhin.yml", include_str!("template/buhin.yml")),
    (".gitignore", include_str!("template/gitignore")),
    ("seeds/raw_customers.csv", include_str!("template/raw_customers.csv")),
    ("seeds/raw_orders.csv", include_str!("template/raw_orders.csv")),
    ("models/staging/stg_customers.sql", include_str!("template/stg_customers.sql")),
    ("models/staging/stg_orders.sql", include_str!("template/stg_orders.sql")),
    ("models/staging/staging.yml", include_str!("template/staging.yml")),
    ("models/marts/customer_orders.sql", include_str!("template/customer_orders.sql")),
    ("models/marts/marts.yml", include_str!("template/marts.yml")),
    ("macros/yen.sql", include_str!("template/yen.sql")),
];

pub(crate) fn run(args: &InitArgs, format: &OutputArgs) -> ExitCode {
    let folder = Utf8PathBuf::from(args.name.as_deref().unwrap_or("."));
    let Some(name) = project_name(&folder) else {
        output::line(&format!("error[B0901]: no project name can be made of `{folder}`"));
        output::line("help: use letters, digits and `_`, beginning with a letter");
        return ExitCode::Failure;
    };
    let standing = TEMPLATE.iter().map(|(path, _)| folder.join(path)).find(|path| path.exists());
    if let Some(path) = standing {
        output::line(&format!("error[B0902]: `{path}` exists already; nothing was written"));
        output::line("help: choose another name, or an empty folder");
        return ExitCode::Failure;
    }
    for (path, text) in TEMPLATE {
        let path = folder.join(path);
        if let Err(error) = write_atomic(&path, text.replace("{{ name }}", &name).as_bytes()) {
            output::line(&format!("error[B0602]: `{path}` can't be written: {error}"));
            return ExitCode::Failure;
        }
    }
    if !format.quiet {
        output::line(&format!("made project `{name}` with {} files in {folder}", TEMPLATE.len()));
        let step = if folder == "." { String::new() } else { format!("cd {folder} && ") };
        output::line(&format!("next: {step}buhin build"));
    }
    ExitCode::Clean
}

/// A name that dbt accepts, from the folder's own: other characters become `_`.
fn project_name(folder: &Utf8Path) -> Option<String> {
    let whole = if folder == "." { folder.canonicalize_utf8().ok()? } else { folder.to_owned() };
    let name: String = whole
        .file_name()?
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' })
        .collect();
    let name = name.trim_matches('_').to_owned();
    if name.is_empty() {
        // A folder named in Japanese, say: any name will do.
        return whole.file_name().map(|_| "my_project".to_owned());
    }
    let digit = name.starts_with(|char: char| char.is_ascii_digit());
    Some(if digit { format!("p_{name}") } else { name })
}

//! The approved plan: what was decided last, kept in git beside the approved SQL, so that a small change to a part
//! doesn't turn other decisions over.

use std::collections::BTreeMap;
use std::io;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{Plan, errors};
use crate::diagnostic::Diagnostic;
use crate::project::Project;

/// Decisions by target and unique id; just those that were left to buhin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The form of the file: 1.
    pub version: u32,
    /// By target.
    pub targets: BTreeMap<String, BTreeMap<String, String>>,
}

/// The file, from the project's folder.
pub fn path(project: &Project) -> Utf8PathBuf {
    project.settings.snapshot_folder.join("plan.json")
}

/// Reads the approved plan from what its file holds; an empty one where there is none.
pub fn read(project: &Project, file: io::Result<Vec<u8>>) -> Result<Approved, Diagnostic> {
    let path = path(project);
    match file {
        Ok(bytes) => parse(&path, &bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Approved::default()),
        Err(error) => Err(errors::bad_approved(&path, &error.to_string())),
    }
}

/// Reads the text of a plan that was approved, from wherever it came.
pub fn parse(path: &camino::Utf8Path, bytes: &[u8]) -> Result<Approved, Diagnostic> {
    let approved: Approved =
        serde_json::from_slice(bytes).map_err(|error| errors::bad_approved(path, &error.to_string()))?;
    if approved.version != 1 {
        return Err(errors::bad_approved(path, &format!("its version is {}, not 1", approved.version)));
    }
    Ok(approved)
}

impl Approved {
    /// The decisions of a target, by unique id; empty if none was approved.
    pub fn of(&self, target: &str) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.targets.get(target).unwrap_or(&NONE)
    }

    /// Takes over what a plan decides for a target; other targets stay.
    pub fn accept(&mut self, project: &Project, plan: &Plan) {
        self.version = 1;
        let decided = plan.decisions.iter().filter_map(|(id, decision)| {
            let decision = decision.as_ref().filter(|decision| decision.auto)?;
            Some((project.node(id).unique_id.clone(), decision.word().to_owned()))
        });
        self.targets.insert(project.target.name.clone(), decided.collect());
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a map of texts");
        text.push('\n');
        text
    }
}

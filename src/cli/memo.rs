//! What a command wrote and printed last time, kept in `target/cache/`: where nothing that it asked for and nothing that
//! it wrote is different since, it prints the same again and is done.
//!
//! Only commands that look at nothing but the project are kept. Whatever can't be told for sure (a secret of the
//! environment, a warehouse's answer, the time) is not kept, and what can't be read, or was written by another buhin, is
//! passed over: a cache costs time at worst.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::args::{Cli, Command, OutputArgs};
use super::exit::ExitCode;
use super::output::{self, Said};
use crate::project;
use crate::world::{Cache, Disk, Journal, Stamp, Traced, Trail, World, folder, journal, timing};

/// How many commands are kept, of each project.
const KEPT: usize = 12;

/// The command of this process, if it may be kept.
static ASKED: OnceLock<Asked> = OnceLock::new();

struct Asked {
    /// The command line and all else that the answer depends on, besides the world.
    question: String,
    /// The name under which the answer is kept, and the world that is traced, once the project is found.
    place: Mutex<Option<(String, Arc<Traced>)>>,
}

/// A command's answer.
#[derive(Serialize, Deserialize)]
struct Memo {
    trail: Trail,
    journal: Journal,
    said: Vec<Said>,
    code: u8,
}

/// Runs a command, and keeps its answer if it may be kept.
pub(crate) fn around(cli: Cli, run: impl FnOnce(Cli) -> ExitCode) -> ExitCode {
    if cli.output.no_cache || !is_kept(&cli.command) {
        return run(cli);
    }
    let question = format!("{cli:?}");
    let asked = ASKED.get_or_init(|| Asked { question, place: Mutex::default() });
    journal::keep();
    output::keep();
    let code = run(cli);
    if code != ExitCode::Failure {
        let _span = timing::stage("keep");
        keep(asked, code);
    }
    code
}

/// Commands that give the same for the same project.
fn is_kept(command: &Command) -> bool {
    matches!(
        command,
        Command::Parse(_) | Command::Ls(_) | Command::Compile(_) | Command::Lineage(_) | Command::Plan(_)
    )
}

/// The world of the project in `folder`, or what its answer was if that still holds: then everything is printed already.
pub(crate) fn open(
    folder: Utf8PathBuf,
    target: Option<&Utf8Path>,
    output: &OutputArgs,
) -> Result<Arc<dyn World>, ExitCode> {
    let disk = Disk::new(folder);
    let cache = if output.no_cache { None } else { cache(&disk, target) };
    let disk = match cache {
        Some(cache) => disk.with_cache(cache),
        None => disk,
    };
    let Some(asked) = ASKED.get() else { return Ok(Arc::new(disk)) };
    let mut place = asked.place.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(name) = name(asked, &disk).filter(|_| place.is_none() && disk.cache().is_some()) else {
        // A second project in one process is more than a memo holds.
        journal::untold();
        return Ok(Arc::new(disk));
    };
    let span = timing::stage("recall");
    if let Some(memo) = recall(&name, &disk) {
        for said in &memo.said {
            said.print();
        }
        return Err(memo.code());
    }
    drop(span);
    let world = Arc::new(Traced::new(disk));
    *place = Some((name, Arc::clone(&world)));
    Ok(world)
}

/// The cache in the target folder of a project, for this program: another build of the same version may say something
/// else.
fn cache(disk: &Disk, target: Option<&Utf8Path>) -> Option<Cache> {
    let target = match target {
        Some(target) => target.to_owned(),
        None => target_path(disk)?,
    };
    let program = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let program = format!("{} {:?}", env!("CARGO_PKG_VERSION"), Stamp::of(&program));
    Some(Cache::new(disk.root().join(target).join("cache"), program))
}

impl Memo {
    fn code(&self) -> ExitCode {
        if self.code == 0 { ExitCode::Clean } else { ExitCode::Problems }
    }
}

/// The name of a command's answer, made of all that it depends on besides the world.
fn name(asked: &Asked, disk: &Disk) -> Option<String> {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update(text.len().to_le_bytes());
        hasher.update(text);
    };
    add(&asked.question);
    add(disk.root().as_str());
    add(std::env::current_dir().ok()?.to_str()?);
    add(&format!("{:?} {:?}", output::width(), output::colours()));
    // A folder that is named may be a link, which leads elsewhere tomorrow.
    for word in std::env::args().skip(1) {
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        add(folder::real_path(value.into()).as_ref().map_or("", |path| path.as_str()));
    }
    // Flags by another way; what templates ask for is in the trail.
    for (name, value) in ["DBT_", "BUHIN_"].iter().flat_map(|prefix| disk.env_with_prefix(prefix)) {
        if !name.starts_with("DBT_ENV_") && !name.starts_with("DBT_ENGINE_ENV_") {
            add(&name);
            add(&value);
            add(folder::real_path(value.as_str().into()).as_ref().map_or("", |path| path.as_str()));
        }
    }
    let name: String = hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(format!("answer-{name}"))
}

/// What `dbt_project.yml` says of the target folder, where no template has a part in it.
fn target_path(disk: &Disk) -> Option<Utf8PathBuf> {
    let text = String::from_utf8(disk.read("dbt_project.yml".into()).ok()?).ok()?;
    if !text.contains("target-path") {
        return Some("target".into());
    }
    let mapping = project::mapping(&text).ok()?;
    let path = mapping.get("target-path")?.as_str()?;
    (!path.contains('{') && !path.contains("..")).then(|| path.into())
}

fn recall(name: &str, disk: &Disk) -> Option<Memo> {
    let memo: Memo = sonic_rs::from_slice(&disk.cache()?.recall(name)?).ok()?;
    (memo.trail.holds(disk) && memo.journal.holds()).then_some(memo)
}

fn keep(asked: &Asked, code: ExitCode) {
    let place = asked.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (Some((name, world)), Some(journal), Some(said)) = (place, journal::kept(), output::kept()) else {
        return;
    };
    let memo = Memo { trail: world.trail(), journal, said, code: u8::from(code != ExitCode::Clean) };
    if !memo.trail.can_hold() || !memo.journal.can_hold() {
        return;
    }
    if let (Some(cache), Ok(text)) = (world.cache(), sonic_rs::to_vec(&memo)) {
        cache.keep(&name, text, KEPT);
    }
}

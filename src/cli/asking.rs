//! Who answers what macros ask while SQL is made: nobody, an empty warehouse, the profile's, or a record.

use camino::Utf8Path;

use super::args::{IntrospectArg, IntrospectArgs};
use super::exit::ExitCode;
use super::session::{Session, fail};
use crate::compile::{self, Compilation, Resolved};
use crate::diagnostic::{Code, Diagnostic, Staged};
use crate::project::NodeId;
use crate::render::{Empty, Introspect, Off, Rendered};
use crate::run::{self, Live, Origin, Record, Recorder, Replay, Secrets};
use crate::world::{World as _, write_if_changed};

impl Session {
    /// SQL for the wanted nodes, or for all; offline unless the arguments say otherwise. What templates print is printed.
    pub(crate) fn compile(
        &self,
        resolved: &Resolved<'_>,
        args: &IntrospectArgs,
        wanted: Option<&[NodeId]>,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Compilation, ExitCode> {
        let compilation =
            self.answered(resolved, args, wanted).map_err(|found| fail(found, said))?.collect(said);
        self.say_messages(resolved);
        Ok(compilation)
    }

    /// SQL before inlining of a state of the project that is only compared with. The same answers as in
    /// [`Session::compile`], but they are not recorded, and nothing is said or printed: what was wrong there is no news.
    pub(crate) fn render_quietly(
        &self,
        resolved: &Resolved<'_>,
        args: &IntrospectArgs,
    ) -> Result<Rendered, Diagnostic> {
        self.asking(args, |introspect| compile::render(resolved, None, introspect).value)
    }

    fn answered(
        &self,
        resolved: &Resolved<'_>,
        args: &IntrospectArgs,
        wanted: Option<&[NodeId]>,
    ) -> Result<Staged<Compilation>, Diagnostic> {
        if let Some(path) = args.record.as_ref().filter(|_| args.replay.is_none()) {
            return self.record(resolved, path, args.introspect, wanted);
        }
        let mut staged = self.asking(args, |introspect| compile::compile(resolved, wanted, introspect))?;
        if args.replay.is_none() && args.introspect.is_none() && !args.no_introspect {
            staged.diagnostics.extend(unanswered(resolved, &staged.value));
        }
        Ok(staged)
    }

    /// Does something with the one who answers.
    fn asking<T>(
        &self,
        args: &IntrospectArgs,
        work: impl FnOnce(&dyn Introspect) -> T,
    ) -> Result<T, Diagnostic> {
        if let Some(path) = &args.replay {
            return Ok(work(&self.replay(path)?));
        }
        let is_recorded = args.record.is_some();
        match if args.no_introspect { Some(IntrospectArg::Off) } else { args.introspect } {
            Some(IntrospectArg::Live) => self.live(work),
            None if is_recorded => self.live(work),
            Some(IntrospectArg::Empty) | None => Ok(work(&Empty)),
            Some(IntrospectArg::Off) => Ok(work(&Off)),
        }
    }

    fn live<T>(&self, work: impl FnOnce(&dyn Introspect) -> T) -> Result<T, Diagnostic> {
        let warehouse = run::open(&self.project.target, &self.world)?;
        let live = Live::connect(warehouse.as_ref())?;
        Ok(work(&live))
    }

    fn replay(&self, path: &Utf8Path) -> Result<Replay, Diagnostic> {
        let target = &self.project.target;
        let bytes =
            self.world.read(path).map_err(|error| run::bad_record(path.as_str(), &error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
        let record = text.and_then(|text| Record::parse(&text));
        record
            .and_then(|record| {
                let secrets = Secrets::of(&self.world, target);
                Replay::new(record, path.as_str(), &Origin::of(target), target.dialect, secrets)
            })
            .map_err(|what| run::bad_record(path.as_str(), &what))
    }

    fn record(
        &self,
        resolved: &Resolved<'_>,
        path: &Utf8Path,
        who: Option<IntrospectArg>,
        wanted: Option<&[NodeId]>,
    ) -> Result<Staged<Compilation>, Diagnostic> {
        if !matches!(who, None | Some(IntrospectArg::Live)) {
            let found = Diagnostic::error(Code::BAD_ARGUMENT, "`--record` asks the database of the profile");
            return Err(found.help("leave out `--introspect`, or say `--introspect live`"));
        }
        let target = &self.project.target;
        let warehouse = run::open(target, &self.world)?;
        let live = Live::connect(warehouse.as_ref())?;
        let recorder = Recorder::new(&live, Origin::of(target));
        let mut staged = compile::compile(resolved, wanted, &recorder);
        if staged.diagnostics.iter().any(Diagnostic::is_error) {
            // Half of the answers would be worse than those of the last time.
            return Ok(staged);
        }
        let mut record = recorder.into_record(&Secrets::of(&self.world, target));
        let older = self.world.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let older = older.and_then(|text| Record::parse(&text).ok()).unwrap_or_default();
        if wanted.is_some() {
            // What the others asked still holds.
            record.keep(older);
        } else {
            let dropped = older.dropped(&record);
            if !dropped.is_empty() {
                staged.diagnostics.push(run::answers_dropped(path.as_str(), &dropped));
            }
        }
        let full = self.path(path);
        if let Err(error) = write_if_changed(&full, record.render().as_bytes()) {
            staged.diagnostics.push(super::pipeline::not_written(&full, &error));
        }
        self.say(&format!("recorded {} answers in {path}", record.len()));
        Ok(staged)
    }
}

/// Says, once, that macros asked the warehouse and no warehouse answered.
fn unanswered(resolved: &Resolved<'_>, compilation: &Compilation) -> Option<Diagnostic> {
    let asked: Vec<NodeId> = compilation
        .rendered
        .nodes
        .iter()
        .filter(|(_, node)| node.as_ref().is_some_and(|node| node.queries))
        .map(|(id, _)| id)
        .collect();
    let first = resolved.project.node(*asked.first()?);
    let others = match asked.len() - 1 {
        0 => String::new(),
        1 => " and 1 other".to_owned(),
        count => format!(" and {count} others"),
    };
    let found = Diagnostic::warning(
        Code::NO_ANSWER,
        format!(
            "`{}`{others} asked the warehouse while rendering, and got the answers of an empty one",
            first.name
        ),
    );
    Some(found.help("with `--introspect live` the database of the profile answers, `--record` keeps its answers for `--replay`; `--introspect empty` says that this is meant"))
}

//! What one render carries along: its names, its limits, where it stands, and what it has called.

use std::sync::Arc;

use minijinja::{Error, ErrorKind, State, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::{Inner, MacroId};
use super::namespace::Namespace;
use super::output::Piece;
use super::session::Limits;
use super::{errors, output};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Frame, Span};

/// Why running stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// `return(value)`, on its way to the macro that it ends.
    Return(Value),
    /// A failure; its place is filled in on the way out.
    Fail(Box<Diagnostic>),
}

pub(super) type Res<T> = Result<T, Stop>;

impl From<Box<Diagnostic>> for Stop {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Fail(diagnostic)
    }
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Fail(Box::new(diagnostic))
    }
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Diagnostic::error(Code::RENDER_FAILED, message).into()
    }
}

impl From<&str> for Stop {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// Arguments that don't fit.
pub(super) fn wrong(message: impl Into<String>) -> Stop {
    Diagnostic::error(Code::WRONG_ARGUMENTS, message).into()
}

/// Something that grows past all reason.
pub(super) fn too_large(what: &str) -> Stop {
    Diagnostic::error(Code::RENDER_LIMIT, format!("{what} becomes too large")).into()
}

/// How a [`Stop`] travels through Rust functions that speak minijinja's errors.
#[derive(Debug)]
struct Carrier(std::sync::Mutex<Option<Stop>>, String);

impl std::fmt::Display for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.1)
    }
}

impl std::error::Error for Carrier {}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        let message = match &stop {
            Stop::Return(_) => "return outside of a macro".to_owned(),
            Stop::Fail(diagnostic) => diagnostic.message.clone(),
        };
        let error = Self::new(ErrorKind::InvalidOperation, message.clone());
        error.with_source(Carrier(std::sync::Mutex::new(Some(stop)), message))
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Stop::from(diagnostic).into()
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            if let Some(carrier) = inner.downcast_ref::<Carrier>() {
                let stop = carrier.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                if let Some(stop) = stop {
                    return stop;
                }
            }
            source = inner.source();
        }
        let message = match error.detail() {
            Some(detail) => detail.to_owned(),
            None => error.kind().to_string(),
        };
        let code = match error.kind() {
            ErrorKind::MissingArgument | ErrorKind::TooManyArguments => Code::WRONG_ARGUMENTS,
            ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => Code::UNKNOWN_MACRO,
            _ => Code::RENDER_FAILED,
        };
        Diagnostic::error(code, message).into()
    }
}

/// The diagnostic within an error that came from the engine, if there is one.
pub(super) fn diagnostic(stop: Stop) -> Box<Diagnostic> {
    match stop {
        Stop::Fail(diagnostic) => diagnostic,
        Stop::Return(_) => Box::new(Diagnostic::error(Code::RENDER_FAILED, "return outside of a macro")),
    }
}

/// One macro call: the chain of these is the trace.
struct Trace {
    parent: u32,
    name: Arc<str>,
    call: Span,
}

/// A macro's text whose origin is known as long as the text itself travels.
struct Kept {
    text: Arc<str>,
    pieces: Arc<[Piece]>,
}

/// The state of one render.
pub(super) struct Run {
    pub(super) engine: Arc<Inner>,
    pub(super) context: Value,
    pub(super) namespace: Namespace,
    pub(super) limits: Limits,
    pub(super) fuel: u64,
    pub(super) depth: u32,
    /// Where the call stands that is being made.
    pub(super) site: Span,
    /// Whether a source map is wanted.
    pub(super) mapping: bool,
    pub(super) called: Vec<MacroId>,
    called_set: FxHashSet<MacroId>,
    traces: Vec<Trace>,
    trace: u32,
    kept: FxHashMap<usize, Kept>,
    kept_bytes: usize,
    loops: Vec<(Span, u64)>,
    /// What names outside of templates led to.
    pub(super) found: FxHashMap<Arc<str>, Value>,
}

/// Texts are kept for the source map up to this many bytes.
const KEPT_LIMIT: usize = 64 << 20;

impl Run {
    pub(super) fn new(
        engine: Arc<Inner>,
        context: Value,
        namespace: Namespace,
        limits: Limits,
        mapping: bool,
    ) -> Self {
        let nowhere = Span { file: FileId(0), start: 0, end: 0 };
        Self {
            engine,
            context,
            namespace,
            limits,
            fuel: limits.steps,
            depth: 0,
            site: nowhere,
            mapping,
            called: Vec::new(),
            called_set: FxHashSet::default(),
            traces: Vec::new(),
            trace: 0,
            kept: FxHashMap::default(),
            kept_bytes: 0,
            loops: Vec::new(),
            found: FxHashMap::default(),
        }
    }

    /// Takes one step.
    #[inline]
    pub(super) fn step(&mut self) -> Res<()> {
        self.steps(1)
    }

    /// Takes many steps at once.
    #[inline]
    pub(super) fn steps(&mut self, count: u64) -> Res<()> {
        match self.fuel.checked_sub(count) {
            Some(fuel) => {
                self.fuel = fuel;
                Ok(())
            }
            None => Err(self.out_of_fuel()),
        }
    }

    #[cold]
    fn out_of_fuel(&mut self) -> Stop {
        self.fuel = 0;
        let at = self.loops.iter().max_by_key(|(_, turns)| *turns).map_or(self.site, |(at, _)| *at);
        errors::out_of_fuel(at, self.limits.steps).through(&self.frames()).into()
    }

    pub(super) fn enter_loop(&mut self, at: Span) {
        self.loops.push((at, 0));
    }

    pub(super) fn turn_loop(&mut self) {
        if let Some((_, turns)) = self.loops.last_mut() {
            *turns += 1;
        }
    }

    pub(super) fn leave_loop(&mut self) {
        self.loops.pop();
    }

    /// Notes that the template itself calls a macro of the engine; what macros call is theirs.
    pub(super) fn record(&mut self, id: MacroId) {
        if self.depth == 0 && self.called_set.insert(id) {
            self.called.push(id);
        }
    }

    /// Enters a call; gives what [`Run::leave`] wants back.
    pub(super) fn enter(&mut self, name: &Arc<str>) -> Res<(u32, Span)> {
        if self.depth >= self.limits.depth {
            let error = errors::too_deep(self.site, name, self.limits.depth);
            let frames = self.frames();
            let shown = frames.len().min(3);
            return Err(error.through(&frames[..shown]).into());
        }
        let before = (self.trace, self.site);
        self.depth += 1;
        self.traces.push(Trace { parent: self.trace, name: name.clone(), call: self.site });
        self.trace = self.traces.len() as u32;
        Ok(before)
    }

    pub(super) fn leave(&mut self, before: (u32, Span)) {
        self.depth -= 1;
        (self.trace, self.site) = before;
    }

    /// The number of the present chain of calls; 0 in the template itself.
    pub(super) fn trace(&self) -> u32 {
        self.trace
    }

    pub(super) fn frames(&self) -> Vec<Frame> {
        self.frames_of(self.trace)
    }

    /// The calls of a chain, outermost first.
    pub(super) fn frames_of(&self, trace: u32) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut at = trace;
        while let Some(trace) = at.checked_sub(1).and_then(|at| self.traces.get(at as usize)) {
            frames.push(Frame { name: trace.name.to_string(), call: trace.call });
            at = trace.parent;
        }
        frames.reverse();
        frames
    }

    /// A value of a text that remembers where its bytes come from.
    pub(super) fn keep(&mut self, buffer: output::Buffer) -> Value {
        let (text, pieces) = buffer.into_parts();
        let text: Arc<str> = text.into();
        let worth = pieces.iter().any(|piece| piece.literal);
        if self.mapping && worth && self.kept_bytes + text.len() < KEPT_LIMIT {
            self.kept_bytes += text.len();
            let kept = Kept { text: text.clone(), pieces: pieces.into() };
            self.kept.insert(text.as_ptr() as usize, kept);
        }
        Value::from(text)
    }

    /// Where the bytes of a text come from, if it is one that was kept.
    pub(super) fn kept(&self, text: &str) -> Option<Arc<[Piece]>> {
        let kept = self.kept.get(&(text.as_ptr() as usize))?;
        (kept.text.len() == text.len()).then(|| kept.pieces.clone())
    }
}

/// Where a run waits while a function in Rust has the state.
#[derive(Default)]
pub(super) struct Slot(pub(super) Option<Box<Run>>);

/// The slot of a state.
pub(super) fn slot<'s>(state: &'s mut State<'_, '_>) -> &'s mut Option<Box<Run>> {
    &mut state.get_or_insert_extension_with(Slot::default).0
}

/// A run that is running: it and its state.
pub(super) struct Vm<'s, 'a, 'e> {
    pub(super) state: &'s mut State<'a, 'e>,
    run: Option<Box<Run>>,
}

impl<'s, 'a, 'e> Vm<'s, 'a, 'e> {
    /// Takes the run that waits in a state; [`Vm::finish`] puts it back.
    pub(super) fn resume(state: &'s mut State<'a, 'e>) -> Result<Self, Error> {
        match slot(state).take() {
            Some(run) => Ok(Self { state, run: Some(run) }),
            None => Err(Error::new(ErrorKind::InvalidOperation, "macros can only be called while rendering")),
        }
    }

    pub(super) fn finish(self) {
        *slot(self.state) = self.run;
    }

    #[inline]
    pub(super) fn run(&mut self) -> &mut Run {
        self.run.as_mut().expect("the run is only away while a function in Rust has the state")
    }

    /// Lets a function in Rust have the state.
    pub(super) fn lend<T>(
        &mut self,
        function: impl FnOnce(&mut State<'a, 'e>) -> Result<T, Error>,
    ) -> Res<T> {
        *slot(self.state) = self.run.take();
        let result = function(self.state);
        self.run = slot(self.state).take();
        result.map_err(Stop::from)
    }
}

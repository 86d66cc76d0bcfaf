//! One render: a context, typed state of the caller's own, and limits.

use minijinja::{State, Value};

use super::call::{self, Args};
use super::engine::{Engine, MacroId, Template};
use super::namespace::Namespace;
use super::output;
use super::run::{Run, Vm, diagnostic, slot};
use super::{exec, text};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

/// How much a render may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Statements and calls.
    pub steps: u64,
    /// Macro calls within macro calls.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 20_000_000, depth: 300 }
    }
}

/// What a session starts from.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The names that templates and macros see; any object with `get_value`.
    pub context: Value,
    /// The macros that they see.
    pub namespace: Namespace,
    /// How much they may do, in all.
    pub limits: Limits,
    /// True if [`Rendered::source_map`] is wanted.
    pub source_map: bool,
    /// True where an attribute of something undefined, or a call of it, is undefined too, as dbt wants it while
    /// it parses. It holds in the template itself, not in macros.
    pub lenient: bool,
}

impl Scene {
    /// A scene with a source map, the usual limits and strict undefined values.
    pub fn new(context: Value, namespace: Namespace) -> Self {
        Self { context, namespace, limits: Limits::default(), source_map: true, lenient: false }
    }
}

/// A rendered template.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Where each byte comes from; empty if it was not wanted.
    pub source_map: SourceMap,
}

/// One render in progress; not to be shared between threads.
pub struct Session<'e> {
    state: State<'e, 'e>,
    lenient: bool,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl<'e> Session<'e> {
    pub(super) fn new(engine: &'e Engine, scene: Scene) -> Self {
        let mut state = engine.environment.empty_state();
        let Scene { context, namespace, limits, source_map, lenient } = scene;
        let run = Run::new(engine.inner.clone(), context, namespace, limits, source_map);
        *slot(&mut state) = Some(Box::new(run));
        Self { state, lenient }
    }

    /// The state that functions in Rust get: the place for the caller's own typed extension.
    pub fn state(&mut self) -> &mut State<'e, 'e> {
        &mut self.state
    }

    /// Renders a template.
    pub fn render(&mut self, template: &Template) -> Result<Rendered, Box<Diagnostic>> {
        let lenient = self.lenient;
        self.with(|vm| {
            let buffer = exec::template(vm, template, lenient).map_err(diagnostic)?;
            let run = vm.run();
            let (text, pieces) = buffer.into_parts();
            let source_map = output::source_map(&pieces, run);
            Ok(Rendered { text, source_map })
        })
    }

    /// Renders a template that is one `{{ expression }}` and gives the expression's value; any other template
    /// gives its text.
    pub fn evaluate(&mut self, template: &Template) -> Result<Value, Box<Diagnostic>> {
        let lenient = self.lenient;
        self.with(|vm| exec::evaluate(vm, template, lenient).map_err(diagnostic))
    }

    /// Calls a macro; without `return()` its value is its text.
    pub fn call_macro(
        &mut self,
        id: MacroId,
        args: &[Value],
        named: &[(&str, Value)],
    ) -> Result<Value, Box<Diagnostic>> {
        let args = Args::new(args, named);
        self.with(|vm| call::call_macro(vm, id, args).map_err(diagnostic))
    }

    /// Calls a macro and renders its value, with a source map as far as the text comes from macros.
    pub fn render_macro(
        &mut self,
        id: MacroId,
        args: &[Value],
        named: &[(&str, Value)],
    ) -> Result<Rendered, Box<Diagnostic>> {
        let args = Args::new(args, named);
        self.with(|vm| {
            let value = call::call_macro(vm, id, args).map_err(diagnostic)?;
            let run = vm.run();
            let text = text::str_of(&value).into_owned();
            let pieces = run.kept(value.as_str().unwrap_or_default());
            let source_map = pieces.map(|pieces| output::source_map(&pieces, run)).unwrap_or_default();
            Ok(Rendered { text, source_map })
        })
    }

    /// The macros that templates themselves called so far, in order of first call.
    pub fn called_macros(&mut self) -> Vec<MacroId> {
        super::here::called_macros(&mut self.state)
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Vm<'_, 'e, 'e>) -> Result<T, Box<Diagnostic>>,
    ) -> Result<T, Box<Diagnostic>> {
        let mut vm = Vm::resume(&mut self.state).map_err(|error| {
            Box::new(Diagnostic::error(crate::diagnostic::Code::RENDER_FAILED, error.to_string()))
        })?;
        let result = work(&mut vm);
        vm.finish();
        result
    }
}

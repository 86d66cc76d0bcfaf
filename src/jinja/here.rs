//! What a function in Rust may ask of the render that calls it.

use minijinja::{Error, State, Value};

use super::call::{self, Args};
use super::engine::MacroId;
use super::namespace::{self, Namespace};
use super::run::{Vm, slot};
use crate::source::{FileId, Frame, Span};

/// Where the call stands that is being made: `ref('x')` in the file that it is written in.
pub fn call_site(state: &mut State<'_, '_>) -> Span {
    slot(state).as_ref().map_or(Span { file: FileId(0), start: 0, end: 0 }, |run| run.site)
}

/// The macro calls that led here, outermost first; empty in the template itself.
pub fn frames(state: &mut State<'_, '_>) -> Vec<Frame> {
    slot(state).as_ref().map_or_else(Vec::new, |run| run.frames())
}

/// What a name leads to outside of any template's own variables: a macro, a package, the context, a global.
pub fn lookup(state: &mut State<'_, '_>, name: &str) -> Option<Value> {
    slot(state).as_ref().and_then(|run| call::find_global(run, name))
}

/// The macros that the render sees.
pub fn namespace_of(state: &mut State<'_, '_>) -> Option<Namespace> {
    slot(state).as_ref().map(|run| run.namespace.clone())
}

/// A macro as a callable value.
pub fn macro_value(state: &mut State<'_, '_>, id: MacroId) -> Option<Value> {
    slot(state).as_ref().map(|run| namespace::macro_value(&run.engine, id))
}

/// The macros that templates themselves called so far, in order of first call.
pub fn called_macros(state: &mut State<'_, '_>) -> Vec<MacroId> {
    slot(state).as_ref().map_or_else(Vec::new, |run| run.called.clone())
}

/// Calls a macro from a function in Rust.
pub fn call_macro(
    state: &mut State<'_, '_>,
    id: MacroId,
    args: &[Value],
    named: &[(&str, Value)],
) -> Result<Value, Error> {
    let mut vm = Vm::resume(state)?;
    let result = call::call_macro(&mut vm, id, Args::new(args, named));
    vm.finish();
    result.map_err(Error::from)
}

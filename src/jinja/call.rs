//! Calls: arguments by Python's rules, macros, closures, functions in Rust.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};

use super::code::{Code, For, MacroCode, Sym};
use super::engine::{Inner, MacroId};
use super::exec::Flow;
use super::output::Buffer;
use super::run::{Res, Run, Stop, Vm, wrong};
use super::value::Dict;
use super::{exec, globals};

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    pub(super) pos: Vec<Value>,
    pub(super) named: Vec<(Arc<str>, Value)>,
}

impl Args {
    pub(super) fn new(pos: &[Value], named: &[(&str, Value)]) -> Self {
        let named = named.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect();
        Self { pos: pos.to_vec(), named }
    }

    /// Arguments as minijinja hands them to objects.
    pub(super) fn of(values: &[Value]) -> Self {
        let Some((last, rest)) = values.split_last() else { return Self::default() };
        if !last.is_kwargs() {
            return Self { pos: values.to_vec(), named: Vec::new() };
        }
        let keys = last.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        let pair = |key: Value| {
            let value = last.get_item(&key).unwrap_or_default();
            (Arc::from(key.as_str().unwrap_or_default()), value)
        };
        Self { pos: rest.to_vec(), named: keys.into_iter().map(pair).collect() }
    }

    /// Arguments as minijinja's objects want them.
    pub(super) fn values(self) -> Vec<Value> {
        let mut values = self.pos;
        if !self.named.is_empty() {
            let named: Kwargs = self.named.iter().map(|(name, value)| (&**name, value.clone())).collect();
            values.push(named.into());
        }
        values
    }

    /// Takes the argument that stands at `at` or is named so.
    pub(super) fn take(&mut self, at: usize, name: &str) -> Option<Value> {
        if let Some(found) = self.named.iter().position(|(key, _)| &**key == name) {
            return Some(self.named.remove(found).1);
        }
        self.pos.get_mut(at).map(std::mem::take)
    }
}

/// What a name leads to outside of any template's own variables.
///
/// What was found once is kept for the rest of the session: as in dbt, `target` is the same dict throughout a render.
pub(super) fn global(run: &mut Run, name: &Arc<str>) -> Option<Value> {
    if let Some(value) = run.found.get(&**name) {
        return Some(value.clone());
    }
    let value = find_global(run, name)?;
    run.found.insert(name.clone(), value.clone());
    Some(value)
}

/// The same for a name that comes up once.
pub(super) fn find_global(run: &Run, name: &str) -> Option<Value> {
    if let Some(value) = run.namespace.value(name) {
        return Some(value);
    }
    if let Ok(value) = run.context.get_attr(name)
        && !value.is_undefined()
    {
        return Some(value);
    }
    run.engine.globals.get(name).cloned()
}

/// Calls any value.
pub(super) fn call_value(vm: &mut Vm<'_, '_, '_>, callee: &Value, args: Args) -> Res<Value> {
    vm.run().step()?;
    if let Some(target) = callee.downcast_object_ref::<MacroValue>() {
        return call_macro(vm, target.id, args);
    }
    if let Some(closure) = callee.downcast_object::<Closure>() {
        return call_closure(vm, &closure, callee, args);
    }
    if callee.downcast_object_ref::<globals::Return>().is_some() {
        let mut args = args;
        return Err(Stop::Return(args.take(0, "data").unwrap_or_else(|| Value::from(()))));
    }
    if let Some(method) = callee.downcast_object_ref::<Method>() {
        return super::methods::call(vm, &method.receiver, &method.name, args);
    }
    if callee.as_object().is_none() {
        return Err(wrong(format!("'{}' object is not callable", super::ops::type_name(callee))));
    }
    let values = args.values();
    vm.lend(|state| callee.call(state, &values))
}

/// Calls a macro of the engine.
pub(super) fn call_macro(vm: &mut Vm<'_, '_, '_>, id: MacroId, args: Args) -> Res<Value> {
    let engine = vm.run().engine.clone();
    vm.run().record(id);
    let compiled = engine.compiled(id)?;
    let mut frame = exec::Frame::new(compiled.code.clone());
    within(vm, engine.shown(id), |vm| match run_body(vm, &mut frame, &compiled.body, args) {
        Err(Stop::Return(value)) => Ok(value),
        other => other,
    })
}

fn call_closure(vm: &mut Vm<'_, '_, '_>, closure: &Arc<Closure>, value: &Value, args: Args) -> Res<Value> {
    let mut frame = exec::Frame::new(closure.code.clone());
    frame.vars.clone_from(&closure.captured);
    frame.shared.clone_from(&closure.shared);
    frame.recursive.clone_from(&closure.recursive);
    if let Some(own) = closure.own {
        frame.vars.push((own, value.clone()));
    }
    frame.open();
    within(vm, &closure.body.name, |vm| {
        let result = run_body(vm, &mut frame, &closure.body, args);
        match result {
            // A `return` in the body of `{% call %}` ends the macro around it, as in dbt.
            Err(Stop::Return(value)) if closure.own.is_some() => Ok(value),
            other => other,
        }
    })
}

fn within<T>(
    vm: &mut Vm<'_, '_, '_>,
    name: &Arc<str>,
    work: impl FnOnce(&mut Vm<'_, '_, '_>) -> Res<T>,
) -> Res<T> {
    let before = vm.run().enter(name)?;
    let result = stacker::maybe_grow(256 << 10, 4 << 20, || work(vm));
    vm.run().leave(before);
    result
}

fn run_body(vm: &mut Vm<'_, '_, '_>, frame: &mut exec::Frame, body: &MacroCode, args: Args) -> Res<Value> {
    bind(vm, frame, body, args)?;
    let mut out = Buffer::new(vm.run().mapping);
    let flow = exec::stmts(vm, frame, &body.body, &mut out)?;
    debug_assert!(matches!(flow, Flow::On), "loops end their own flow");
    Ok(vm.run().keep(out))
}

/// Gives parameters their values, by the rules of Jinja2's macros.
fn bind(vm: &mut Vm<'_, '_, '_>, frame: &mut exec::Frame, body: &MacroCode, args: Args) -> Res<()> {
    let Args { pos, mut named } = args;
    let given = pos.len();
    let mut pos = pos.into_iter();
    for param in &body.params {
        let value = match pos.next() {
            Some(value) => Some(value),
            None => named.iter().position(|(name, _)| *name == param.name).map(|at| named.remove(at).1),
        };
        let value = match (value, &param.default) {
            (Some(value), _) => value,
            (None, Some(default)) => super::eval::expr(vm, frame, default)?,
            (None, None) => Value::UNDEFINED,
        };
        frame.set(param.sym, value);
    }
    if let Some(caller) = body.caller {
        let at = named.iter().position(|(name, _)| &**name == "caller");
        let value = at.map(|at| named.remove(at).1).unwrap_or_default();
        frame.set(caller, value);
    }
    if let Some(kwargs) = body.kwargs {
        let pairs = named.drain(..).map(|(name, value)| (Value::from(&name), value));
        frame.set(kwargs, Dict::value(pairs));
    } else if let Some((name, _)) = named.first() {
        let known = body.params.iter().map(|param| &*param.name);
        let near = crate::diagnostic::suggest::closest(name, known);
        let doubled = body.params.iter().any(|param| param.name == *name);
        let message = if doubled {
            format!("macro `{}` is given `{name}` twice", body.name)
        } else {
            format!("macro `{}` takes no argument `{name}`", body.name)
        };
        let mut stop = wrong(message);
        if let (Stop::Fail(diagnostic), Some(near), false) = (&mut stop, near, doubled) {
            let help = format!("an argument with a similar name exists: `{near}`");
            diagnostic.help.push(crate::diagnostic::Help { text: help, edits: Vec::new() });
        }
        return Err(stop);
    }
    if let Some(varargs) = body.varargs {
        frame.set(varargs, Value::from(Tuple::new(pos.collect())));
    } else if pos.next().is_some() {
        let (name, most) = (&body.name, body.params.len());
        return Err(wrong(format!("macro `{name}` takes not more than {most} argument(s), {given} given")));
    }
    Ok(())
}

/// A macro of the engine as a value.
pub(super) struct MacroValue {
    pub(super) engine: Arc<Inner>,
    pub(super) id: MacroId,
}

impl fmt::Debug for MacroValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Macro '{}'>", self.engine.definition(self.id).name())
    }
}

impl Object for MacroValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let definition = self.engine.definition(self.id);
        match key.as_str()? {
            "name" => Some(Value::from(definition.name())),
            "unique_id" => Some(Value::from(definition.unique_id.as_str())),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let mut vm = Vm::resume(state)?;
        let result = call_macro(&mut vm, self.id, Args::of(args));
        vm.finish();
        result.map_err(Error::from)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Variables of a template's top level, seen by the macros that it defines.
pub(super) type Shared = Arc<Mutex<Vec<(Sym, Value)>>>;

/// A macro defined within a template, or the body of a `{% call %}`.
pub(super) struct Closure {
    pub(super) code: Arc<Code>,
    pub(super) body: Arc<MacroCode>,
    pub(super) captured: Vec<(Sym, Value)>,
    pub(super) shared: Option<Shared>,
    pub(super) recursive: Vec<Arc<For>>,
    /// Its own variable, for a macro that calls itself.
    pub(super) own: Option<Sym>,
}

pub(super) fn shared_get(shared: &Shared, sym: Sym) -> Option<Value> {
    let vars = shared.lock().unwrap_or_else(PoisonError::into_inner);
    vars.iter().rev().find(|(each, _)| *each == sym).map(|(_, value)| value.clone())
}

pub(super) fn shared_set(shared: &Shared, sym: Sym, value: Value) {
    let mut vars = shared.lock().unwrap_or_else(PoisonError::into_inner);
    match vars.iter_mut().find(|(each, _)| *each == sym) {
        Some(var) => var.1 = value,
        None => vars.push((sym, value)),
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.own {
            Some(_) => write!(f, "<Macro '{}'>", self.body.name),
            None => f.write_str("<Macro anonymous>"),
        }
    }
}

impl Object for Closure {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let mut vm = Vm::resume(state)?;
        let value = Value::from_dyn_object(self.clone());
        let result = call_closure(&mut vm, self, &value, Args::of(args));
        vm.finish();
        result.map_err(Error::from)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A method that was looked up and not called yet: `xs.append`.
pub(super) struct Method {
    pub(super) receiver: Value,
    pub(super) name: Arc<str>,
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in method {} of {} object>", self.name, super::ops::type_name(&self.receiver))
    }
}

impl Object for Method {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let mut vm = Vm::resume(state)?;
        let result = super::methods::call(&mut vm, &self.receiver, &self.name, Args::of(args));
        vm.finish();
        result.map_err(Error::from)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

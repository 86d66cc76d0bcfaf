//! Runs statements.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::call::{Closure, Shared, shared_get, shared_set};
use super::code::{At, Code, FilterCall, For, MacroCode, Stmt, Sym, Target};
use super::engine::Template;
use super::eval;
use super::globals::Namespaced;
use super::ops::{equal, iterate};
use super::output::Buffer;
use super::run::{Res, Stop, Vm};
use crate::diagnostic::{Code as ErrorCode, Diagnostic};

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Break,
    Continue,
}

/// The variables of a template or of one macro call.
pub(super) struct Frame {
    pub(super) code: Arc<Code>,
    pub(super) vars: Vec<(Sym, Value)>,
    /// Where each inner scope's variables begin.
    scopes: Vec<usize>,
    pub(super) shared: Option<Shared>,
    pub(super) recursive: Vec<Arc<For>>,
    pub(super) lenient: bool,
    /// A template's own frame, whose outermost variables are shared with the macros in it.
    is_top: bool,
}

impl Frame {
    pub(super) fn new(code: Arc<Code>) -> Self {
        Self {
            code,
            vars: Vec::new(),
            scopes: Vec::new(),
            shared: None,
            recursive: Vec::new(),
            lenient: false,
            is_top: false,
        }
    }

    pub(super) fn get(&self, sym: Sym) -> Option<Value> {
        match self.vars.iter().rev().find(|(each, _)| *each == sym) {
            Some((_, value)) => Some(value.clone()),
            None => self.shared.as_ref().and_then(|shared| shared_get(shared, sym)),
        }
    }

    /// Sets a variable of the innermost scope.
    pub(super) fn set(&mut self, sym: Sym, value: Value) {
        if self.scopes.is_empty()
            && let Some(shared) = &self.shared
        {
            shared_set(shared, sym, value.clone());
        }
        let start = self.scopes.last().copied().unwrap_or(0);
        match self.vars[start..].iter_mut().find(|(each, _)| *each == sym) {
            Some(var) => var.1 = value,
            None => self.vars.push((sym, value)),
        }
    }

    pub(super) fn open(&mut self) {
        self.scopes.push(self.vars.len());
    }

    pub(super) fn close(&mut self) {
        if let Some(start) = self.scopes.pop() {
            self.vars.truncate(start);
        }
    }

    fn closure(&self, body: &Arc<MacroCode>, own: Option<Sym>) -> Value {
        // What the top level holds is shared; what inner scopes hold is copied.
        let from = match &self.shared {
            Some(_) if self.is_top => self.scopes.first().copied().unwrap_or(self.vars.len()),
            _ => 0,
        };
        Value::from_object(Closure {
            code: self.code.clone(),
            body: body.clone(),
            captured: self.vars[from..].to_vec(),
            shared: self.shared.clone(),
            recursive: self.recursive.clone(),
            own,
        })
    }
}

fn top_frame(template: &Template, lenient: bool) -> Frame {
    let mut frame = Frame::new(template.code.clone());
    frame.lenient = lenient;
    frame.is_top = true;
    if template.code.has_macros {
        frame.shared = Some(Arc::new(Mutex::new(Vec::new())));
    }
    frame
}

/// Renders a template.
pub(super) fn template(vm: &mut Vm<'_, '_, '_>, template: &Template, lenient: bool) -> Res<Buffer> {
    let mut frame = top_frame(template, lenient);
    let mut out = Buffer::new(vm.run().mapping);
    stmts(vm, &mut frame, &template.code.body, &mut out)?;
    Ok(out)
}

/// The value of a template that is one expression; else its text.
pub(super) fn evaluate(vm: &mut Vm<'_, '_, '_>, template: &Template, lenient: bool) -> Res<Value> {
    if let [Stmt::Emit(expr, _)] = template.code.body.as_slice() {
        return eval::expr(vm, &mut top_frame(template, lenient), expr);
    }
    Ok(Value::from(self::template(vm, template, lenient)?.into_text()))
}

/// Runs statements in order.
pub(super) fn stmts(
    vm: &mut Vm<'_, '_, '_>,
    frame: &mut Frame,
    stmts: &[Stmt],
    out: &mut Buffer,
) -> Res<Flow> {
    for each in stmts {
        let flow = stmt(vm, frame, each, out)?;
        if flow != Flow::On {
            return Ok(flow);
        }
    }
    Ok(Flow::On)
}

fn scoped(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, body: &[Stmt], out: &mut Buffer) -> Res<Flow> {
    frame.open();
    let flow = stmts(vm, frame, body, out);
    frame.close();
    flow
}

fn stmt(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, stmt: &Stmt, out: &mut Buffer) -> Res<Flow> {
    vm.run().step()?;
    match stmt {
        Stmt::Raw(at) => {
            let trace = vm.run().trace();
            out.raw(&frame.code, *at, trace);
        }
        Stmt::Emit(expr, at) => {
            let value = eval::expr(vm, frame, expr)?;
            let written = out.value(vm.run(), &value, frame.code.span(*at));
            eval::located(vm, frame, *at, written)?;
        }
        Stmt::If(test, then, otherwise) => {
            let branch = if eval::expr(vm, frame, test)?.is_true() { then } else { otherwise };
            return stmts(vm, frame, branch, out);
        }
        Stmt::For(body) => {
            let items = eval::expr(vm, frame, &body.items)?;
            return for_loop(vm, frame, body, &items, 0, out);
        }
        Stmt::Set(target, expr) => {
            let value = eval::expr(vm, frame, expr)?;
            assign(vm, frame, target, value)?;
        }
        Stmt::Do(expr) => {
            eval::expr(vm, frame, expr)?;
        }
        Stmt::With(assignments, body) => {
            let mut values = Vec::with_capacity(assignments.len());
            for (_, expr) in assignments {
                values.push(eval::expr(vm, frame, expr)?);
            }
            frame.open();
            let mut flow = Ok(Flow::On);
            for ((target, _), value) in assignments.iter().zip(values) {
                if let Err(stop) = assign(vm, frame, target, value) {
                    flow = Err(stop);
                }
            }
            if flow.is_ok() {
                flow = stmts(vm, frame, body, out);
            }
            frame.close();
            return flow;
        }
        Stmt::SetBlock(target, filters, body, at) => {
            let value = capture(vm, frame, body)?;
            let value = filtered(vm, frame, value, filters, *at)?;
            assign(vm, frame, target, value)?;
        }
        Stmt::FilterBlock(filters, body, at) => {
            let value = capture(vm, frame, body)?;
            let value = filtered(vm, frame, value, filters, *at)?;
            let written = out.value(vm.run(), &value, frame.code.span(*at));
            eval::located(vm, frame, *at, written)?;
        }
        Stmt::Macro(sym, body) => {
            let value = frame.closure(body, Some(*sym));
            frame.set(*sym, value);
        }
        Stmt::CallBlock(call, at, body) => {
            let caller = frame.closure(body, None);
            let value = eval::call_with(vm, frame, call, *at, Some(caller))?;
            let written = out.value(vm.run(), &value, frame.code.span(*at));
            eval::located(vm, frame, *at, written)?;
        }
        Stmt::Scope(body) => return scoped(vm, frame, body, out),
        Stmt::Break => return Ok(Flow::Break),
        Stmt::Continue => return Ok(Flow::Continue),
        Stmt::Unsupported(what, at) => {
            let message = format!("`{what}` has no other templates to work with");
            let failed = Diagnostic::error(ErrorCode::RENDER_FAILED, message).at(frame.code.span(*at), "");
            return Err(failed.help("use a macro").into());
        }
    }
    Ok(Flow::On)
}

fn capture(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, body: &[Stmt]) -> Res<Value> {
    let mut out = Buffer::new(vm.run().mapping);
    scoped(vm, frame, body, &mut out)?;
    Ok(vm.run().keep(out))
}

fn filtered(
    vm: &mut Vm<'_, '_, '_>,
    frame: &mut Frame,
    value: Value,
    filters: &[FilterCall],
    at: At,
) -> Res<Value> {
    filters.iter().try_fold(value, |value, filter| {
        let result = eval::filter(vm, frame, value, filter);
        eval::located(vm, frame, at, result)
    })
}

fn assign(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, target: &Target, value: Value) -> Res<()> {
    match target {
        Target::Name(sym) => {
            frame.set(*sym, value);
            Ok(())
        }
        Target::Attr(object, name, at) => {
            let object = eval::expr(vm, frame, object)?;
            let Some(namespace) = object.downcast_object_ref::<Namespaced>() else {
                let failed: Res<()> = Err("cannot assign attribute on non-namespace object".into());
                return eval::located(vm, frame, *at, failed);
            };
            namespace.set(name, value);
            Ok(())
        }
        Target::Tuple(targets, at) => {
            let items = iterate(&value).and_then(|items| {
                if items.len() == targets.len() {
                    return Ok(items);
                }
                let (wanted, found) = (targets.len(), items.len());
                Err(Stop::from(format!("can't unpack {found} values into {wanted} names")))
            });
            let items = eval::located(vm, frame, *at, items)?;
            for (target, item) in targets.iter().zip(items) {
                assign(vm, frame, target, item)?;
            }
            Ok(())
        }
    }
}

/// Runs a loop over `items`; `depth` counts from 0 for recursive loops.
pub(super) fn for_loop(
    vm: &mut Vm<'_, '_, '_>,
    frame: &mut Frame,
    body: &Arc<For>,
    items: &Value,
    depth: usize,
    out: &mut Buffer,
) -> Res<Flow> {
    let mut items = {
        let items = iterate(items).and_then(|items| vm.run().steps(items.len() as u64 / 8).map(|()| items));
        eval::located(vm, frame, body.at, items)?
    };
    if let Some(filter) = &body.filter {
        let mut kept = Vec::new();
        for item in items {
            frame.open();
            let passes = assign(vm, frame, &body.target, item.clone())
                .and_then(|()| eval::expr(vm, frame, filter))
                .map(|value| value.is_true());
            frame.close();
            if passes? {
                kept.push(item);
            }
        }
        items = kept;
    }
    if items.is_empty() {
        return scoped(vm, frame, &body.otherwise, out);
    }
    let span = frame.code.span(body.at);
    vm.run().enter_loop(span);
    if body.recursive {
        frame.recursive.push(body.clone());
    }
    let result = turns(vm, frame, body, items, depth, out);
    if body.recursive {
        frame.recursive.pop();
    }
    vm.run().leave_loop();
    result
}

fn turns(
    vm: &mut Vm<'_, '_, '_>,
    frame: &mut Frame,
    body: &Arc<For>,
    items: Vec<Value>,
    depth: usize,
    out: &mut Buffer,
) -> Res<Flow> {
    let shared = body.loop_sym.map(|sym| {
        let items = items.clone();
        let recursive = body.recursive;
        (sym, Arc::new(LoopShared { items, depth, recursive, changed: Mutex::new(None) }))
    });
    for (index, item) in items.into_iter().enumerate() {
        vm.run().turn_loop();
        vm.run().step()?;
        frame.open();
        if let Some((sym, shared)) = &shared {
            frame.set(*sym, Value::from_object(Loop { shared: shared.clone(), index }));
        }
        let flow = assign(vm, frame, &body.target, item).and_then(|()| stmts(vm, frame, &body.body, out));
        frame.close();
        if flow? == Flow::Break {
            break;
        }
    }
    Ok(Flow::On)
}

struct LoopShared {
    items: Vec<Value>,
    depth: usize,
    recursive: bool,
    changed: Mutex<Option<Vec<Value>>>,
}

/// The variable `loop`.
pub(super) struct Loop {
    shared: Arc<LoopShared>,
    index: usize,
}

impl Loop {
    /// The depth that a recursive call of the loop has; `None` if it isn't recursive.
    pub(super) fn next_depth(&self) -> Option<usize> {
        self.shared.recursive.then_some(self.shared.depth + 1)
    }
}

impl fmt::Debug for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<LoopContext {}/{}>", self.index + 1, self.shared.items.len())
    }
}

impl Object for Loop {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (index, length) = (self.index, self.shared.items.len());
        let value = match key.as_str()? {
            "index" => Value::from(index + 1),
            "index0" => Value::from(index),
            "revindex" => Value::from(length - index),
            "revindex0" => Value::from(length - index - 1),
            "first" => Value::from(index == 0),
            "last" => Value::from(index + 1 == length),
            "length" => Value::from(length),
            "depth" => Value::from(self.shared.depth + 1),
            "depth0" => Value::from(self.shared.depth),
            "previtem" => self.shared.items.get(index.checked_sub(1)?)?.clone(),
            "nextitem" => self.shared.items.get(index + 1)?.clone(),
            _ => return None,
        };
        Some(value)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "cycle" if args.is_empty() => {
                Err(Error::new(ErrorKind::MissingArgument, "no items for cycling given"))
            }
            "cycle" => Ok(args[self.index % args.len()].clone()),
            "changed" => {
                let mut last = self.shared.changed.lock().unwrap_or_else(PoisonError::into_inner);
                let same = last.as_ref().is_some_and(|last| {
                    last.len() == args.len() && last.iter().zip(args).all(|(left, right)| equal(left, right))
                });
                if !same {
                    *last = Some(args.to_vec());
                }
                Ok(Value::from(!same))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

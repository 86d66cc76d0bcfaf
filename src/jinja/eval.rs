//! Evaluates expressions.

use minijinja::Value;
use minijinja::value::Tuple;

use super::call::{self, Args};
use super::code::{Arg, At, Binary, Call, Expr, FilterCall, Kind};
use super::exec::{self, Frame, Loop};
use super::number::{self, Num};
use super::ops;
use super::output::Buffer;
use super::run::{Res, Stop, Vm, wrong};
use super::value::{Dict, List};
use super::{errors, methods};
use crate::diagnostic::{Code, Diagnostic, Label};

/// Fills in place and trace of a failure that has none.
pub(super) fn located<T>(vm: &mut Vm<'_, '_, '_>, frame: &Frame, at: At, result: Res<T>) -> Res<T> {
    match result {
        Err(Stop::Fail(mut diagnostic)) => {
            if diagnostic.label.is_none() {
                diagnostic.label = Some(Label { span: frame.code.span(at), text: String::new() });
            }
            if diagnostic.trace.is_empty() {
                let through = Diagnostic::error(diagnostic.code, "").through(&vm.run().frames());
                diagnostic.trace = through.trace;
            }
            Err(Stop::Fail(diagnostic))
        }
        other => other,
    }
}

fn undefined<T>(frame: &Frame, at: At) -> Res<T> {
    let source = frame.code.source(at);
    Err(errors::failed(frame.code.span(at), format!("`{source}` is undefined")).into())
}

/// The value of an expression.
pub(super) fn expr(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, expr: &Expr) -> Res<Value> {
    match &expr.kind {
        Kind::Const(value) => Ok(value.clone()),
        Kind::Var(sym) => {
            let value = frame.get(*sym).or_else(|| call::global(vm.run(), frame.code.name(*sym)));
            Ok(value.unwrap_or_default())
        }
        _ => stacker::maybe_grow(128 << 10, 2 << 20, || compound(vm, frame, expr)),
    }
}

fn compound(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, expr: &Expr) -> Res<Value> {
    match &expr.kind {
        Kind::Const(_) | Kind::Var(_) => self::expr(vm, frame, expr),
        Kind::Call(call) => call_with(vm, frame, call, expr.at, None),
        Kind::Attr(object, name) => {
            let value = self::expr(vm, frame, object)?;
            if value.is_undefined() {
                if frame.lenient {
                    return Ok(Value::UNDEFINED);
                }
                let failed = undefined(frame, object.at);
                return located(vm, frame, object.at, failed);
            }
            Ok(methods::attr(&value, name))
        }
        Kind::Item(pair) => {
            let value = self::expr(vm, frame, &pair.0)?;
            let key = self::expr(vm, frame, &pair.1)?;
            if value.is_undefined() {
                if frame.lenient {
                    return Ok(Value::UNDEFINED);
                }
                let failed = undefined(frame, pair.0.at);
                return located(vm, frame, pair.0.at, failed);
            }
            Ok(ops::item(&value, &key))
        }
        Kind::And(pair) => {
            let left = self::expr(vm, frame, &pair.0)?;
            if left.is_true() { self::expr(vm, frame, &pair.1) } else { Ok(left) }
        }
        Kind::Or(pair) => {
            let left = self::expr(vm, frame, &pair.0)?;
            if left.is_true() { Ok(left) } else { self::expr(vm, frame, &pair.1) }
        }
        Kind::Not(operand) => Ok(Value::from(!self::expr(vm, frame, operand)?.is_true())),
        Kind::Neg(operand) => {
            let value = self::expr(vm, frame, operand)?;
            let result = match Num::of(&value) {
                Some(number) => number::neg(number),
                None if value.is_undefined() => undefined(frame, operand.at),
                None => Err(format!("bad operand type for unary -: '{}'", ops::type_name(&value)).into()),
            };
            located(vm, frame, expr.at, result)
        }
        Kind::Binary(op, pair) => {
            let left = self::expr(vm, frame, &pair.0)?;
            let right = self::expr(vm, frame, &pair.1)?;
            let result = match op {
                Binary::Concat => ops::binary(*op, &left, &right),
                _ if left.is_undefined() => undefined(frame, pair.0.at),
                _ if right.is_undefined() && left.as_str().is_none() => undefined(frame, pair.1.at),
                Binary::Add if right.is_undefined() => undefined(frame, pair.1.at),
                _ => ops::binary(*op, &left, &right),
            };
            located(vm, frame, expr.at, result)
        }
        Kind::Compare(first, rest) => {
            let mut left = self::expr(vm, frame, first)?;
            for (op, right) in rest {
                let right = self::expr(vm, frame, right)?;
                let result = ops::compare(*op, &left, &right);
                if !located(vm, frame, expr.at, result)? {
                    return Ok(Value::from(false));
                }
                left = right;
            }
            Ok(Value::from(true))
        }
        Kind::If(pair, otherwise) => {
            if self::expr(vm, frame, &pair.0)?.is_true() {
                return self::expr(vm, frame, &pair.1);
            }
            otherwise.as_ref().map_or(Ok(Value::UNDEFINED), |expr| self::expr(vm, frame, expr))
        }
        Kind::List(items) => Ok(List::value(all(vm, frame, items)?)),
        Kind::Tuple(items) => Ok(Value::from(Tuple::new(all(vm, frame, items)?))),
        Kind::Dict(pairs) => {
            let dict = Dict::with_capacity(pairs.len());
            for (key, value) in pairs {
                let at = key.at;
                let key = self::expr(vm, frame, key)?;
                let value = self::expr(vm, frame, value)?;
                let key = hashable(key);
                dict.insert(located(vm, frame, at, key)?, value);
            }
            Ok(Value::from_object(dict))
        }
        Kind::Slice(object, parts) => {
            let value = self::expr(vm, frame, object)?;
            let mut bounds = [Value::UNDEFINED, Value::UNDEFINED, Value::UNDEFINED];
            for (bound, part) in bounds.iter_mut().zip(parts.iter()) {
                if let Some(part) = part {
                    *bound = self::expr(vm, frame, part)?;
                }
            }
            let result = ops::slice(&value, &bounds);
            located(vm, frame, expr.at, result)
        }
        Kind::Filter(operand, call) => {
            let value = self::expr(vm, frame, operand)?;
            let result = filter(vm, frame, value, call);
            located(vm, frame, expr.at, result)
        }
        Kind::Test(operand, call) => {
            let value = self::expr(vm, frame, operand)?;
            let args = args(vm, frame, &call.args)?;
            let Some(run) = call.run else { return Ok(Value::from(false)) };
            let result = run(vm, &value, &args).map(Value::from);
            located(vm, frame, expr.at, result)
        }
    }
}

/// A value that may be a key.
pub(super) fn hashable(key: Value) -> Res<Value> {
    if !super::value::hashable(&key) {
        return Err(format!("unhashable type: '{}'", ops::type_name(&key)).into());
    }
    Ok(key)
}

fn all(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, exprs: &[Expr]) -> Res<Vec<Value>> {
    exprs.iter().map(|each| expr(vm, frame, each)).collect()
}

fn args(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, args: &[Arg]) -> Res<Args> {
    let mut out = Args { pos: Vec::with_capacity(args.len()), named: Vec::new() };
    for arg in args {
        match arg {
            Arg::Pos(arg) => out.pos.push(expr(vm, frame, arg)?),
            Arg::Named(name, arg) => out.named.push((name.clone(), expr(vm, frame, arg)?)),
            Arg::Splat(arg) => {
                let value = expr(vm, frame, arg)?;
                let items = ops::iterate(&value);
                out.pos.extend(located(vm, frame, arg.at, items)?);
            }
            Arg::NamedSplat(arg) => {
                let value = expr(vm, frame, arg)?;
                if !ops::is_dict(&value) && !value.is_undefined() {
                    let failed: Res<()> = Err(wrong("argument after ** must be a mapping"));
                    located(vm, frame, arg.at, failed)?;
                }
                let keys = ops::iterate(&value);
                for key in located(vm, frame, arg.at, keys)? {
                    let item = ops::item(&value, &key);
                    out.named.push((super::text::str_of(&key).as_ref().into(), item));
                }
            }
        }
    }
    Ok(out)
}

/// Applies a filter.
pub(super) fn filter(
    vm: &mut Vm<'_, '_, '_>,
    frame: &mut Frame,
    value: Value,
    call: &FilterCall,
) -> Res<Value> {
    let mut args = args(vm, frame, &call.args)?;
    vm.run().step()?;
    vm.run().site = frame.code.span(call.at);
    if let Some(run) = call.run {
        return run(vm, value, args);
    }
    let Some(function) = vm.run().engine.filters.get(&call.name).cloned() else {
        return Err(format!("no filter named `{}`", call.name).into());
    };
    args.pos.insert(0, value);
    call::call_value(vm, &function, args)
}

/// Makes a call; `caller` is the body of a `{% call %}`.
pub(super) fn call_with(
    vm: &mut Vm<'_, '_, '_>,
    frame: &mut Frame,
    call: &Call,
    at: At,
    caller: Option<Value>,
) -> Res<Value> {
    let at = At { start: at.start.min(call.callee.at.start), end: at.end };
    let (receiver, name) = match &call.callee.kind {
        Kind::Attr(object, name) => (Some((expr(vm, frame, object)?, object.at)), Some(name)),
        _ => (None, None),
    };
    let callee = match &receiver {
        None => expr(vm, frame, &call.callee)?,
        Some(_) => Value::UNDEFINED,
    };
    let mut args = args(vm, frame, &call.args)?;
    if let Some(caller) = caller {
        args.named.push(("caller".into(), caller));
    }
    vm.run().site = frame.code.span(at);
    if let (Some((value, receiver_at)), Some(name)) = (receiver, name) {
        if value.is_undefined() {
            if frame.lenient {
                return Ok(Value::UNDEFINED);
            }
            let failed = undefined(frame, receiver_at);
            return located(vm, frame, at, failed);
        }
        if let Some(package) = value.downcast_object_ref::<super::namespace::PackageValue>()
            && methods::attr(&value, name).is_undefined()
        {
            let name = format!("{}.{name}", package.name);
            let failed = Err(errors::unknown_macro(frame.code.span(call.callee.at), &name).into());
            return located(vm, frame, at, failed);
        }
        let result = named(methods::call(vm, &value, name, args), frame.code.source(call.callee.at));
        return located(vm, frame, at, result);
    }
    if callee.is_undefined() {
        if frame.lenient {
            return Ok(Value::UNDEFINED);
        }
        let source = frame.code.source(call.callee.at);
        let failed = Err(errors::unknown_macro(frame.code.span(call.callee.at), source).into());
        return located(vm, frame, at, failed);
    }
    if let Some(looped) = callee.downcast_object_ref::<Loop>() {
        let result = recurse(vm, frame, looped, args);
        return located(vm, frame, at, result);
    }
    let result = call::call_value(vm, &callee, args);
    let result = named(result, frame.code.source(call.callee.at));
    located(vm, frame, at, result)
}

/// minijinja says `missing argument` without saying of what.
fn named<T>(result: Res<T>, callee: &str) -> Res<T> {
    match result {
        Err(Stop::Fail(mut diagnostic))
            if diagnostic.code == Code::WRONG_ARGUMENTS && diagnostic.label.is_none() =>
        {
            if !diagnostic.message.contains('`') {
                diagnostic.message = format!("{} in the call of `{callee}`", diagnostic.message);
            }
            Err(Stop::Fail(diagnostic))
        }
        result => result,
    }
}

/// `loop(items)` in a recursive loop.
fn recurse(vm: &mut Vm<'_, '_, '_>, frame: &mut Frame, looped: &Loop, mut args: Args) -> Res<Value> {
    let (Some(depth), Some(body)) = (looped.next_depth(), frame.recursive.last().cloned()) else {
        return Err(wrong("the loop must have the 'recursive' marker to be called"));
    };
    let Some(items) = args.take(0, "iterable") else {
        return Err(wrong("the loop needs the items to go over"));
    };
    let name = "loop".into();
    let before = vm.run().enter(&name)?;
    let mut out = Buffer::new(vm.run().mapping);
    let result =
        stacker::maybe_grow(256 << 10, 4 << 20, || exec::for_loop(vm, frame, &body, &items, depth, &mut out));
    vm.run().leave(before);
    result?;
    Ok(vm.run().keep(out))
}

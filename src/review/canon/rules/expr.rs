//! Rules for expressions and conditions.

use crate::review::canon::is_pure;
use crate::review::canon::model::{Block, Distinct, Expr, Source};
use crate::sql::Dialect;

/// Applies them to every clause of a `select`.
pub(super) fn clauses(block: &mut Block, dialect: Dialect) {
    block.clauses_mut().for_each(|expr| simplify(expr, dialect));
    for Source { on, says, .. } in &mut block.sources {
        on.iter_mut().chain(says).for_each(|expr| simplify(expr, dialect));
        *on = conditions(std::mem::take(on));
    }
    block.filter = conditions(std::mem::take(&mut block.filter));
    block.having = conditions(std::mem::take(&mut block.having));
    block.qualify = conditions(std::mem::take(&mut block.qualify));
    if let Distinct::On(keys) = &mut block.distinct {
        keys.sort();
        keys.dedup();
    }
}

/// What has to be true, in single conditions, each once.
pub(super) fn conditions(all: Vec<Expr>) -> Vec<Expr> {
    let mut single = Vec::new();
    let mut waiting = all;
    while let Some(condition) = waiting.pop() {
        match condition {
            Expr::Node(head, parts) if &*head == "and" => waiting.extend(parts),
            Expr::Text(text) if &*text == "true" => {}
            other => single.push(other),
        }
    }
    single.sort();
    // A call that isn't known may give something else the second time.
    single.dedup_by(|a, b| a == b && is_pure(a));
    single
}

/// Rewrites an expression from the inside out.
fn simplify(expr: &mut Expr, dialect: Dialect) {
    let Expr::Node(_, parts) = expr else { return };
    for part in parts {
        simplify(part, dialect);
    }
    // Each rule gives something smaller or further along, so this ends.
    while let Some(next) = step(expr, dialect) {
        *expr = next;
    }
}

fn step(expr: &Expr, dialect: Dialect) -> Option<Expr> {
    let Expr::Node(head, parts) = expr else { return None };
    match (&**head, parts.as_slice()) {
        ("and" | "or", parts) => {
            let mut all: Vec<Expr> = Vec::new();
            for part in parts {
                match part.parts(head) {
                    Some(inner) => all.extend_from_slice(inner),
                    None => all.push(part.clone()),
                }
            }
            let neutral = if &**head == "and" { "true" } else { "false" };
            all.retain(|part| *part != Expr::text(neutral));
            all.sort();
            all.dedup_by(|a, b| a == b && is_pure(a));
            match all.len() {
                0 => Some(Expr::text(neutral)),
                1 => Some(all.remove(0)),
                _ => different(expr, Expr::node(head, all)),
            }
        }
        (">", [left, right]) => Some(Expr::node("<", vec![right.clone(), left.clone()])),
        (">=", [left, right]) => Some(Expr::node("<=", vec![right.clone(), left.clone()])),
        ("==", [left, right]) => Some(Expr::node("=", vec![left.clone(), right.clone()])),
        ("!=", [left, right]) => Some(Expr::node("<>", vec![left.clone(), right.clone()])),
        ("=" | "<>" | "is distinct", [left, right]) if right < left => {
            Some(Expr::node(head, vec![right.clone(), left.clone()]))
        }
        ("=", [left, right]) if left == right && constant(left) => Some(Expr::text("true")),
        ("not", [inner]) => negation(inner),
        ("between", [value, low, high]) if is_pure(value) => Some(Expr::node(
            "and",
            vec![
                Expr::node("<=", vec![low.clone(), value.clone()]),
                Expr::node("<=", vec![value.clone(), high.clone()]),
            ],
        )),
        ("in", [value, one]) => Some(Expr::node("=", vec![value.clone(), one.clone()])),
        ("in", [value, list @ ..]) if is_pure(value) && of_one_kind(list) => {
            let equal = |one: &Expr| Expr::node("=", vec![value.clone(), one.clone()]);
            Some(Expr::node("or", list.iter().map(equal).collect()))
        }
        ("case of", [value, rest @ ..]) if is_pure(value) => {
            let mut parts = Vec::new();
            for pair in rest.chunks(2) {
                match pair {
                    [when, then] => {
                        parts.push(Expr::node("=", vec![value.clone(), when.clone()]));
                        parts.push(then.clone());
                    }
                    otherwise => parts.extend_from_slice(otherwise),
                }
            }
            for condition in parts.iter_mut().step_by(2) {
                simplify(condition, dialect);
            }
            Some(Expr::node("case", parts))
        }
        ("fn if" | "fn iff" | "fn iif", [_, _]) => {
            Some(Expr::node("case", parts.iter().cloned().chain([Expr::text("null")]).collect()))
        }
        ("fn if" | "fn iff" | "fn iif", [_, _, _]) if dialect != Dialect::ClickHouse => {
            Some(Expr::node("case", parts.clone()))
        }
        ("fn ifnull" | "fn nvl", [_, _]) => Some(Expr::node("fn coalesce", parts.clone())),
        ("agg count", [Expr::Text(one)]) if &**one == "1" => {
            Some(Expr::node("agg count", vec![Expr::text("*")]))
        }
        ("agg count", []) if dialect == Dialect::ClickHouse || dialect == Dialect::DuckDb => {
            Some(Expr::node("agg count", vec![Expr::text("*")]))
        }
        ("over agg count", [Expr::Text(one)]) if &**one == "1" => {
            Some(Expr::node("over agg count", vec![Expr::text("*")]))
        }
        ("partition", parts) => {
            let mut keys = parts.to_vec();
            keys.sort();
            keys.dedup_by(|a, b| a == b && is_pure(a));
            different(expr, Expr::node("partition", keys))
        }
        ("exists", [Expr::Query(rel)]) => {
            let crate::review::canon::model::Rel::Select(block) = &**rel else { return None };
            // Whether there is a row does not hang on its columns, but an aggregate makes one of none.
            if !block.is_plain() || block.columns == [Expr::text("1")] || !block.columns.iter().all(is_pure) {
                return None;
            }
            let mut block = block.clone();
            block.columns = vec![Expr::text("1")];
            let rel = crate::review::canon::model::Rel::Select(block);
            Some(Expr::node("exists", vec![Expr::Query(Box::new(rel))]))
        }
        _ => None,
    }
}

/// What `not` of an expression is, in three-valued logic.
fn negation(inner: &Expr) -> Option<Expr> {
    let Expr::Node(head, parts) = inner else {
        return match inner {
            Expr::Text(text) if &**text == "true" => Some(Expr::text("false")),
            Expr::Text(text) if &**text == "false" => Some(Expr::text("true")),
            _ => None,
        };
    };
    let each = |head: &str| {
        let parts = parts.iter().map(|part| {
            let not = Expr::node("not", vec![part.clone()]);
            negation(part).unwrap_or(not)
        });
        Some(Expr::node(head, parts.collect()))
    };
    match &**head {
        "and" => each("or"),
        "or" => each("and"),
        "=" => Some(Expr::node("<>", parts.clone())),
        "<>" => Some(Expr::node("=", parts.clone())),
        // Only where what is negated twice is a truth value anyway.
        "not" if parts.iter().all(is_condition) => parts.first().cloned(),
        _ => None,
    }
}

fn is_condition(expr: &Expr) -> bool {
    matches!(expr, Expr::Node(head, _) if matches!(&**head,
        "and" | "or" | "not" | "=" | "<>" | "<" | "<=" | "is null" | "is distinct" | "in" | "in query" | "exists" | "like"
        | "ilike" | "between"))
}

/// Literals of one kind: numbers, or texts. Lists of several kinds are compared by rules of their own.
fn of_one_kind(list: &[Expr]) -> bool {
    let kind = |expr: &Expr| match expr {
        Expr::Text(text) if text.starts_with('\'') => Some(1),
        Expr::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(2),
        _ => None,
    };
    let first = list.first().and_then(kind);
    first.is_some() && list.iter().all(|one| kind(one) == first)
}

fn constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Text(text) if &**text != "null" && &**text != "*")
}

fn different(old: &Expr, new: Expr) -> Option<Expr> {
    (*old != new).then_some(new)
}

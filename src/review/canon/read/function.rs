//! Calls of functions, and windows.

use sqlparser::ast::{
    DuplicateTreatment, Expr as Ast, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, NamedWindowExpr, NullTreatment, ObjectName, ObjectNamePart,
    OrderByExpr, WindowFrameBound, WindowSpec, WindowType,
};

use super::names::Clause;
use super::{Reader, Result, not};
use crate::lineage::Kind;
use crate::lineage::functions::{is_date_part, is_window_only, kind_of, makes_values, takes_date_part};
use crate::review::canon::model::Expr;
use crate::review::canon::rules::functions::{is_clock, is_known};

impl Reader<'_> {
    pub(super) fn function(&mut self, function: &Function, clause: Clause) -> Result<Expr> {
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        if *uses_odbc_syntax {
            return Err(not("`{fn …}` is not known here"));
        }
        let mut name = called(name)?;
        if name == "substr" {
            "substring".clone_into(&mut name);
        }
        let kind = kind_of(&name);
        let is_aggregate = kind == Kind::Aggregate || is_window_only(&name);
        let mut parts = Vec::new();
        if let FunctionArguments::List(list) = parameters {
            parts.push(Expr::node("parameters", self.arguments(&name, list, clause)?));
        } else if !matches!(parameters, FunctionArguments::None) {
            return Err(not("a subquery among parameters is not known here"));
        }
        match args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => parts.push(self.subquery(query)?),
            FunctionArguments::List(list) => parts.extend(self.arguments(&name, list, clause)?),
        }
        if !within_group.is_empty() {
            parts.push(Expr::node("within group", self.order_keys(within_group, clause)?));
        }
        if let Some(filter) = filter {
            parts.push(Expr::node("filter", vec![self.expr(filter, clause)?]));
        }
        if let Some(nulls) = null_treatment {
            parts.push(Expr::text(nulls_text(*nulls)));
        }
        let is_dice = makes_values(&name) && !is_clock(&name);
        if is_dice {
            self.is_volatile = true;
        }
        let head = if is_dice {
            "dice "
        } else if is_aggregate {
            "agg "
        } else if is_known(&name) || is_clock(&name) {
            "fn "
        } else {
            "call "
        };
        let call = Expr::node(format!("{head}{name}"), parts);
        let Some(over) = over else { return Ok(call) };
        let call = match call {
            // Over a window it gathers no rows of its own.
            Expr::Node(_, parts) => Expr::node(format!("over {head}{name}"), parts),
            other => other,
        };
        let window = match over {
            WindowType::WindowSpec(spec) => self.window(spec, clause)?,
            WindowType::NamedWindow(name) => self.named_window(&self.key(name), clause)?,
        };
        Ok(Expr::node("over", vec![call, window]))
    }

    fn arguments(&mut self, name: &str, list: &FunctionArgumentList, clause: Clause) -> Result<Vec<Expr>> {
        let FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        let mut parts = Vec::new();
        if *duplicate_treatment == Some(DuplicateTreatment::Distinct) {
            parts.push(Expr::text("distinct"));
        }
        for arg in args {
            parts.push(self.argument(name, arg, clause)?);
        }
        for one in clauses {
            parts.push(match one {
                FunctionArgumentClause::IgnoreOrRespectNulls(nulls) => Expr::text(nulls_text(*nulls)),
                FunctionArgumentClause::Where(condition) => {
                    Expr::node("filter", vec![self.expr(condition, clause)?])
                }
                FunctionArgumentClause::OrderBy(keys) => Expr::node("order", self.order_keys(keys, clause)?),
                FunctionArgumentClause::Limit(count) => Expr::node("limit", vec![self.expr(count, clause)?]),
                other => return Err(not(format!("`{}` is not known here", shortened(&other.to_string())))),
            });
        }
        Ok(parts)
    }

    pub(super) fn argument(&mut self, function: &str, arg: &FunctionArg, clause: Clause) -> Result<Expr> {
        match arg {
            FunctionArg::Unnamed(value) => self.argument_value(function, value, clause),
            FunctionArg::Named { name, arg, operator } => {
                let value = self.argument_value(function, arg, clause)?;
                Ok(Expr::node(format!("named {operator} {}", self.key(name)), vec![value]))
            }
            FunctionArg::ExprNamed { name, arg, operator } => {
                let name = self.expr(name, clause)?;
                let value = self.argument_value(function, arg, clause)?;
                Ok(Expr::node(format!("named {operator}"), vec![name, value]))
            }
        }
    }

    fn argument_value(&mut self, function: &str, value: &FunctionArgExpr, clause: Clause) -> Result<Expr> {
        match value {
            FunctionArgExpr::Expr(Ast::Identifier(name))
                if takes_date_part(function) && is_date_part(name) =>
            {
                Ok(Expr::node("word", vec![Expr::text(name.value.to_lowercase())]))
            }
            FunctionArgExpr::Expr(Ast::Wildcard(_)) | FunctionArgExpr::Wildcard if function == "count" => {
                Ok(Expr::text("*"))
            }
            // What it stands for hangs on all columns that there are.
            FunctionArgExpr::Expr(Ast::Wildcard(_)) | FunctionArgExpr::Wildcard => {
                Err(not(format!("`{function}(*)` is not known here")))
            }
            FunctionArgExpr::Expr(expr) => self.expr(expr, clause),
            other => Err(not(format!("`{other}` is not known here"))),
        }
    }

    fn order_keys(&mut self, keys: &[OrderByExpr], clause: Clause) -> Result<Vec<Expr>> {
        keys.iter()
            .map(|key| {
                let expr = self.expr(&key.expr, clause)?;
                Self::order_key(key, expr)
            })
            .collect()
    }

    fn named_window(&mut self, key: &str, clause: Clause) -> Result<Expr> {
        let windows = self.scopes.last().map(|scope| scope.windows.clone()).unwrap_or_default();
        let definition = windows.iter().find(|window| self.key(&window.0) == key);
        match definition.map(|window| &window.1) {
            Some(NamedWindowExpr::WindowSpec(spec)) => self.window(spec, clause),
            Some(NamedWindowExpr::NamedWindow(other)) if self.key(other) != key => {
                self.named_window(&self.key(other), clause)
            }
            _ => Err(not(format!("no window `{key}` is found"))),
        }
    }

    fn window(&mut self, spec: &WindowSpec, clause: Clause) -> Result<Expr> {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = spec;
        if window_name.is_some() {
            return Err(not("a window made of another is not known here"));
        }
        let partition = Expr::node("partition", self.exprs(partition_by, clause)?);
        let order = Expr::node("order", self.order_keys(order_by, clause)?);
        let mut parts = vec![partition, order];
        if let Some(frame) = window_frame {
            let mut bounds = vec![self.bound(&frame.start_bound, clause)?];
            // `rows 3 preceding` ends at the current row.
            bounds.push(match &frame.end_bound {
                Some(bound) => self.bound(bound, clause)?,
                None => Expr::text("current row"),
            });
            parts.push(Expr::node(format!("frame {}", frame.units.to_string().to_lowercase()), bounds));
        }
        Ok(Expr::node("window", parts))
    }

    fn bound(&mut self, bound: &WindowFrameBound, clause: Clause) -> Result<Expr> {
        let (head, count) = match bound {
            WindowFrameBound::CurrentRow => return Ok(Expr::text("current row")),
            WindowFrameBound::Preceding(count) => ("preceding", count),
            WindowFrameBound::Following(count) => ("following", count),
        };
        Ok(Expr::node(head, self.exprs(count.as_deref(), clause)?))
    }
}

/// The name of what is called: folded, for no function's case counts without quotes.
fn called(name: &ObjectName) -> Result<String> {
    let parts: Option<Vec<String>> = name
        .0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(name) if name.quote_style.is_none() => Some(name.value.to_lowercase()),
            ObjectNamePart::Identifier(name) => Some(format!("\"{}\"", name.value)),
            ObjectNamePart::Function(_) => None,
        })
        .collect();
    Ok(parts.ok_or_else(|| not("a name made by a call is not known here"))?.join("."))
}

fn nulls_text(nulls: NullTreatment) -> &'static str {
    match nulls {
        NullTreatment::IgnoreNulls => "ignore nulls",
        NullTreatment::RespectNulls => "respect nulls",
    }
}

/// The beginning of a text, for a message.
pub(super) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

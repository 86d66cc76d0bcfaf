//! Expressions.

use sqlparser::ast::{
    AccessExpr, CastKind, Expr as Ast, Interval, JsonPathElem, OrderByExpr, OrderBySort, Subscript,
    UnaryOperator, Value,
};

use super::binding::Binding;
use super::names::Clause;
use super::{Reader, Result, not};
use crate::review::canon::model::Expr;
use crate::sql::Dialect;

impl Reader<'_> {
    /// An expression of a clause.
    pub(super) fn expr(&mut self, ast: &Ast, clause: Clause) -> Result<Expr> {
        self.grow(1)?;
        stacker::maybe_grow(64 << 10, 4 << 20, || self.expr_here(ast, clause))
    }

    pub(super) fn exprs<'e>(
        &mut self,
        all: impl IntoIterator<Item = &'e Ast>,
        clause: Clause,
    ) -> Result<Vec<Expr>> {
        all.into_iter().map(|one| self.expr(one, clause)).collect()
    }

    /// An operator and its operands.
    fn node<const N: usize>(&mut self, head: &str, parts: [&Ast; N], clause: Clause) -> Result<Expr> {
        Ok(Expr::node(head, self.operands(head, parts, clause)?))
    }

    fn operands<'e>(
        &mut self,
        head: &str,
        parts: impl IntoIterator<Item = &'e Ast>,
        clause: Clause,
    ) -> Result<Vec<Expr>> {
        let outer = Binding::of_head(head);
        let one = |ast| {
            let expr = self.expr(ast, clause)?;
            // Where engines don't agree on what binds tighter, the same words without brackets are not the same.
            Ok(if outer.holds(Binding::of(ast)) { expr } else { Expr::node("loose", vec![expr]) })
        };
        parts.into_iter().map(one).collect()
    }

    fn negated(negated: bool, expr: Expr) -> Expr {
        if negated { Expr::node("not", vec![expr]) } else { expr }
    }

    fn expr_here(&mut self, ast: &Ast, clause: Clause) -> Result<Expr> {
        Ok(match ast {
            Ast::Identifier(name) => self.name(name, clause)?,
            Ast::CompoundIdentifier(parts) => self.dotted(parts, clause)?,
            Ast::Nested(inner) => self.expr(inner, clause)?,
            Ast::Value(value) => self.value(&value.value)?,
            Ast::BinaryOp { op: sqlparser::ast::BinaryOperator::StringConcat, .. }
                if self.dialect.is_mysql() =>
            {
                return Err(not("`||` is `or` or joins texts, by a setting"));
            }
            Ast::BinaryOp { left, op, right } => {
                self.node(&op.to_string().to_lowercase(), [left, right], clause)?
            }
            Ast::UnaryOp { op: UnaryOperator::Not, expr } => self.node("not", [expr], clause)?,
            Ast::UnaryOp { op, expr } => self.node(&format!("unary {op}"), [expr], clause)?,
            Ast::IsFalse(expr) => self.node("is false", [expr], clause)?,
            Ast::IsNotFalse(expr) => self.node("is not false", [expr], clause)?,
            Ast::IsTrue(expr) => self.node("is true", [expr], clause)?,
            Ast::IsNotTrue(expr) => self.node("is not true", [expr], clause)?,
            Ast::IsNull(expr) => self.node("is null", [expr], clause)?,
            Ast::IsNotNull(expr) => Expr::node("not", vec![self.node("is null", [expr], clause)?]),
            Ast::IsUnknown(expr) => self.node("is unknown", [expr], clause)?,
            Ast::IsNotUnknown(expr) => self.node("is not unknown", [expr], clause)?,
            Ast::IsDistinctFrom(left, right) => self.node("is distinct", [left, right], clause)?,
            Ast::IsNotDistinctFrom(left, right) => {
                Expr::node("not", vec![self.node("is distinct", [left, right], clause)?])
            }
            Ast::InList { expr, list, negated } => {
                let mut parts = self.operands("in", [&**expr], clause)?;
                parts.extend(self.exprs(list, clause)?);
                Self::negated(*negated, Expr::node("in", parts))
            }
            Ast::InSubquery { expr, subquery, negated } => {
                let mut parts = self.operands("in", [&**expr], clause)?;
                parts.push(self.subquery(subquery)?);
                Self::negated(*negated, Expr::node("in query", parts))
            }
            Ast::InUnnest { expr, array_expr, negated } => {
                Self::negated(*negated, self.node("in unnest", [expr, array_expr], clause)?)
            }
            Ast::Between { expr, negated, low, high } => {
                Self::negated(*negated, self.node("between", [expr, low, high], clause)?)
            }
            Ast::Like { negated, any, expr, pattern, escape_char } => {
                let mut parts = self.operands("like", [&**expr, pattern], clause)?;
                parts.extend(self.exprs(escape_char.as_deref(), clause)?);
                Self::negated(*negated, Expr::node(if *any { "like any" } else { "like" }, parts))
            }
            Ast::ILike { negated, any, expr, pattern, escape_char } => {
                let mut parts = self.operands("like", [&**expr, pattern], clause)?;
                parts.extend(self.exprs(escape_char.as_deref(), clause)?);
                Self::negated(*negated, Expr::node(if *any { "ilike any" } else { "ilike" }, parts))
            }
            Ast::SimilarTo { negated, expr, pattern, escape_char } => {
                let mut parts = self.operands("like", [&**expr, pattern], clause)?;
                parts.extend(self.exprs(escape_char.as_deref(), clause)?);
                Self::negated(*negated, Expr::node("similar to", parts))
            }
            Ast::RLike { negated, expr, pattern, regexp: _ } => {
                Self::negated(*negated, self.node("rlike", [expr, pattern], clause)?)
            }
            Ast::AnyOp { left, compare_op, right, is_some: _ } => {
                self.node(&format!("any {compare_op}"), [left, right], clause)?
            }
            Ast::AllOp { left, compare_op, right } => {
                self.node(&format!("all {compare_op}"), [left, right], clause)?
            }
            Ast::Cast { kind, expr, data_type, format: None } => {
                let head = match kind {
                    CastKind::Cast | CastKind::DoubleColon => "cast",
                    CastKind::TryCast => "try_cast",
                    CastKind::SafeCast => "safe_cast",
                };
                let data_type = self.data_type(&data_type.to_string());
                let postfix = matches!(kind, CastKind::DoubleColon);
                let mut parts = if postfix {
                    self.operands("::", [&**expr], clause)?
                } else {
                    self.exprs([&**expr], clause)?
                };
                parts.push(data_type);
                Expr::node(head, parts)
            }
            Ast::TypedString(typed) if !typed.uses_odbc_syntax => {
                let data_type = self.data_type(&typed.data_type.to_string());
                // `date '2026-01-01'` is read when the query is, a cast when it runs; both give the same.
                let head = if self.is_meaning() { "cast" } else { "typed" };
                Expr::node(head, vec![self.value(&typed.value.value)?, data_type])
            }
            Ast::AtTimeZone { timestamp, time_zone } => {
                self.node("at time zone", [timestamp, time_zone], clause)?
            }
            Ast::Extract { field, syntax: _, expr } => {
                self.node(&format!("extract {}", field.to_string().to_lowercase()), [expr], clause)?
            }
            Ast::Ceil { expr, field } => self.node(&format!("ceil {field:?}"), [expr], clause)?,
            Ast::Floor { expr, field } => self.node(&format!("floor {field:?}"), [expr], clause)?,
            Ast::Position { expr, r#in } => self.node("position", [expr, r#in], clause)?,
            Ast::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
                // `substr(x, 2)` and `substring(x from 2)` are one function.
                let head = if substring_from.is_none() { "substring for" } else { "fn substring" };
                let mut parts = vec![self.expr(expr, clause)?];
                parts.extend(self.exprs(substring_from.as_deref(), clause)?);
                parts.extend(self.exprs(substring_for.as_deref(), clause)?);
                Expr::node(head, parts)
            }
            Ast::Trim { trim_where, trim_what, expr, trim_characters } => {
                let side = trim_where.map(|side| side.to_string().to_lowercase()).unwrap_or_default();
                let mut parts = vec![self.expr(expr, clause)?];
                parts.extend(self.exprs(trim_what.as_deref(), clause)?);
                parts.extend(self.exprs(trim_characters.iter().flatten(), clause)?);
                let what = if trim_what.is_some() { " what" } else { "" };
                Expr::node(format!("trim {side}{what}"), parts)
            }
            Ast::Collate { expr, collation } => {
                self.node(&format!("collate {}", collation.to_string().to_lowercase()), [expr], clause)?
            }
            Ast::Prefixed { prefix, value } => self.node(&format!("prefixed {prefix}"), [value], clause)?,
            Ast::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                let mut parts = Vec::new();
                let head = if operand.is_some() { "case of" } else { "case" };
                parts.extend(self.exprs(operand.as_deref(), clause)?);
                for when in conditions {
                    parts.push(self.expr(&when.condition, clause)?);
                    parts.push(self.expr(&when.result, clause)?);
                }
                let otherwise = match else_result {
                    Some(expr) => self.expr(expr, clause)?,
                    // Without `else` it is null.
                    None => Expr::text("null"),
                };
                parts.push(otherwise);
                Expr::node(head, parts)
            }
            Ast::Exists { subquery, negated } => {
                Self::negated(*negated, Expr::node("exists", vec![self.subquery(subquery)?]))
            }
            Ast::Subquery(query) => self.subquery(query)?,
            Ast::Tuple(parts) => Expr::node("tuple", self.exprs(parts, clause)?),
            Ast::Array(array) => Expr::node("array", self.exprs(&array.elem, clause)?),
            Ast::Interval(interval) => self.interval(interval, clause)?,
            Ast::Named { expr, name } => {
                Expr::node("named", vec![self.expr(expr, clause)?, Expr::text(&name.value)])
            }
            Ast::Struct { values, fields } => {
                let types = fields.iter().map(|field| Expr::text(field.to_string()));
                let head = if fields.is_empty() { "struct" } else { "typed struct" };
                let types: Vec<Expr> = types.collect();
                Expr::node(head, self.exprs(values, clause)?.into_iter().chain(types).collect())
            }
            Ast::Dictionary(fields) => {
                let mut parts = Vec::new();
                for field in fields {
                    parts.push(Expr::text(&field.key.value));
                    parts.push(self.expr(&field.value, clause)?);
                }
                Expr::node("dictionary", parts)
            }
            Ast::CompoundFieldAccess { root, access_chain } => {
                let mut parts = vec![self.expr(root, clause)?];
                for access in access_chain {
                    parts.push(self.access(access, clause)?);
                }
                Expr::node("access", parts)
            }
            Ast::JsonAccess { value, path } => {
                let mut parts = vec![self.expr(value, clause)?];
                for step in &path.path {
                    parts.push(match step {
                        JsonPathElem::Dot { key, quoted: _ } => Expr::text(key),
                        JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } => {
                            Expr::node("at", vec![self.expr(key, clause)?])
                        }
                    });
                }
                Expr::node("path", parts)
            }
            Ast::GroupingSets(sets) => self.sets("grouping sets", sets, clause)?,
            Ast::Cube(sets) => self.sets("cube", sets, clause)?,
            Ast::Rollup(sets) => self.sets("rollup", sets, clause)?,
            Ast::Function(function) => self.function(function, clause)?,
            other => {
                return Err(not(format!(
                    "`{}` is not known here",
                    super::function::shortened(&other.to_string())
                )));
            }
        })
    }

    fn sets(&mut self, head: &str, sets: &[Vec<Ast>], clause: Clause) -> Result<Expr> {
        let sets: Result<Vec<Expr>> =
            sets.iter().map(|set| Ok(Expr::node("tuple", self.exprs(set, clause)?))).collect();
        Ok(Expr::node(head, sets?))
    }

    fn access(&mut self, access: &AccessExpr, clause: Clause) -> Result<Expr> {
        Ok(match access {
            AccessExpr::Dot(Ast::Identifier(name)) => Expr::text(&name.value),
            AccessExpr::Dot(other) => self.expr(other, clause)?,
            AccessExpr::Subscript(Subscript::Index { index }) => {
                Expr::node("at", vec![self.expr(index, clause)?])
            }
            AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                let mut parts = Vec::new();
                for bound in [lower_bound, upper_bound, stride] {
                    parts.push(match bound {
                        Some(bound) => self.expr(bound, clause)?,
                        None => Expr::text("none"),
                    });
                }
                Expr::node("slice", parts)
            }
        })
    }

    fn interval(&mut self, interval: &Interval, clause: Clause) -> Result<Expr> {
        let Interval { value, leading_field, leading_precision, last_field, fractional_seconds_precision } =
            interval;
        let words = [
            leading_field.as_ref().map(ToString::to_string),
            leading_precision.map(|it| it.to_string()),
            last_field.as_ref().map(ToString::to_string),
            fractional_seconds_precision.map(|it| it.to_string()),
        ];
        let words = words.map(|word| word.unwrap_or_default().to_lowercase()).join(" ");
        Ok(Expr::node("interval", vec![self.expr(value, clause)?, Expr::text(words)]))
    }

    pub(super) fn subquery(&mut self, query: &sqlparser::ast::Query) -> Result<Expr> {
        let (rel, _) = self.query(query)?;
        Ok(Expr::Query(Box::new(rel)))
    }

    /// A literal.
    pub(super) fn value(&self, value: &Value) -> Result<Expr> {
        Ok(match value {
            Value::Number(text, _) => Expr::text(text.to_lowercase()),
            Value::SingleQuotedString(text) => Expr::text(format!("'{text}'")),
            Value::DoubleQuotedString(text) if self.dialect.double_quotes_are_strings() => {
                Expr::text(format!("'{text}'"))
            }
            Value::DoubleQuotedString(text) => {
                return Err(not(format!("`\"{text}\"` may be a name or a text")));
            }
            Value::Boolean(is) => Expr::text(if *is { "true" } else { "false" }),
            Value::Null => Expr::text("null"),
            Value::Placeholder(text) => Expr::node("parameter", vec![Expr::text(text)]),
            // Kinds of quotes with rules of their own are compared as they stand.
            other => Expr::node("literal", vec![Expr::text(format!("{other:?}"))]),
        })
    }

    /// A type, by one of its names.
    pub(super) fn data_type(&self, text: &str) -> Expr {
        let mut name = text.to_lowercase();
        if self.is_meaning() && self.dialect != Dialect::ClickHouse {
            let same = match name.as_str() {
                "int" | "int4" => "integer",
                "int8" => "bigint",
                "int2" => "smallint",
                "bool" => "boolean",
                "text" | "string" if self.dialect == Dialect::DuckDb => "varchar",
                "double precision" | "float8" => "double",
                "char varying" | "character varying" => "varchar",
                "decimal" => "numeric",
                other => other,
            };
            if same != name {
                name = String::from(same);
            }
            if let Some(rest) = name.strip_prefix("decimal(") {
                name = format!("numeric({rest}");
            }
        }
        Expr::text(name)
    }

    /// A key of an order, with its direction.
    pub(super) fn order_key(key: &OrderByExpr, expr: Expr) -> Result<Expr> {
        let OrderByExpr { expr: _, options, with_fill } = key;
        if with_fill.is_some() {
            return Err(not("`with fill` is not known here"));
        }
        let mut words = match &options.sort {
            None | Some(OrderBySort::Asc) => "asc".to_owned(),
            Some(OrderBySort::Desc) => "desc".to_owned(),
            Some(OrderBySort::Using(name)) => format!("using {name}"),
        };
        match options.nulls_first {
            Some(true) => words.push_str(" nulls first"),
            Some(false) => words.push_str(" nulls last"),
            None => {}
        }
        Ok(Expr::node("by", vec![expr, Expr::text(words)]))
    }
}

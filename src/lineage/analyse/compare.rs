//! Columns that are compared with literals, noted while their names are looked up.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

use super::Analyser;
use super::expr::Gathered;
use super::scope::Scope;
use crate::lineage::kind::Kind;
use crate::lineage::model::{Comparison, From, Literal};

impl Analyser<'_, '_> {
    /// Gathers what `expr` reads. If it is nothing but a column, the literals among `others` are noted beside it.
    ///
    /// The others are not gathered.
    pub(super) fn compared<'e>(
        &mut self,
        expr: &Expr,
        others: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) {
        let before = out.last.0;
        self.inner(expr, scope, kind, out);
        let Some(places) = self.places.filter(|_| is_name(expr)) else { return };
        // A whole row is several columns, and a field is another value than the column that has it.
        let (1, Some((From::Column(column), false))) = (out.last.0 - before, out.last.1) else { return };
        for other in others {
            let Some((literal, span)) = literal(other) else { continue };
            if let Some(span) = places.range(span) {
                self.comparisons.push(Comparison { column, literal, span });
            }
        }
    }
}

/// True for operators by which a value is, or is not, another.
pub(super) fn is_equality(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::Eq | BinaryOperator::NotEq | BinaryOperator::Spaceship)
}

/// True for a name, in brackets or not. An expression over a column is not the column.
fn is_name(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => is_name(inner),
        _ => false,
    }
}

/// A literal with its place; `NULL` is none.
pub(super) fn literal(expr: &Expr) -> Option<(Literal, sqlparser::tokenizer::Span)> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            (Literal::Number(number), span) => Some((Literal::Number(format!("-{number}").into()), span)),
            _ => None,
        },
        Expr::Value(value) => {
            let literal = match &value.value {
                Value::Number(number, _) => Literal::Number(number.clone().into()),
                Value::Boolean(bool) => Literal::Bool(*bool),
                Value::SingleQuotedString(text)
                | Value::DoubleQuotedString(text)
                | Value::TripleSingleQuotedString(text)
                | Value::TripleDoubleQuotedString(text)
                | Value::EscapedStringLiteral(text)
                | Value::UnicodeStringLiteral(text)
                | Value::SingleQuotedRawStringLiteral(text)
                | Value::DoubleQuotedRawStringLiteral(text)
                | Value::NationalStringLiteral(text) => Literal::Text(text.as_str().into()),
                Value::DollarQuotedString(text) => Literal::Text(text.value.as_str().into()),
                _ => return None,
            };
            Some((literal, value.span))
        }
        _ => None,
    }
}

//! What binds tighter, as far as all engines agree.

use sqlparser::ast::{BinaryOperator, CastKind, Expr as Ast, UnaryOperator};

/// Kinds of operators.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    Or,
    And,
    Not,
    Compare,
    /// `is null`, `in`, `like`, `between`.
    Predicate,
    Add,
    Multiply,
    Concat,
    /// A number with its sign.
    Signed,
    /// Any other operator.
    Other,
    /// Something in brackets, or of one piece.
    Whole,
}

impl Binding {
    /// The kind of an expression as it is written.
    pub(super) fn of(ast: &Ast) -> Self {
        match ast {
            Ast::BinaryOp { op, .. } => Self::of_operator(op),
            Ast::UnaryOp { op: UnaryOperator::Not, .. } => Self::Not,
            Ast::UnaryOp { expr, .. } if matches!(**expr, Ast::Value(_)) => Self::Signed,
            Ast::IsFalse(_)
            | Ast::IsNotFalse(_)
            | Ast::IsTrue(_)
            | Ast::IsNotTrue(_)
            | Ast::IsNull(_)
            | Ast::IsNotNull(_)
            | Ast::IsUnknown(_)
            | Ast::IsNotUnknown(_)
            | Ast::IsDistinctFrom(..)
            | Ast::IsNotDistinctFrom(..)
            | Ast::InList { .. }
            | Ast::InSubquery { .. }
            | Ast::InUnnest { .. }
            | Ast::Between { .. }
            | Ast::Like { .. }
            | Ast::ILike { .. } => Self::Predicate,
            Ast::UnaryOp { .. }
            | Ast::SimilarTo { .. }
            | Ast::RLike { .. }
            | Ast::AnyOp { .. }
            | Ast::AllOp { .. }
            | Ast::AtTimeZone { .. }
            | Ast::Collate { .. }
            | Ast::Interval(_) => Self::Other,
            Ast::Cast { kind: CastKind::DoubleColon, expr, .. } => match Self::of(expr) {
                Self::Whole => Self::Whole,
                _ => Self::Other,
            },
            _ => Self::Whole,
        }
    }

    fn of_operator(op: &BinaryOperator) -> Self {
        use BinaryOperator as B;
        match op {
            B::Or => Self::Or,
            B::And => Self::And,
            B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => Self::Compare,
            B::Plus | B::Minus => Self::Add,
            B::Multiply | B::Divide | B::Modulo => Self::Multiply,
            B::StringConcat => Self::Concat,
            _ => Self::Other,
        }
    }

    /// The kind of a node by its head.
    pub(super) fn of_head(head: &str) -> Self {
        match head {
            "or" => Self::Or,
            "and" => Self::And,
            "not" => Self::Not,
            "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" => Self::Compare,
            "+" | "-" => Self::Add,
            "*" | "/" | "%" => Self::Multiply,
            "||" => Self::Concat,
            "in" | "in unnest" | "like" | "between" => Self::Predicate,
            _ if head.starts_with("is ") => Self::Predicate,
            _ if head.starts_with("extract") || head.starts_with("ceil") || head.starts_with("floor") => {
                Self::Or
            }
            "position" => Self::Or,
            _ => Self::Other,
        }
    }

    /// Whether this operator holds an operand of that kind without brackets, in every engine.
    pub(super) fn holds(self, operand: Self) -> bool {
        use Binding::{Add, And, Compare, Concat, Multiply, Not, Or, Other, Predicate, Signed, Whole};
        match (self, operand) {
            (_, Whole) => true,
            (outer, Signed) => outer != Other,
            (Or, operand) => operand != Other,
            (And, operand) => !matches!(operand, Or | Other),
            (Not, operand) => matches!(operand, Not | Compare | Predicate),
            (Compare | Predicate, operand) => matches!(operand, Add | Multiply | Concat),
            (Add, operand) => matches!(operand, Add | Multiply),
            (Multiply, operand) => operand == Multiply,
            (Concat, operand) => operand == Concat,
            (Signed | Other | Whole, _) => false,
        }
    }
}

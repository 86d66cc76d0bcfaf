//! The code that templates are lowered to: minijinja's tree, owned, with places as offsets in the whole file.

use std::sync::Arc;

use minijinja::Value;

use super::filters::FilterFn;
use super::predicates::TestFn;
use crate::source::{FileId, Span};

/// A variable's number within one [`Code`].
pub(super) type Sym = u32;

/// Bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// One template or macro block.
pub(super) struct Code {
    pub(super) file: FileId,
    /// The whole file.
    pub(super) text: Arc<str>,
    pub(super) body: Vec<Stmt>,
    pub(super) symbols: Vec<Arc<str>>,
    /// Macros within see the variables of the top level as they are when called.
    pub(super) has_macros: bool,
    /// The text has carriage returns.
    pub(super) has_returns: bool,
}

impl Code {
    pub(super) fn span(&self, at: At) -> Span {
        Span { file: self.file, start: at.start, end: at.end }
    }

    pub(super) fn source(&self, at: At) -> &str {
        &self.text[at.start as usize..at.end as usize]
    }

    pub(super) fn name(&self, sym: Sym) -> &Arc<str> {
        &self.symbols[sym as usize]
    }
}

pub(super) enum Stmt {
    /// Text of the file.
    Raw(At),
    /// `{{ … }}`: the expression, and the place with its braces.
    Emit(Expr, At),
    For(Arc<For>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    With(Vec<(Target, Expr)>, Vec<Stmt>),
    Set(Target, Expr),
    SetBlock(Target, Vec<FilterCall>, Vec<Stmt>, At),
    FilterBlock(Vec<FilterCall>, Vec<Stmt>, At),
    Macro(Sym, Arc<MacroCode>),
    CallBlock(Call, At, Arc<MacroCode>),
    Do(Expr),
    Scope(Vec<Stmt>),
    Break,
    Continue,
    /// A statement that needs other templates: says so when it is reached.
    Unsupported(&'static str, At),
}

pub(super) struct For {
    pub(super) target: Target,
    pub(super) items: Expr,
    pub(super) filter: Option<Expr>,
    pub(super) recursive: bool,
    /// The variable `loop`, if the body mentions it.
    pub(super) loop_sym: Option<Sym>,
    pub(super) body: Vec<Stmt>,
    pub(super) otherwise: Vec<Stmt>,
    pub(super) at: At,
}

pub(super) enum Target {
    Name(Sym),
    /// An attribute of a `namespace()`.
    Attr(Expr, Arc<str>, At),
    Tuple(Vec<Target>, At),
}

pub(super) struct MacroCode {
    pub(super) name: Arc<str>,
    pub(super) params: Vec<Param>,
    pub(super) body: Vec<Stmt>,
    /// The variables `caller`, `kwargs`, `varargs`, where the body mentions them and no parameter has the name.
    pub(super) caller: Option<Sym>,
    pub(super) kwargs: Option<Sym>,
    pub(super) varargs: Option<Sym>,
}

pub(super) struct Param {
    pub(super) sym: Sym,
    pub(super) name: Arc<str>,
    pub(super) default: Option<Expr>,
}

pub(super) struct Expr {
    pub(super) at: At,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Const(Value),
    Var(Sym),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Attr(Box<Expr>, Arc<str>),
    Item(Box<(Expr, Expr)>),
    Slice(Box<Expr>, Box<[Option<Expr>; 3]>),
    Neg(Box<Expr>),
    Not(Box<Expr>),
    And(Box<(Expr, Expr)>),
    Or(Box<(Expr, Expr)>),
    Binary(Binary, Box<(Expr, Expr)>),
    Compare(Box<Expr>, Vec<(Compare, Expr)>),
    If(Box<(Expr, Expr)>, Option<Box<Expr>>),
    Filter(Box<Expr>, Box<FilterCall>),
    Test(Box<Expr>, Box<TestCall>),
    Call(Box<Call>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    Concat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

pub(super) struct Call {
    pub(super) callee: Expr,
    pub(super) args: Vec<Arg>,
}

pub(super) struct FilterCall {
    pub(super) name: Arc<str>,
    pub(super) run: Option<FilterFn>,
    pub(super) args: Vec<Arg>,
    pub(super) at: At,
}

pub(super) struct TestCall {
    pub(super) run: Option<TestFn>,
    pub(super) args: Vec<Arg>,
}

pub(super) enum Arg {
    Pos(Expr),
    Named(Arc<str>, Expr),
    Splat(Expr),
    NamedSplat(Expr),
}

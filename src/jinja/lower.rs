//! From text to [`Code`]: minijinja parses, what Python's Jinja allows beyond it is rewritten before.

use rustc_hash::FxHashMap;
use std::sync::Arc;

use minijinja::machinery::{ast, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, Value};

use super::code::{
    Arg, At, Binary, Call, Code, Compare, Expr, FilterCall, For, Kind, MacroCode, Param, Stmt, Sym, Target,
    TestCall,
};
use super::lex::{self, PieceKind};
use super::scan::{Block, BlockKind};
use super::{errors, filters, literal, predicates};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::closest;
use crate::source::{FileId, Span};

/// What the engine adds to the built-in filters and tests.
pub(super) struct Known<'k> {
    pub(super) filters: &'k FxHashMap<Arc<str>, Value>,
}

/// Compiles `range` of a file as a template.
pub(super) fn template(
    file: FileId,
    text: &Arc<str>,
    range: std::ops::Range<usize>,
    known: &Known<'_>,
) -> Result<Code, Box<Diagnostic>> {
    let original = Rewritten::new(&text[range.clone()], range.start);
    match compile(file, text, &original, known) {
        Err(error) => {
            let rewritten = original.as_jinja2();
            if rewritten.edits.is_empty() {
                return Err(error);
            }
            compile(file, text, &rewritten, known)
        }
        code => code,
    }
}

/// Compiles a macro block; the code's body is the one macro.
pub(super) fn block(
    file: FileId,
    text: &Arc<str>,
    block: &Block,
    known: &Known<'_>,
) -> Result<Code, Box<Diagnostic>> {
    let range = block.span.range();
    let mut original = Rewritten::new(&text[range.clone()], range.start);
    original.block_header(text, block);
    match compile(file, text, &original, known) {
        Err(error) => {
            let mut rewritten = original.as_jinja2();
            rewritten.without_types(text, block);
            if rewritten.edits.len() == original.edits.len() {
                return Err(error);
            }
            compile(file, text, &rewritten, known)
        }
        code => code,
    }
}

/// A text with replacements, and the way back to its offsets.
struct Rewritten<'t> {
    text: &'t str,
    base: usize,
    /// Ranges of `text` and what stands there instead, in order.
    edits: Vec<(std::ops::Range<usize>, String)>,
}

impl<'t> Rewritten<'t> {
    fn new(text: &'t str, base: usize) -> Self {
        Self { text, base, edits: Vec::new() }
    }

    fn edit(&mut self, range: std::ops::Range<usize>, replacement: String) {
        self.edits.push((range, replacement));
        self.edits.sort_by_key(|(range, _)| range.start);
    }

    /// Tests and materializations become macros.
    fn block_header(&mut self, text: &str, block: &Block) {
        if block.kind == BlockKind::Macro {
            return;
        }
        let name = block.name.span.range();
        let head = text[block.span.range().start..name.start].trim_end();
        let word = head.rfind(|char: char| !(char.is_alphanumeric() || char == '_')).map_or(0, |at| at + 1);
        self.edit(word..head.len(), "macro".to_owned());
        let signature = block.signature.range();
        let end = if matches!(block.kind, BlockKind::Test) { name.end } else { signature.end };
        let parens = if matches!(block.kind, BlockKind::Test) { "" } else { "()" };
        self.edit(name.start - self.base..end - self.base, format!("{}{parens}", block.macro_name));
        let tail = &self.text[block.body.end as usize - self.base..];
        if let Some(at) = tail.find("end") {
            let at = block.body.end as usize - self.base + at;
            self.edit(at..at + lex::word(&self.text[at..]), "endmacro".to_owned());
        }
    }

    /// Jinja2 lets `do` have any expression, a tag end in a colon, and a number have a plus.
    fn as_jinja2(&self) -> Self {
        let mut rewritten = Self { text: self.text, base: self.base, edits: self.edits.clone() };
        for piece in lex::lex(self.text, 0..self.text.len()).0 {
            match &piece.kind {
                PieceKind::Tag { rest, .. } => rewritten.without_plus(rest.clone()),
                PieceKind::Output => rewritten.without_plus(piece.span.start + 3..piece.span.end - 2),
                _ => {}
            }
            let PieceKind::Tag { name, rest } = piece.kind else { continue };
            if &self.text[name.clone()] == "do" {
                rewritten.edit(name, "set __do =".to_owned());
            } else if self.text[rest.clone()].trim_end().ends_with(':') {
                let at = rest.start + self.text[rest].trim_end().len() - 1;
                rewritten.edit(at..at + 1, String::new());
            }
        }
        rewritten
    }

    /// Blanks in place of each plus that has nothing on its left, which minijinja does not know.
    fn without_plus(&mut self, range: std::ops::Range<usize>) {
        let Some(code) = self.text.get(range.clone()) else { return };
        let (mut quote, mut escaped, mut left) = (None, false, '(');
        for (at, char) in code.char_indices() {
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if char == '\\' => escaped = true,
                Some(open) if char == open => quote = None,
                None if matches!(char, '\'' | '"') => quote = Some(char),
                None if char == '+' && "(,=[:{<>*/%~".contains(left) => {
                    self.edit(range.start + at..range.start + at + 1, " ".to_owned());
                }
                Some(_) | None => {}
            }
            if !char.is_whitespace() {
                left = char;
            }
        }
    }

    /// dbt allows `{% macro m(a: string) %}`; the types say nothing to us.
    fn without_types(&mut self, text: &str, block: &Block) {
        let range = block.signature.range();
        let (mut depth, mut quote, mut from) = (0i32, None, None);
        for (at, char) in text[range.clone()].char_indices() {
            let at = range.start + at - self.base;
            match (quote, char) {
                (Some(open), char) if open == char => quote = None,
                (None, '\'' | '"') => quote = Some(char),
                (None, ':') if depth == 1 => from = from.or(Some(at)),
                (None, ',' | '=' | ')') if depth == 1 => {
                    if let Some(start) = from.take() {
                        self.edit(start..at, String::new());
                    }
                    depth -= i32::from(char == ')');
                }
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => depth -= 1,
                _ => {}
            }
        }
    }

    fn build(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + 64);
        let mut at = 0;
        for (range, replacement) in &self.edits {
            out.push_str(&self.text[at..range.start]);
            out.push_str(replacement);
            at = range.end;
        }
        out.push_str(&self.text[at..]);
        out
    }

    /// The offset in the file of an offset in the built text.
    fn origin(&self, offset: usize) -> u32 {
        let (mut at, mut shift) = (offset, 0isize);
        for (range, replacement) in &self.edits {
            let start = range.start.wrapping_add_signed(shift);
            if offset <= start {
                break;
            }
            if offset < start + replacement.len() {
                return (self.base + range.start) as u32;
            }
            shift += replacement.len().cast_signed() - range.len().cast_signed();
            at = offset.wrapping_add_signed(-shift);
        }
        (self.base + at) as u32
    }
}

/// Compiles with room for a tree as deep as the longest expression may make it.
fn compile(
    file: FileId,
    text: &Arc<str>,
    rewritten: &Rewritten<'_>,
    known: &Known<'_>,
) -> Result<Code, Box<Diagnostic>> {
    if longest_tag(rewritten.text) > 2048 {
        return stacker::grow(128 << 20, || compile_here(file, text, rewritten, known));
    }
    compile_here(file, text, rewritten, known)
}

/// About how many bytes the longest tag has.
fn longest_tag(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut longest, mut open) = (0, None);
    for (at, pair) in bytes.windows(2).enumerate() {
        match (pair, open) {
            (b"{{" | b"{%", None) => open = Some(at),
            (b"}}" | b"%}", Some(start)) => {
                longest = longest.max(at - start);
                open = None;
            }
            _ => {}
        }
    }
    open.map_or(longest, |start| longest.max(bytes.len() - start))
}

fn compile_here(
    file: FileId,
    text: &Arc<str>,
    rewritten: &Rewritten<'_>,
    known: &Known<'_>,
) -> Result<Code, Box<Diagnostic>> {
    let built;
    let source = if rewritten.edits.is_empty() {
        rewritten.text
    } else {
        built = rewritten.build();
        &built
    };
    let parsed = parse(source, "", SyntaxConfig::default());
    let tree = parsed.map_err(|error| syntax_error(file, text, rewritten, &error))?;
    let mut lower = Lower {
        file,
        source,
        rewritten,
        known,
        symbols: Vec::new(),
        numbers: FxHashMap::default(),
        loops: Vec::new(),
        mentions: Vec::new(),
        has_macros: false,
        conditions: 0,
        depth: 0,
    };
    let body = match &tree {
        ast::Stmt::Template(template) => lower.stmts(&template.children)?,
        _ => Vec::new(),
    };
    let Lower { symbols, has_macros, .. } = lower;
    Ok(Code { file, text: text.clone(), body, symbols, has_macros, has_returns: source.contains('\r') })
}

fn syntax_error(file: FileId, text: &str, rewritten: &Rewritten<'_>, error: &Error) -> Box<Diagnostic> {
    let end = rewritten.base + rewritten.text.len();
    let range = error.range().unwrap_or(0..0);
    let start = rewritten.origin(range.start) as usize;
    let stop = (rewritten.origin(range.end) as usize).clamp(start, end.max(start));
    let (pieces, unclosed) = lex::lex(text, rewritten.base..end);
    if let Some(unclosed) = unclosed {
        let at = Span::new(file, unclosed.span.start, unclosed.span.end);
        return Box::new(errors::unclosed(at, unclosed.what, unclosed.closing));
    }
    if let Some(diagnostic) = unbalanced(file, text, &pieces) {
        return Box::new(diagnostic);
    }
    let message = error.detail().unwrap_or("this is not well-formed").to_owned();
    Box::new(errors::syntax(Span::new(file, start, stop), &message))
}

/// The first block tag that is not closed, or that closes nothing.
fn unbalanced(file: FileId, text: &str, pieces: &[lex::Piece]) -> Option<Diagnostic> {
    let mut open: Vec<(&str, Span)> = Vec::new();
    for piece in pieces {
        let PieceKind::Tag { name, rest } = &piece.kind else { continue };
        let (word, rest) = (&text[name.clone()], &text[rest.clone()]);
        let at = Span::new(file, piece.span.start, piece.span.end);
        let opens = match word {
            "set" => !rest.contains('=') || rest.split('=').next().is_some_and(|head| head.contains('|')),
            "for" | "if" | "macro" | "call" | "filter" | "with" | "block" | "autoescape" | "test"
            | "materialization" | "snapshot" | "docs" => true,
            _ => false,
        };
        if opens {
            open.push((word, at));
        } else if let Some(started) = word.strip_prefix("end") {
            match open.pop() {
                Some((word, _)) if word == started => {}
                Some((word, opened)) => {
                    return Some(
                        errors::unclosed_block(opened, word, "").related(at, "something else is closed here"),
                    );
                }
                None => return Some(errors::closes_nothing(at, word, started)),
            }
        }
    }
    open.pop().map(|(word, at)| errors::unclosed_block(at, word, ""))
}

/// What a macro's body, or a call block's, mentions of the names that Jinja gives it.
#[derive(Default)]
struct Mentions {
    caller: bool,
    kwargs: bool,
    varargs: bool,
}

struct Lower<'l> {
    file: FileId,
    source: &'l str,
    rewritten: &'l Rewritten<'l>,
    known: &'l Known<'l>,
    symbols: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, Sym>,
    /// Whether each open loop's body mentions `loop`.
    loops: Vec<bool>,
    mentions: Vec<Mentions>,
    has_macros: bool,
    /// Within how many conditions: there Jinja2 lets an unknown filter be, until it is used.
    conditions: usize,
    depth: usize,
}

/// Operators and calls in a row nest too: `a ~ b ~ c`.
const DEEPEST: usize = 3000;

type Lowered<T> = Result<T, Box<Diagnostic>>;

impl Lower<'_> {
    fn at(&self, span: minijinja::machinery::Span) -> At {
        let start = self.rewritten.origin(span.start_offset as usize);
        let end = self.rewritten.origin(span.end_offset as usize);
        At { start, end: end.max(start) }
    }

    fn sym(&mut self, name: &str) -> Sym {
        if let Some(sym) = self.numbers.get(name) {
            return *sym;
        }
        let name: Arc<str> = Arc::from(name);
        let sym = self.symbols.len() as Sym;
        self.symbols.push(name.clone());
        self.numbers.insert(name, sym);
        sym
    }

    fn stmts(&mut self, stmts: &[ast::Stmt<'_>]) -> Lowered<Vec<Stmt>> {
        let mut out = Vec::with_capacity(stmts.len());
        for stmt in stmts {
            self.stmt(stmt, &mut out)?;
        }
        Ok(out)
    }

    fn stmt(&mut self, stmt: &ast::Stmt<'_>, out: &mut Vec<Stmt>) -> Lowered<()> {
        let lowered = match stmt {
            ast::Stmt::Template(template) => Stmt::Scope(self.stmts(&template.children)?),
            ast::Stmt::EmitExpr(emit) => {
                let at = self.emit_at(emit.span());
                Stmt::Emit(self.expr(&emit.expr)?, at)
            }
            ast::Stmt::EmitRaw(raw) => {
                // The raw text is a slice of the parsed source; its address tells the offset.
                let address = raw.raw.as_ptr() as usize;
                let offset = address.checked_sub(self.source.as_ptr() as usize);
                let within =
                    offset.filter(|offset| self.source.get(*offset..offset + raw.raw.len()) == Some(raw.raw));
                let offset = within.unwrap_or(raw.span().start_offset as usize);
                let start = self.rewritten.origin(offset);
                Stmt::Raw(At { start, end: start + raw.raw.len() as u32 })
            }
            ast::Stmt::ForLoop(ast) => self.for_loop(ast)?,
            ast::Stmt::IfCond(cond) => {
                let test = self.expr(&cond.expr)?;
                self.conditions += 1;
                let (then, otherwise) = (self.stmts(&cond.true_body)?, self.stmts(&cond.false_body)?);
                self.conditions -= 1;
                Stmt::If(test, then, otherwise)
            }
            ast::Stmt::WithBlock(with) => {
                let mut assignments = Vec::new();
                for (target, value) in &with.assignments {
                    let value = self.expr(value)?;
                    assignments.push((self.target(target)?, value));
                }
                Stmt::With(assignments, self.stmts(&with.body)?)
            }
            ast::Stmt::Set(set) => {
                let value = self.expr(&set.expr)?;
                match &set.target {
                    ast::Expr::Var(var) if var.id == "__do" => Stmt::Do(value),
                    target => Stmt::Set(self.target(target)?, value),
                }
            }
            ast::Stmt::SetBlock(set) => {
                let at = self.at(set.span());
                let filters = set.filter.as_ref().map_or(Ok(Vec::new()), |filter| self.filters(filter))?;
                let target = self.target(&set.target)?;
                Stmt::SetBlock(target, filters, self.stmts(&set.body)?, at)
            }
            ast::Stmt::AutoEscape(block) => Stmt::Scope(self.stmts(&block.body)?),
            ast::Stmt::FilterBlock(block) => {
                let at = self.at(block.span());
                let filters = self.filters(&block.filter)?;
                Stmt::FilterBlock(filters, self.stmts(&block.body)?, at)
            }
            ast::Stmt::Block(block) => Stmt::Scope(self.stmts(&block.body)?),
            ast::Stmt::Extends(node) => Stmt::Unsupported("extends", self.at(node.span())),
            ast::Stmt::Include(node) => Stmt::Unsupported("include", self.at(node.span())),
            ast::Stmt::Import(node) => Stmt::Unsupported("import", self.at(node.span())),
            ast::Stmt::FromImport(node) => Stmt::Unsupported("import", self.at(node.span())),
            ast::Stmt::Macro(decl) => {
                self.has_macros = true;
                let sym = self.sym(decl.name);
                Stmt::Macro(sym, Arc::new(self.macro_code(decl)?))
            }
            ast::Stmt::CallBlock(block) => {
                let at = self.at(block.call.span());
                let call = self.call(&block.call)?;
                Stmt::CallBlock(call, at, Arc::new(self.macro_code(&block.macro_decl)?))
            }
            ast::Stmt::Continue(_) => Stmt::Continue,
            ast::Stmt::Break(_) => Stmt::Break,
            ast::Stmt::Do(node) => {
                let at = self.at(node.call.span());
                let call = self.call(&node.call)?;
                let at = At { start: at.start.min(call.callee.at.start), end: at.end };
                Stmt::Do(Expr { at, kind: Kind::Call(Box::new(call)) })
            }
        };
        out.push(lowered);
        Ok(())
    }

    /// The place of a `{{ … }}` with its braces: minijinja's ends before the closing ones.
    fn emit_at(&self, span: minijinja::machinery::Span) -> At {
        let start = span.start_offset as usize;
        let end = (span.end_offset as usize).min(self.source.len());
        let end = self.source[end..].find("}}").map_or(end, |found| end + found + 2);
        At { start: self.rewritten.origin(start), end: self.rewritten.origin(end) }
    }

    fn for_loop(&mut self, ast: &ast::Spanned<ast::ForLoop<'_>>) -> Lowered<Stmt> {
        let at = self.at(ast.span());
        let items = self.expr(&ast.iter)?;
        let target = self.target(&ast.target)?;
        self.loops.push(false);
        let filter = ast.filter_expr.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let body = self.stmts(&ast.body)?;
        let mentions = self.loops.pop().unwrap_or(false);
        let otherwise = self.stmts(&ast.else_body)?;
        let loop_sym = mentions.then(|| self.sym("loop"));
        let at = At { start: at.start, end: items.at.end.max(at.start) };
        let recursive = ast.recursive;
        Ok(Stmt::For(Arc::new(For { target, items, filter, recursive, loop_sym, body, otherwise, at })))
    }

    fn macro_code(&mut self, decl: &ast::Macro<'_>) -> Lowered<MacroCode> {
        let mut params = Vec::with_capacity(decl.args.len());
        self.mentions.push(Mentions::default());
        let required = decl.args.len() - decl.defaults.len();
        for (number, param) in decl.args.iter().enumerate() {
            let ast::Expr::Var(var) = param else { continue };
            let default = match number.checked_sub(required) {
                Some(at) => Some(self.expr(&decl.defaults[at])?),
                None => None,
            };
            let sym = self.sym(var.id);
            params.push(Param { sym, name: self.symbols[sym as usize].clone(), default });
        }
        let body = self.stmts(&decl.body)?;
        let mentions = self.mentions.pop().unwrap_or_default();
        let has = |name: &str| params.iter().any(|param| &*param.name == name);
        let wanted = [
            ("caller", mentions.caller && !has("caller")),
            ("kwargs", mentions.kwargs && !has("kwargs")),
            ("varargs", mentions.varargs && !has("varargs")),
        ];
        let [caller, kwargs, varargs] = wanted.map(|(name, wanted)| wanted.then(|| self.sym(name)));
        Ok(MacroCode { name: Arc::from(decl.name), params, body, caller, kwargs, varargs })
    }

    fn target(&mut self, target: &ast::Expr<'_>) -> Lowered<Target> {
        Ok(match target {
            ast::Expr::Var(var) => Target::Name(self.sym(var.id)),
            ast::Expr::GetAttr(attr) => {
                let at = self.at(attr.span());
                Target::Attr(self.expr(&attr.expr)?, Arc::from(attr.name), at)
            }
            ast::Expr::List(list) => {
                let at = self.at(list.span());
                Target::Tuple(list.items.iter().map(|item| self.target(item)).collect::<Lowered<_>>()?, at)
            }
            other => {
                let span = self.at(other.span());
                let at = Span { file: self.file, start: span.start, end: span.end };
                return Err(Box::new(errors::syntax(at, "this can't be assigned to")));
            }
        })
    }

    fn exprs(&mut self, exprs: &[ast::Expr<'_>]) -> Lowered<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn pair(&mut self, left: &ast::Expr<'_>, right: &ast::Expr<'_>) -> Lowered<Box<(Expr, Expr)>> {
        Ok(Box::new((self.expr(left)?, self.expr(right)?)))
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> Lowered<Box<Expr>> {
        Ok(Box::new(self.expr(expr)?))
    }

    fn expr(&mut self, expr: &ast::Expr<'_>) -> Lowered<Expr> {
        if self.depth > DEEPEST {
            let at = self.at(expr.span());
            return Err(Box::new(errors::syntax(self.span(at), "this expression is nested too deep")));
        }
        self.depth += 1;
        let lowered = self.expr_here(expr);
        self.depth -= 1;
        lowered
    }

    fn expr_here(&mut self, expr: &ast::Expr<'_>) -> Lowered<Expr> {
        let mut at = self.at(expr.span());
        // minijinja's spans of operators and calls may begin late or early; the first operand knows.
        let mut from = |first: &Expr| at.start = first.at.start;
        let kind = match expr {
            ast::Expr::Var(var) => {
                self.mention(var.id);
                Kind::Var(self.sym(var.id))
            }
            ast::Expr::Const(constant) => {
                let written = constant_text(expr, self.source);
                Kind::Const(
                    literal::value(written, &constant.value).unwrap_or_else(|| newlines(&constant.value)),
                )
            }
            ast::Expr::Slice(slice) => {
                let object = self.boxed(&slice.expr)?;
                from(&object);
                let mut part =
                    |part: &Option<ast::Expr<'_>>| part.as_ref().map(|part| self.expr(part)).transpose();
                let parts = [part(&slice.start)?, part(&slice.stop)?, part(&slice.step)?];
                Kind::Slice(object, Box::new(parts))
            }
            ast::Expr::UnaryOp(op) => {
                let operand = self.boxed(&op.expr)?;
                match op.op {
                    ast::UnaryOpKind::Not => Kind::Not(operand),
                    ast::UnaryOpKind::Neg => Kind::Neg(operand),
                }
            }
            ast::Expr::BinOp(op) => {
                let pair = self.pair(&op.left, &op.right)?;
                from(&pair.0);
                let compare =
                    |op, pair: Box<(Expr, Expr)>| Kind::Compare(Box::new(pair.0), vec![(op, pair.1)]);
                match op.op {
                    ast::BinOpKind::Eq => compare(Compare::Eq, pair),
                    ast::BinOpKind::Ne => compare(Compare::Ne, pair),
                    ast::BinOpKind::Lt => compare(Compare::Lt, pair),
                    ast::BinOpKind::Lte => compare(Compare::Le, pair),
                    ast::BinOpKind::Gt => compare(Compare::Gt, pair),
                    ast::BinOpKind::Gte => compare(Compare::Ge, pair),
                    ast::BinOpKind::In => compare(Compare::In, pair),
                    ast::BinOpKind::ScAnd => Kind::And(pair),
                    ast::BinOpKind::ScOr => Kind::Or(pair),
                    ast::BinOpKind::Add => Kind::Binary(Binary::Add, pair),
                    ast::BinOpKind::Sub => Kind::Binary(Binary::Sub, pair),
                    ast::BinOpKind::Mul => Kind::Binary(Binary::Mul, pair),
                    ast::BinOpKind::Div => Kind::Binary(Binary::Div, pair),
                    ast::BinOpKind::FloorDiv => Kind::Binary(Binary::FloorDiv, pair),
                    ast::BinOpKind::Rem => Kind::Binary(Binary::Rem, pair),
                    ast::BinOpKind::Pow => Kind::Binary(Binary::Pow, pair),
                    ast::BinOpKind::Concat => Kind::Binary(Binary::Concat, pair),
                }
            }
            ast::Expr::Compare(compare) => {
                let first = self.boxed(&compare.expr)?;
                from(&first);
                let mut rest = Vec::with_capacity(compare.ops.len());
                for op in &compare.ops {
                    rest.push((compare_op(op.op), self.expr(&op.expr)?));
                }
                Kind::Compare(first, rest)
            }
            ast::Expr::IfExpr(cond) => {
                self.conditions += 1;
                let pair = self.pair(&cond.test_expr, &cond.true_expr)?;
                let otherwise = cond.false_expr.as_ref().map(|expr| self.boxed(expr)).transpose()?;
                self.conditions -= 1;
                from(&pair.1);
                Kind::If(pair, otherwise)
            }
            ast::Expr::Filter(filter) => {
                let Some(operand) = &filter.expr else {
                    return Err(Box::new(errors::syntax(
                        self.span(at),
                        "a filter needs something to work on",
                    )));
                };
                let operand = self.boxed(operand)?;
                from(&operand);
                Kind::Filter(
                    operand,
                    Box::new(self.filter(filter.name, &filter.args, self.at(filter.span()))?),
                )
            }
            ast::Expr::Test(test) => {
                let operand = self.boxed(&test.expr)?;
                from(&operand);
                let run = predicates::find(test.name);
                if run.is_none() {
                    let near = closest(test.name, predicates::names());
                    let at = self.span(self.at(test.span()));
                    return Err(Box::new(errors::unknown_filter(at, "test", test.name, near)));
                }
                let args = self.args(&test.args)?;
                Kind::Test(operand, Box::new(TestCall { run, args }))
            }
            ast::Expr::GetAttr(attr) => {
                let object = self.boxed(&attr.expr)?;
                from(&object);
                Kind::Attr(object, Arc::from(attr.name))
            }
            ast::Expr::GetItem(item) => {
                let pair = self.pair(&item.expr, &item.subscript_expr)?;
                from(&pair.0);
                Kind::Item(pair)
            }
            ast::Expr::Call(call) => {
                let call = self.call(call)?;
                from(&call.callee);
                Kind::Call(Box::new(call))
            }
            ast::Expr::List(list) => Kind::List(self.exprs(&list.items)?),
            ast::Expr::Tuple(tuple) => Kind::Tuple(self.exprs(&tuple.items)?),
            ast::Expr::Map(map) => {
                let mut pairs = Vec::with_capacity(map.keys.len());
                for (key, value) in map.keys.iter().zip(&map.values) {
                    pairs.push((self.expr(key)?, self.expr(value)?));
                }
                Kind::Dict(pairs)
            }
        };
        Ok(Expr { at, kind })
    }

    fn span(&self, at: At) -> Span {
        Span { file: self.file, start: at.start, end: at.end }
    }

    fn mention(&mut self, name: &str) {
        match name {
            "loop" => self.loops.iter_mut().for_each(|mentioned| *mentioned = true),
            "caller" => self.mentions.iter_mut().for_each(|mentions| mentions.caller = true),
            "kwargs" => self.mentions.iter_mut().for_each(|mentions| mentions.kwargs = true),
            "varargs" => self.mentions.iter_mut().for_each(|mentions| mentions.varargs = true),
            _ => {}
        }
    }

    fn call(&mut self, call: &ast::Call<'_>) -> Lowered<Call> {
        Ok(Call { callee: self.expr(&call.expr)?, args: self.args(&call.args)? })
    }

    fn args(&mut self, args: &[ast::CallArg<'_>]) -> Lowered<Vec<Arg>> {
        args.iter()
            .map(|arg| {
                Ok(match arg {
                    ast::CallArg::Pos(expr) => Arg::Pos(self.expr(expr)?),
                    ast::CallArg::Kwarg(name, expr) => Arg::Named(Arc::from(*name), self.expr(expr)?),
                    ast::CallArg::PosSplat(expr) => Arg::Splat(self.expr(expr)?),
                    ast::CallArg::KwargSplat(expr) => Arg::NamedSplat(self.expr(expr)?),
                })
            })
            .collect()
    }

    /// A chain of filters, first one first.
    fn filters(&mut self, filter: &ast::Expr<'_>) -> Lowered<Vec<FilterCall>> {
        let ast::Expr::Filter(filter) = filter else { return Ok(Vec::new()) };
        let mut chain = filter.expr.as_ref().map_or(Ok(Vec::new()), |inner| self.filters(inner))?;
        chain.push(self.filter(filter.name, &filter.args, self.at(filter.span()))?);
        Ok(chain)
    }

    fn filter(&mut self, name: &str, args: &[ast::CallArg<'_>], at: At) -> Lowered<FilterCall> {
        let run = filters::find(name);
        if run.is_none() && self.conditions == 0 && !self.known.filters.contains_key(name) {
            let near = closest(name, filters::names());
            return Err(Box::new(errors::unknown_filter(self.span(at), "filter", name, near)));
        }
        Ok(FilterCall { name: Arc::from(name), run, args: self.args(args)?, at })
    }
}

fn compare_op(op: ast::CompareOpKind) -> Compare {
    match op {
        ast::CompareOpKind::Eq => Compare::Eq,
        ast::CompareOpKind::Ne => Compare::Ne,
        ast::CompareOpKind::Lt => Compare::Lt,
        ast::CompareOpKind::Lte => Compare::Le,
        ast::CompareOpKind::Gt => Compare::Gt,
        ast::CompareOpKind::Gte => Compare::Ge,
        ast::CompareOpKind::In => Compare::In,
        ast::CompareOpKind::NotIn => Compare::NotIn,
    }
}

/// The text that a constant was read from.
fn constant_text<'s>(expr: &ast::Expr<'_>, source: &'s str) -> &'s str {
    let span = expr.span();
    source.get(span.start_offset as usize..span.end_offset as usize).unwrap_or_default()
}

/// Jinja2 reads every line ending as `\n`, in string literals too.
fn newlines(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.contains('\r') => Value::from(text.replace("\r\n", "\n")),
        _ => value.clone(),
    }
}

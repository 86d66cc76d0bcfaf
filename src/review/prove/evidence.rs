//! What the queries say of columns: which are compared with each other, with which values, what is done with them.
//!
//! Columns are told apart by their names alone, and names that are compared with each other are one class: they get
//! their values from the same domain, so that joins find something.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rustc_hash::FxHashMap;
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select,
    SelectItem, SetExpr, UnaryOperator, Value, ValueWithSpan, Visit, Visitor, visit_expressions,
};

use super::kind::Kind;
use super::literal::{self, Literal};
use crate::sql::{Dialect, TokenKind, parse, tokens};

/// What is known of the columns of two queries.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    by_name: FxHashMap<String, usize>,
    /// All names in the order in which they were met.
    names: Vec<String>,
    /// For each name the one it is put together with, itself if none.
    parents: Vec<usize>,
    votes: Vec<Votes>,
    literals: Vec<BTreeSet<Literal>>,
    /// What text is cast to.
    casts: Vec<Option<Kind>>,
    /// All values that the queries write out.
    pub(super) general: BTreeSet<Literal>,
}

/// How often something speaks for a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Votes {
    number: u32,
    decimal: u32,
    text: u32,
    date: u32,
    timestamp: u32,
    boolean: u32,
    list: u32,
    json: u32,
}

impl Evidence {
    /// Reads queries of DuckDB; of one that can't be parsed only the values are taken.
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut evidence = Self::default();
        for text in texts {
            if let Ok(parsed) = parse(Dialect::DuckDb, text) {
                let ControlFlow::<()>::Continue(()) = parsed.statements.visit(&mut evidence) else {
                    continue;
                };
                stacker::maybe_grow(256 << 10, 16 << 20, || drop(parsed));
            } else {
                evidence.tokens(text);
            }
        }
        evidence
    }

    fn tokens(&mut self, text: &str) {
        for token in tokens(Dialect::DuckDb, text) {
            let word = token.text(text);
            let value = match token.kind {
                TokenKind::Number => Value::Number(word.to_owned(), false),
                TokenKind::String => Value::SingleQuotedString(word.trim_matches('\'').replace("''", "'")),
                _ => continue,
            };
            self.general.extend(Literal::of_value(&value));
        }
    }

    /// The class of a column's name.
    pub(super) fn class(&mut self, name: &str) -> usize {
        let name = name.to_lowercase();
        let next = self.parents.len();
        let place = *self.by_name.entry(name.clone()).or_insert(next);
        if place == next {
            self.names.push(name);
            self.parents.push(next);
            self.votes.push(Votes::default());
            self.literals.push(BTreeSet::new());
            self.casts.push(None);
        }
        self.root(place)
    }

    fn root(&self, mut place: usize) -> usize {
        while self.parents[place] != place {
            place = self.parents[place];
        }
        place
    }

    /// Puts two names into one class.
    pub(super) fn unite(&mut self, one: &str, other: &str) {
        let (one, other) = (self.class(one), self.class(other));
        if one == other {
            return;
        }
        let (into, from) = (one.min(other), one.max(other));
        self.parents[from] = into;
        let literals = std::mem::take(&mut self.literals[from]);
        self.literals[into].extend(literals);
        let votes = self.votes[from];
        self.votes[into].add(votes);
        if self.casts[into].is_none() {
            self.casts[into] = self.casts[from].take();
        }
    }

    /// The values that columns of a class are held against.
    pub(super) fn literals(&self, class: usize) -> &BTreeSet<Literal> {
        &self.literals[self.root(class)]
    }

    /// What texts of a class are cast to.
    pub(super) fn cast(&self, class: usize) -> Option<&Kind> {
        self.casts[self.root(class)].as_ref()
    }

    /// Takes the kind of a column that is known as evidence for others of its class.
    pub(super) fn know(&mut self, name: &str, kind: &Kind) {
        let class = self.class(name);
        self.votes[class].vote(kind, 50);
    }

    /// The kind that a column most likely has.
    pub(super) fn guess(&mut self, name: &str) -> Kind {
        let class = self.class(name);
        if let Some(kind) = self.votes[class].winner(&name.to_lowercase()) {
            return kind;
        }
        // What is cast is most often text; columns that are compared are of one kind, by the name that tells most.
        if self.casts[class].is_some() {
            return Kind::Text;
        }
        let alike = (0..self.names.len()).filter(|place| self.root(*place) == class);
        let told = alike.map(|place| by_name(&self.names[place])).find(|kind| *kind != Kind::Int);
        told.unwrap_or(Kind::Int)
    }

    fn vote(&mut self, expr: &Expr, kind: &Kind) {
        if let Some(name) = column(expr) {
            let class = self.class(&name);
            self.votes[class].vote(kind, 1);
        }
    }

    fn votes(&mut self, exprs: &[&Expr], kind: &Kind) {
        for expr in exprs {
            self.vote(expr, kind);
        }
    }

    fn hold(&mut self, name: &str, literals: &[Literal]) {
        let class = self.class(name);
        self.literals[class].extend(literals.iter().cloned());
    }

    /// Two expressions are compared, or may stand for each other.
    fn relate(&mut self, left: &Expr, right: &Expr) {
        if let (Some(one), Some(other)) = (column(left), column(right)) {
            self.unite(&one, &other);
        }
        let (mut names, mut literals) = (Vec::new(), Vec::new());
        for (one, other) in [(left, right), (right, left)] {
            if let Some(kind) = kind_of(other) {
                self.vote(one, &kind);
            }
            gather(one, &mut names, &mut literals);
        }
        for name in names {
            self.hold(&name, &literals);
        }
    }

    fn truth(&mut self, expr: &Expr) {
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => self.vote(expr, &Kind::Bool),
            Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => self.truth(inner),
            _ => {}
        }
    }

    fn function(&mut self, function: &Function) {
        let name = name_of(function);
        let FunctionArguments::List(list) = &function.args else { return };
        let args: Vec<&Expr> = list.args.iter().filter_map(argument).collect();
        let first = &args[..args.len().min(1)];
        match name.as_str() {
            "lower" | "upper" | "lcase" | "ucase" | "length" | "len" | "strlen" | "char_length"
            | "substring" | "substr" | "left" | "right" | "trim" | "ltrim" | "rtrim" | "replace"
            | "split_part" | "split" | "string_split" | "str_split" | "starts_with" | "ends_with"
            | "contains" | "lpad" | "rpad" | "initcap" | "strpos" | "instr" | "reverse" | "string_agg"
            | "listagg" | "md5" | "translate" | "like_escape" | "octet_length" | "ascii" | "strptime" => {
                self.votes(first, &Kind::Text);
            }
            name if name.starts_with("regexp") => self.votes(first, &Kind::Text),
            "concat" | "concat_ws" => self.votes(&args, &Kind::Text),
            "date_trunc" | "datetrunc" | "date_part" | "datepart" | "year" | "month" | "day" | "hour"
            | "minute" | "second" | "quarter" | "week" | "dayofweek" | "isodow" | "dayofyear" | "isoyear"
            | "yearweek" | "strftime" | "date_diff" | "datediff" | "date_sub" | "datesub" | "date_add"
            | "dayname" | "monthname" | "epoch" | "epoch_ms" | "time_bucket" | "age" => {
                self.votes(&args, &Kind::Timestamp);
            }
            "last_day" => self.votes(&args, &Kind::Date),
            "sum" | "avg" | "mean" | "abs" | "ceil" | "ceiling" | "floor" | "sqrt" | "power" | "pow"
            | "mod" | "ln" | "log" | "log10" | "exp" | "stddev" | "variance" | "sign" | "median" => {
                self.votes(&args, &Kind::Int);
            }
            "round" | "trunc" => self.votes(first, &Kind::Decimal(3)),
            "bool_and" | "bool_or" | "every" | "count_if" | "countif" => self.votes(&args, &Kind::Bool),
            "if" | "iff" => self.votes(first, &Kind::Bool),
            name if name == "unnest" || name == "flatten" || name.starts_with("list_") => {
                self.votes(first, &Kind::List(Box::new(Kind::Int)));
            }
            name if name.starts_with("array_") && name != "array_agg" => {
                self.votes(first, &Kind::List(Box::new(Kind::Int)));
            }
            name if name.starts_with("json") => self.votes(first, &Kind::Json),
            "coalesce" | "ifnull" | "nvl" | "greatest" | "least" | "nullif" => {
                for pair in args.windows(2) {
                    self.relate(pair[0], pair[1]);
                }
            }
            _ => {}
        }
    }
}

impl Visitor for Evidence {
    type Break = ();

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        self.general.extend(Literal::of_value(&value.value));
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.branches(&query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for expr in [&select.selection, &select.having, &select.qualify].into_iter().flatten() {
            self.truth(expr);
        }
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && let Some(name) = column(expr)
                && same_values(expr)
            {
                self.unite(&name, &alias.value);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Some(literal) = Literal::of(expr) {
            self.general.insert(literal);
        }
        match expr {
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => self.relate(left, right),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.relate(left, right);
            }
            Expr::InList { expr, list, .. } => list.iter().for_each(|other| self.relate(expr, other)),
            Expr::InSubquery { expr, subquery, .. } => {
                if let (Some(one), Some(other)) = (column(expr), first_column(subquery)) {
                    self.unite(&one, &other);
                }
            }
            Expr::Between { expr, low, high, .. } => {
                self.relate(expr, low);
                self.relate(expr, high);
            }
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. }
            | Expr::RLike { expr, pattern, .. } => {
                self.relate(expr, pattern);
                self.vote(expr, &Kind::Text);
            }
            Expr::IsTrue(inner) | Expr::IsNotTrue(inner) | Expr::IsFalse(inner) | Expr::IsNotFalse(inner) => {
                self.truth(inner);
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.truth(expr),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => self.vote(expr, &Kind::Int),
            Expr::Case { operand, conditions, .. } => {
                for branch in conditions {
                    match operand {
                        Some(operand) => self.relate(operand, &branch.condition),
                        None => self.truth(&branch.condition),
                    }
                }
            }
            Expr::Cast { expr, data_type, .. } => {
                let (kind, _) = Kind::of(Dialect::DuckDb, &data_type.to_string());
                if let Some(name) = column(expr).filter(|_| kind != Kind::Text) {
                    let class = self.class(&name);
                    self.casts[class] = Some(kind);
                }
            }
            Expr::Extract { expr, .. } | Expr::AtTimeZone { timestamp: expr, .. } => {
                self.vote(expr, &Kind::Timestamp);
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => self.vote(expr, &Kind::Decimal(3)),
            Expr::Substring { expr, .. } | Expr::Trim { expr, .. } | Expr::Position { r#in: expr, .. } => {
                self.vote(expr, &Kind::Text);
            }
            Expr::Function(function) => self.function(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Evidence {
    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) {
        use BinaryOperator as Op;
        match op {
            Op::And | Op::Or => {
                self.truth(left);
                self.truth(right);
            }
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq | Op::Spaceship => {
                self.relate(left, right);
            }
            Op::Plus | Op::Minus => {
                let is_interval = |expr: &Expr| matches!(expr, Expr::Interval(_));
                let kind = if is_interval(left) || is_interval(right) { Kind::Timestamp } else { Kind::Int };
                self.votes(&[left, right], &kind);
            }
            Op::Multiply | Op::Divide | Op::Modulo | Op::DuckIntegerDivide => {
                self.votes(&[left, right], &Kind::Int);
            }
            Op::StringConcat | Op::PGLikeMatch | Op::PGRegexMatch | Op::PGNotLikeMatch => {
                self.votes(&[left, right], &Kind::Text);
            }
            Op::Arrow | Op::LongArrow => self.vote(left, &Kind::Json),
            _ => {}
        }
    }

    /// The columns at one place of the branches of a set operation have one domain.
    fn branches(&mut self, body: &SetExpr) {
        let SetExpr::SetOperation { left, right, .. } = body else { return };
        self.branches(left);
        self.branches(right);
        let (Some(left), Some(right)) = (first_select(left), first_select(right)) else { return };
        for (one, other) in left.projection.iter().zip(&right.projection) {
            if let (Some(one), Some(other)) = (item(one).and_then(column), item(other).and_then(column)) {
                self.unite(&one, &other);
            }
        }
    }
}

impl Votes {
    fn vote(&mut self, kind: &Kind, weight: u32) {
        let place = match kind {
            Kind::Int | Kind::Double => &mut self.number,
            Kind::Decimal(_) => &mut self.decimal,
            Kind::Text => &mut self.text,
            Kind::Date => &mut self.date,
            Kind::Timestamp | Kind::Moment => &mut self.timestamp,
            Kind::Bool => &mut self.boolean,
            Kind::List(_) => &mut self.list,
            Kind::Json => &mut self.json,
            _ => return,
        };
        *place += weight;
    }

    fn add(&mut self, other: Self) {
        self.number += other.number;
        self.decimal += other.decimal;
        self.text += other.text;
        self.date += other.date;
        self.timestamp += other.timestamp;
        self.boolean += other.boolean;
        self.list += other.list;
        self.json += other.json;
    }

    fn winner(self, name: &str) -> Option<Kind> {
        let number = self.number + self.decimal;
        let as_number = if self.decimal > 0 || named(name, MONEY) { Kind::Decimal(3) } else { Kind::Int };
        // The first of those with the most votes.
        let all = [
            (self.list, Kind::List(Box::new(Kind::Int))),
            (self.json, Kind::Json),
            (self.timestamp, Kind::Timestamp),
            (self.date, Kind::Date),
            (self.boolean, Kind::Bool),
            (number, as_number),
            (self.text, Kind::Text),
        ];
        let most = all.iter().map(|(votes, _)| *votes).max().unwrap_or(0);
        all.into_iter().find(|(votes, _)| most > 0 && *votes == most).map(|(_, kind)| kind)
    }
}

/// The kind that a column's name hints at.
fn by_name(name: &str) -> Kind {
    match () {
        () if named(name, &["_at", "_ts", "timestamp", "datetime"]) => Kind::Timestamp,
        () if named(name, &["date", "_day", "_on"]) => Kind::Date,
        () if name.starts_with("is_") || name.starts_with("has_") || named(name, &["flag"]) => Kind::Bool,
        () if named(name, MONEY) => Kind::Decimal(3),
        () if named(name, TEXTS) => Kind::Text,
        () => Kind::Int,
    }
}

/// Ends of names of columns with fractions.
const MONEY: &[&str] = &["amount", "price", "cost", "rate", "ratio", "revenue", "金額", "単価"];

/// Ends of names of columns with text.
const TEXTS: &[&str] = &[
    "name",
    "status",
    "type",
    "kind",
    "code",
    "country",
    "email",
    "url",
    "title",
    "text",
    "label",
    "city",
    "state",
    "category",
    "currency",
    "comment",
    "description",
    "method",
    "名",
    "区分",
    "名称",
    "住所",
];

fn named(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

/// A function's name, in lower case.
fn name_of(function: &Function) -> String {
    function.name.to_string().to_lowercase()
}

fn argument(arg: &FunctionArg) -> Option<&Expr> {
    let (FunctionArg::Unnamed(arg) | FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. }) =
        arg;
    match arg {
        FunctionArgExpr::Expr(expr) => Some(expr),
        _ => None,
    }
}

/// The name of the column whose values an expression has, or values like them.
fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()),
        Expr::Nested(inner)
        | Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner }
        | Expr::Trim { expr: inner, .. } => column(inner),
        Expr::Subquery(query) => first_column(query),
        Expr::Function(function) => {
            let name = name_of(function);
            let FunctionArguments::List(list) = &function.args else { return None };
            let alike =
                ["min", "max", "sum", "avg", "any_value", "coalesce", "lower", "upper", "trim", "abs"];
            let first = list.args.first().and_then(argument)?;
            if alike.contains(&name.as_str()) { column(first) } else { None }
        }
        _ => None,
    }
}

/// True if an expression's values are those of the column it is made of.
fn same_values(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => same_values(inner),
        Expr::Function(function) => {
            let name = name_of(function);
            ["min", "max", "any_value", "coalesce"].contains(&name.as_str())
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => true,
        _ => false,
    }
}

fn item(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

fn first_column(query: &Query) -> Option<String> {
    item(first_select(&query.body)?.projection.first()?).and_then(column)
}

/// The kind of an expression that shows it.
fn kind_of(expr: &Expr) -> Option<Kind> {
    match Literal::of(expr) {
        Some(Literal::Number(number)) if number % 1000 == 0 => return Some(Kind::Int),
        Some(Literal::Number(_)) => return Some(Kind::Decimal(3)),
        // A column that is held against the text of a date may have a time.
        Some(Literal::Text(text)) if literal::timestamp(&text).is_some() => return Some(Kind::Timestamp),
        Some(Literal::Text(_)) => return Some(Kind::Text),
        Some(Literal::Bool(_)) => return Some(Kind::Bool),
        Some(Literal::Date(_)) => return Some(Kind::Date),
        Some(Literal::Timestamp(_)) => return Some(Kind::Timestamp),
        None => {}
    }
    match expr {
        Expr::Nested(inner) => kind_of(inner),
        Expr::Cast { data_type, .. } => Some(Kind::of(Dialect::DuckDb, &data_type.to_string()).0),
        Expr::BinaryOp { left, right, .. } => [left, right]
            .into_iter()
            .filter_map(|side| kind_of(side))
            .find(|kind| matches!(kind, Kind::Date | Kind::Timestamp)),
        Expr::Function(function) => {
            let name = name_of(function);
            let is_date = ["date_trunc", "current_date", "today", "make_date"].contains(&name.as_str());
            is_date.then_some(Kind::Timestamp)
        }
        _ => None,
    }
}

/// All names and values in an expression.
fn gather(expr: &Expr, names: &mut Vec<String>, literals: &mut Vec<Literal>) {
    let _: ControlFlow<()> = visit_expressions(expr, |inner| {
        match inner {
            Expr::Identifier(name) => names.push(name.value.clone()),
            Expr::CompoundIdentifier(path) => names.extend(path.last().map(|name| name.value.clone())),
            _ => literals.extend(Literal::of(inner)),
        }
        ControlFlow::Continue(())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, name: &str, kind: &Kind) {
        assert_eq!(Evidence::of(&[sql]).guess(name), *kind);
    }

    #[test]
    fn kinds_follow_from_use() {
        check("select a from t where s = 'paid'", "s", &Kind::Text);
        check("select a from t where a > 1", "a", &Kind::Int);
        check("select a from t where a > 1.5", "a", &Kind::Decimal(3));
        check("select a from t where d >= date '2024-01-01'", "d", &Kind::Date);
        check("select date_trunc('month', x) from t", "x", &Kind::Timestamp);
        check("select lower(x) from t", "x", &Kind::Text);
        check("select a from t where x and not y", "y", &Kind::Bool);
        check("with c as (select x as y from t) select 1 from c where y like 'a%'", "x", &Kind::Text);
        check("select 1 from a join b on a.x = b.y where b.y = 'k'", "x", &Kind::Text);
        check("select created_at from t", "created_at", &Kind::Timestamp);
    }
}

//! Codes and what they mean: from tests of accepted values and from `meta`, handed on to every copy of the column.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Input;
use super::code_forms::{of_meta, of_test};
use super::describe::{entry, nearest};
use super::errors;
use super::model::{ColumnRef, Flow};
use crate::diagnostic::Diagnostic;
use crate::lineage::Literal;
use crate::project::{NodeId, TestCall};

/// The codes that a column may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeList {
    /// Each code once, in the author's order.
    pub codes: Vec<CodeMeaning>,
    /// True if there are no others. A test with a `where` tells only of some rows.
    pub is_whole: bool,
    /// The column that the list was written of, if it is another.
    pub from: Option<ColumnRef>,
}

/// A code and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMeaning {
    /// The code.
    pub code: Literal,
    /// What it means, if somebody wrote it down.
    pub meaning: Option<Box<str>>,
    /// The column that this was written of, if it is another.
    pub from: Option<ColumnRef>,
}

/// Answers which codes columns have, to any number of threads.
pub struct Codes<'a> {
    input: Input<'a>,
    flow: &'a Flow,
    /// `accepted_values` by what they test, with whether they test all rows.
    tests: FxHashMap<NodeId, Vec<(&'a TestCall, bool)>>,
    /// Answers that were given.
    given: Mutex<FxHashMap<ColumnRef, Option<Arc<CodeList>>>>,
}

impl<'a> Codes<'a> {
    /// Looks for the tests.
    pub fn new(input: Input<'a>, flow: &'a Flow) -> Self {
        let mut tests: FxHashMap<NodeId, Vec<(&TestCall, bool)>> = FxHashMap::default();
        for (id, node) in input.project.nodes() {
            let Some(test) = node.test.as_ref().filter(|_| input.graph.enabled[id]) else { continue };
            let is_dbts = matches!(test.namespace.as_deref(), None | Some("dbt"));
            let Some(of) = test.attached.filter(|_| is_dbts && test.name == "accepted_values") else {
                continue;
            };
            let config = input.collected.nodes[id].as_ref().map(|it| &it.config);
            let is_of_some = config.is_some_and(|config| config.get("where").is_some_and(|it| !it.is_null()));
            tests.entry(of).or_default().push((test, !is_of_some));
        }
        Self { input, flow, tests, given: Mutex::default() }
    }

    /// The codes of a column: what its author wrote of it, else what it inherits as descriptions are inherited.
    ///
    /// Own codes without a meaning have the one of the same code that is inherited. Of several columns, as in a
    /// union, a column has the codes of all; where they don't mean the same, nothing is told of the meaning.
    pub fn of(&self, at: ColumnRef) -> Option<Arc<CodeList>> {
        let given = || self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(given) = given().get(&at) {
            return given.clone();
        }
        // The way to a meaning leads from part to part, and may be long.
        let answer = stacker::maybe_grow(128 << 10, 2 << 20, || self.find(at)).map(Arc::new);
        given().insert(at, answer.clone());
        answer
    }

    fn find(&self, at: ColumnRef) -> Option<CodeList> {
        let own = self.own(at);
        if own.as_ref().is_some_and(|own| own.codes.iter().all(|code| code.meaning.is_some())) {
            return own;
        }
        let (mut own, inherited) = match (own, self.inherited(at)) {
            (Some(own), Some(inherited)) => (own, inherited),
            (own, inherited) => return own.or(inherited),
        };
        for code in own.codes.iter_mut().filter(|code| code.meaning.is_none()) {
            let known = inherited.codes.iter().find(|other| same(&other.code, &code.code, false));
            if let Some(known) = known.filter(|known| known.meaning.is_some()) {
                code.meaning.clone_from(&known.meaning);
                code.from = known.from;
            }
        }
        Some(own)
    }

    /// True if no column has codes.
    pub fn is_empty(&self) -> bool {
        let has_meta =
            |id: NodeId| self.input.project.node(id).columns.values().any(|it| !it.meta.is_empty());
        self.tests.is_empty() && !self.input.graph.order.iter().copied().any(has_meta)
    }

    /// The codes that are written of a node's column.
    pub(super) fn written(&self, node: NodeId, name: &str) -> Option<CodeList> {
        let mut list = CodeList::default();
        let meta = entry(self.input.project, node, name).map(|entry| &entry.meta);
        for (code, meaning) in meta.map(|meta| of_meta(meta).codes).unwrap_or_default() {
            list.is_whole = true;
            list.add(CodeMeaning { code, meaning, from: None });
        }
        for (test, is_whole) in self.tests.get(&node).into_iter().flatten() {
            let column = test.column.as_deref().or_else(|| test.arguments.get("column_name")?.as_str());
            if column.is_some_and(|column| column.eq_ignore_ascii_case(name))
                && let Some(codes) = of_test(&test.arguments)
            {
                list.is_whole |= is_whole;
                for code in codes {
                    list.add(CodeMeaning { code, meaning: None, from: None });
                }
            }
        }
        (!list.codes.is_empty()).then_some(list)
    }

    fn own(&self, at: ColumnRef) -> Option<CodeList> {
        self.written(at.node, &self.flow.column(at)?.name)
    }

    fn inherited(&self, at: ColumnRef) -> Option<CodeList> {
        let mut lists = nearest(self.flow, at, |below| {
            let mut list = self.own(below)?;
            // What the nearest list lacks may stand further down.
            if list.codes.iter().any(|code| code.meaning.is_none()) {
                list = CodeList::clone(&*self.of(below)?);
            }
            list.from = Some(below);
            for code in &mut list.codes {
                code.from.get_or_insert(below);
            }
            Some(list)
        })?
        .into_iter();
        let mut all = lists.next()?;
        for list in lists {
            all.is_whole &= list.is_whole;
            for code in list.codes {
                all.merge(code);
            }
        }
        Some(all)
    }
}

/// A warning for each column whose codes are written in a way that can't be read. Packages are not the author's.
pub(super) fn unreadable(input: Input<'_>) -> Vec<(NodeId, Diagnostic)> {
    let own = &input.project.root().name;
    let mut found = Vec::new();
    for id in input.graph.order.iter().copied() {
        let node = input.project.node(id);
        if node.package != *own {
            continue;
        }
        for column in node.columns.values().filter(|column| !column.meta.is_empty()) {
            if let Some(fault) = of_meta(&column.meta).fault {
                found.push((id, errors::unreadable_codes(input.project, id, column, &fault)));
            }
        }
    }
    found
}

impl CodeList {
    /// True if the list says that a value can't be this literal: it is whole, the literal is of the codes' kind, and
    /// none of them.
    ///
    /// The empty text stands for nothing, as `NULL` does. With `folds`, upper and lower case are the same.
    pub fn excludes(&self, literal: &Literal, folds: bool) -> bool {
        let any = |is: &dyn Fn(&Literal) -> bool| self.codes.iter().any(|known| is(&known.code));
        let is_of_kind = match literal {
            Literal::Number(_) => any(&|code| number(code).is_some()),
            Literal::Text(text) if text.trim().is_empty() => false,
            Literal::Text(_) => {
                any(&|code| matches!(code, Literal::Text(_)))
                    || (number(literal).is_some() && any(&|code| matches!(code, Literal::Number(_))))
            }
            Literal::Bool(_) => !any(&|code| !matches!(code, Literal::Bool(_))),
        };
        self.is_whole && is_of_kind && !any(&|code| same(code, literal, folds))
    }

    /// Adds a code that may be there already; the first meaning counts.
    fn add(&mut self, code: CodeMeaning) {
        match self.codes.iter_mut().find(|known| same(&known.code, &code.code, false)) {
            Some(known) => known.meaning = known.meaning.take().or(code.meaning),
            None => self.codes.push(code),
        }
    }

    /// Adds a code of another column.
    fn merge(&mut self, code: CodeMeaning) {
        match self.codes.iter_mut().find(|known| same(&known.code, &code.code, false)) {
            Some(known) if known.meaning == code.meaning => {}
            Some(known) => known.meaning = None,
            None => self.codes.push(code),
        }
    }
}

/// True if a warehouse may take one value for the other.
pub(super) fn same(one: &Literal, other: &Literal, folds: bool) -> bool {
    match (one, other) {
        (Literal::Text(one), Literal::Text(other)) => {
            one == other || (folds && one.to_lowercase() == other.to_lowercase())
        }
        (Literal::Bool(one), Literal::Bool(other)) => one == other,
        (Literal::Bool(bool), Literal::Text(text)) | (Literal::Text(text), Literal::Bool(bool)) => {
            text.eq_ignore_ascii_case(if *bool { "true" } else { "false" })
        }
        _ => number(one).is_some_and(|one| number(other) == Some(one)),
    }
}

/// A number so that equal ones are written alike; `None` for what is none.
pub(super) fn number(literal: &Literal) -> Option<String> {
    let (Literal::Number(text) | Literal::Text(text)) = literal else { return None };
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
        let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
        return Some(value.to_string());
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    Some(match (whole, fraction) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn excludes(codes: &Value, literals: &[(Literal, bool)]) {
        let codes = of_test(json!({ "values": codes }).as_object().unwrap()).unwrap();
        let codes = codes.into_iter().map(|code| CodeMeaning { code, meaning: None, from: None }).collect();
        let list = CodeList { codes, is_whole: true, from: None };
        for (literal, expect) in literals {
            assert_eq!(list.excludes(literal, false), *expect, "{literal:?} in {list:?}");
        }
    }

    #[test]
    fn only_what_is_of_the_codes_kind_is_held_against_them() {
        let number = |text: &str| Literal::Number(text.into());
        let text = |text: &str| Literal::Text(text.into());
        excludes(
            &json!([1, 2, -9]),
            &[
                (number("3"), true),
                (number("1"), false),
                (number("1.0"), false),
                (number("-9"), false),
                (number("9"), true),
                (text("2"), false),
                (text("3"), true),
                (text("x"), false),
                (Literal::Bool(true), false),
            ],
        );
        excludes(
            &json!(["A", "出荷"]),
            &[
                (text("A"), false),
                (text("a"), true),
                (text("出荷"), false),
                (text("出貨"), true),
                (text(""), false),
                (number("1"), false),
            ],
        );
        excludes(
            &json!(["01", "02"]),
            &[(number("1"), false), (number("3"), true), (text("01"), false), (text("1"), true)],
        );
        excludes(
            &json!([true]),
            &[(Literal::Bool(false), true), (Literal::Bool(true), false), (text("yes"), false)],
        );
    }
}

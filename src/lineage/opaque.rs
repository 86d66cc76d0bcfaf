//! What a statement reads and writes, told from its tokens: all that is left where it can't be parsed.

use crate::sql::{Dialect, TokenKind, Words, unquote};

/// Names of relations, dotted, in order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tables {
    /// Behind `from`, `join`, `using`.
    pub(super) read: Vec<String>,
    /// Behind `into`, `create table`, `update`.
    pub(super) written: Option<String>,
}

/// The relations that a text names.
pub(super) fn tables_of(dialect: Dialect, sql: &str) -> Tables {
    let words = Words::new(dialect, sql);
    let is = |at: usize, word: &str| words.is(at, word);
    let mut tables = Tables::default();
    let mut inner: Vec<String> = Vec::new();
    for at in 0..words.len() {
        // `name as (` is a CTE.
        if is(at + 1, "as") && words.symbol(at + 2, b'(') && words.all()[at].kind == TokenKind::Word {
            inner.push(words.text(at).to_lowercase());
        }
        let begins_read = is(at, "from") || is(at, "join") || is(at, "using");
        let begins_write = is(at, "into") || (is(at, "overwrite") && is(at + 1, "table"));
        let begins_create = is(at, "create");
        let begins_update = is(at, "update") && at == 0;
        let mut start = at + 1;
        if begins_create {
            while start < words.len() && !is(start, "table") && !is(start, "view") && start < at + 6 {
                start += 1;
            }
            start += 1;
            while is(start, "if") || is(start, "not") || is(start, "exists") {
                start += 1;
            }
        } else if begins_write {
            while is(start, "table") {
                start += 1;
            }
        } else if !begins_read && !begins_update {
            continue;
        }
        // `extract(year from x)` and `trim(both from x)` read no table.
        if is(at, "from")
            && at >= 2
            && words.symbol(at - 2, b'(')
            && words.all()[at - 1].kind == TokenKind::Word
        {
            continue;
        }
        let Some(name) = dotted(&words, start) else { continue };
        if begins_read {
            if !tables.read.contains(&name) && !NO_TABLES.contains(&name.to_lowercase().as_str()) {
                tables.read.push(name);
            }
        } else {
            tables.written.get_or_insert(name);
        }
    }
    tables.read.retain(|name| !inner.contains(&name.to_lowercase()));
    tables
}

/// Words behind `from` that name no relation.
const NO_TABLES: &[&str] =
    &["select", "from", "where", "join", "on", "lateral", "unnest", "values", "table", "only"];

fn dotted(words: &Words<'_>, mut at: usize) -> Option<String> {
    let mut name = String::new();
    while words.is_name(at) {
        name.push_str(&unquote(words.text(at)));
        if words.symbol(at + 1, b'(') && !name.contains('.') {
            // A function.
            return None;
        }
        if !words.symbol(at + 1, b'.') {
            return Some(name);
        }
        name.push('.');
        at += 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_from_tokens() {
        let sql = "create or replace table a.b as with c as (select 1) select extract(year from d) from e.f \
                   left join \"G\" using (x) join c on !! , unnest(z)";
        let tables = tables_of(Dialect::DuckDb, sql);
        assert_eq!(tables.read, ["e.f", "G"]);
        assert_eq!(tables.written.as_deref(), Some("a.b"));
    }
}

//! Names as small numbers, so that they are compared at once and stored once.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::sql::{Dialect, fold};

/// A name of one [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sym(u32);

/// Every name of a statement, once.
#[derive(Clone, Debug, Default)]
pub struct Names(IndexSet<Box<str>, FxBuildHasher>);

impl Names {
    /// The number of a text, as it stands.
    pub fn sym(&mut self, text: &str) -> Sym {
        let known = self.0.get_index_of(text);
        Sym(known.unwrap_or_else(|| self.0.insert_full(text.into()).0) as u32)
    }

    /// The number of a name as the dialect compares it.
    pub fn folded(&mut self, dialect: Dialect, name: &str, quoted: bool) -> Sym {
        // Most names are written as they are compared.
        let as_is = if dialect == Dialect::Snowflake {
            quoted || !name.bytes().any(|byte| byte.is_ascii_lowercase() || !byte.is_ascii())
        } else {
            !name.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
        };
        if as_is { self.sym(name) } else { self.sym(&fold(dialect, name, quoted)) }
    }

    /// The text of a number.
    pub fn text(&self, sym: Sym) -> &str {
        &self.0[sym.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_as_the_dialect_does() {
        let mut names = Names::default();
        let mut same = |dialect, a: (&str, bool), b: (&str, bool)| {
            names.folded(dialect, a.0, a.1) == names.folded(dialect, b.0, b.1)
        };
        assert!(same(Dialect::Snowflake, ("id", false), ("ID", true)));
        assert!(!same(Dialect::Snowflake, ("id", false), ("id", true)));
        assert!(same(Dialect::Postgres, ("ID", false), ("id", true)));
        assert!(!same(Dialect::Postgres, ("ID", false), ("ID", true)));
        assert!(same(Dialect::DuckDb, ("Id", true), ("iD", false)));
        assert!(same(Dialect::BigQuery, ("売上", false), ("売上", true)));
        assert!(!same(Dialect::ClickHouse, ("Id", false), ("id", false)));
    }
}

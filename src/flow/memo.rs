//! Statements that were followed before: of two states of a project both have most of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::lineage::{self, Catalog, Options, StatementLineage};

/// The lineage of statements by their text, each with the catalog that it was followed with. Since it depends on nothing
/// else, who has both has the lineage.
#[derive(Debug, Default)]
pub struct Memo(Mutex<FxHashMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    catalog: Catalog,
    statements: Arc<Vec<StatementLineage>>,
}

impl Memo {
    /// What [`lineage::analyse`] gives. It is kept until it is asked for again.
    pub(super) fn analyse(&self, sql: &str, catalog: Catalog) -> Arc<Vec<StatementLineage>> {
        let kept = self.lock().remove(sql);
        if let Some(kept) = kept.filter(|kept| kept.catalog == catalog) {
            return kept.statements;
        }
        let statements = Arc::new(lineage::analyse(sql, &catalog, Options::default()));
        let kept = Kept { catalog, statements: Arc::clone(&statements) };
        self.lock().insert(sql.to_owned(), kept);
        statements
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::CatalogColumn;
    use crate::sql::Dialect;

    #[test]
    fn a_statement_is_followed_once_for_what_is_known_alike() {
        let catalog = |columns: &[&str]| {
            let mut catalog = Catalog::new(Dialect::DuckDb);
            catalog.add("t", Some(columns.iter().map(|name| CatalogColumn::new(*name)).collect()));
            catalog
        };
        let memo = Memo::default();
        let first = memo.analyse("select * from t", catalog(&["a"]));
        let again = memo.analyse("select * from t", catalog(&["a"]));
        assert!(Arc::ptr_eq(&first, &again));
        // Handed out once; and nothing is handed out for other columns.
        let third = memo.analyse("select * from t", catalog(&["a"]));
        assert!(!Arc::ptr_eq(&first, &third));
        let other = memo.analyse("select * from t", catalog(&["a", "b"]));
        assert_eq!(other[0].outputs().len(), 2);
    }
}

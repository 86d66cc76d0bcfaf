//! A column's two names, as the dialect compares them and as they are written.

use crate::sql::{Dialect, Token, TokenKind, Words, fold, needs_quotes, unquote};

/// The old and the new name.
#[derive(Clone, Debug)]
pub struct ColumnNames {
    pub(super) dialect: Dialect,
    /// The old one as the dialect compares it.
    pub(super) old_key: String,
    /// The new one as the dialect compares it.
    pub(super) new_key: String,
    /// The old one as it is shown.
    pub from: String,
    /// The new one as it is shown.
    pub to: String,
    /// True if the new one can only stand in quotes.
    pub(super) is_quoted: bool,
}

impl ColumnNames {
    /// The names; `old_key` is the old one as the dialect compares it, `to` as somebody wrote it in SQL.
    pub(super) fn new(dialect: Dialect, from: &str, old_key: &str, to: &str) -> Self {
        let inner = unquote(to);
        let was_quoted = inner.len() != to.len();
        let case_counts = matches!(dialect, Dialect::Postgres | Dialect::Snowflake | Dialect::DataFusion);
        Self {
            dialect,
            old_key: old_key.to_owned(),
            new_key: fold(dialect, &inner, was_quoted),
            from: from.to_owned(),
            to: inner.clone().into_owned(),
            is_quoted: (was_quoted && case_counts) || needs_quotes(dialect, &inner),
        }
    }

    /// True if a token is the old name.
    pub(super) fn is_old(&self, token: Token, sql: &str) -> bool {
        let text = token.text(sql);
        match token.kind {
            TokenKind::Word => fold(self.dialect, text, false) == self.old_key,
            TokenKind::Quoted => fold(self.dialect, &unquote(text), true) == self.old_key,
            _ => false,
        }
    }

    /// True if a name of YAML or of a text is the old one.
    pub(super) fn is_old_text(&self, text: &str) -> bool {
        let inner = unquote(text);
        fold(self.dialect, &inner, inner.len() != text.len()) == self.old_key || inner == self.from
    }

    /// The new name in the place of `old`, in quotes if that is, or if it must be.
    pub(super) fn written(&self, old: &str) -> String {
        let case_counts =
            matches!(self.dialect, Dialect::Postgres | Dialect::Snowflake | Dialect::DataFusion);
        let inner = if case_counts { self.new_key.as_str() } else { self.to.as_str() };
        let first = old.chars().next().filter(|char| matches!(char, '"' | '`' | '['));
        match first {
            Some('[') => format!("[{inner}]"),
            Some(quote) => format!("{quote}{inner}{quote}"),
            None if self.is_quoted => self.dialect.quote(inner),
            None => self.to.clone(),
        }
    }

    /// The places of the old name in a piece of SQL, as a word or in quotes, but for functions and qualifiers.
    pub(super) fn places_in(&self, sql: &str) -> Vec<Token> {
        let words = Words::new(self.dialect, sql);
        let all = words.all().iter().enumerate();
        let is_name = |at: usize| !words.symbol(at + 1, b'(') && !words.symbol(at + 1, b'.');
        all.filter(|(at, token)| is_name(*at) && self.is_old(**token, sql)).map(|(_, token)| *token).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_place_wants_them() {
        let names = ColumnNames::new(Dialect::Postgres, "id", "id", "Order");
        assert_eq!(names.new_key, "order");
        assert_eq!((names.written("id"), names.written("\"id\"")), ("\"order\"".into(), "\"order\"".into()));
        let names = ColumnNames::new(Dialect::Snowflake, "ID", "ID", "key_1");
        assert_eq!((names.written("id"), names.written("\"ID\"")), ("key_1".into(), "\"KEY_1\"".into()));
        let names = ColumnNames::new(Dialect::BigQuery, "id", "id", "番号");
        assert_eq!((names.written("Id"), names.written("`id`")), ("`番号`".into(), "`番号`".into()));
        let names = ColumnNames::new(Dialect::DuckDb, "id", "id", "番号");
        assert_eq!(names.written("id"), "番号");
    }

    #[test]
    fn functions_and_qualifiers_are_no_columns() {
        let names = ColumnNames::new(Dialect::DuckDb, "date", "date", "day");
        let sql = "date(x) > date and date.y = 'date' and \"Date\" = 1";
        let places: Vec<&str> = names.places_in(sql).iter().map(|token| token.text(sql)).collect();
        assert_eq!(places, ["date", "\"Date\""]);
    }
}

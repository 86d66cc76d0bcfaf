//! Tables of seeds: created with their types, filled, swapped in.

use super::relation::{aside, drop_if_exists};
use super::{Column, Purpose, Statement};
use crate::sql::{Relation, RelationKind};

/// Makes an empty table aside for a seed, with these columns; fill [`aside`] of `relation` next, then
/// [`swap`].
pub fn create_table(relation: &Relation, columns: &[Column], quote_columns: bool) -> Vec<Statement> {
    let new = aside(relation);
    let columns = columns.iter().map(|column| {
        let name = name(relation, &column.name, quote_columns);
        format!("  {name} {}", column.data_type)
    });
    let columns = columns.collect::<Vec<_>>().join(",\n");
    vec![
        drop_if_exists(&new, RelationKind::Table, Purpose::Prepare),
        Statement::new(Purpose::Prepare, format!("create table {} (\n{columns}\n)", new.render())),
    ]
}

/// Fills the table aside from a CSV file that the database itself can read (DuckDB).
pub fn copy_csv(relation: &Relation, path: &str, delimiter: char) -> Statement {
    let literal = |text: &str| text.replace('\'', "''");
    let sql = format!(
        "copy {} from '{}' (format csv, header true, delimiter '{}')",
        aside(relation).render(),
        literal(path),
        literal(&delimiter.to_string())
    );
    Statement::new(Purpose::Main, sql)
}

/// Fills the table aside with rows; `None` is NULL. The warehouse converts texts to the columns' types.
pub fn insert_rows(
    relation: &Relation,
    columns: &[Column],
    quote_columns: bool,
    rows: &[Vec<Option<String>>],
) -> Statement {
    let names = columns.iter().map(|column| name(relation, &column.name, quote_columns)).collect::<Vec<_>>();
    let mut sql = format!("insert into {} ({}) values\n", aside(relation).render(), names.join(", "));
    for (at, row) in rows.iter().enumerate() {
        sql.push_str(if at == 0 { "(" } else { ",\n(" });
        for (at, (cell, column)) in row.iter().zip(columns).enumerate() {
            if at > 0 {
                sql.push_str(", ");
            }
            match cell {
                None => sql.push_str("null"),
                Some(text) => {
                    sql.push_str("cast('");
                    sql.push_str(&text.replace('\'', "''"));
                    sql.push_str("' as ");
                    sql.push_str(&column.data_type);
                    sql.push(')');
                }
            }
        }
        sql.push(')');
    }
    Statement::new(Purpose::Main, sql)
}

/// Puts the filled table in the place of the seed's own.
pub fn swap(relation: &Relation, existing: Option<RelationKind>) -> Vec<Statement> {
    super::table::swap(&aside(relation), relation, existing)
}

fn name(relation: &Relation, column: &str, quote: bool) -> String {
    if quote || crate::sql::needs_quotes(relation.dialect, column) {
        relation.dialect.quote(column)
    } else {
        column.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Dialect;

    #[test]
    fn columns_are_quoted_only_where_they_must_be() {
        let relation = crate::emit::ddl::named("s", true, Dialect::DuckDb);
        let columns =
            [Column::new("id", "integer"), Column::new("order", "text"), Column::new("a b", "date")];
        let sql = create_table(&relation, &columns, false).pop().map(|it| it.sql).unwrap_or_default();
        assert_eq!(
            sql,
            "create table \"s__buhin_new\" (\n  id integer,\n  \"order\" text,\n  \"a b\" date\n)"
        );
        let rows = [vec![Some("1".to_owned()), Some("it's".to_owned()), None]];
        assert_eq!(
            insert_rows(&relation, &columns, false, &rows).sql,
            "insert into \"s__buhin_new\" (id, \"order\", \"a b\") values\n\
             (cast('1' as integer), cast('it''s' as text), null)"
        );
    }
}

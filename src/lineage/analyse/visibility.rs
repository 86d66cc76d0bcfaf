//! Where the aliases of a `select` can be used: one table for all dialects.

use crate::sql::Dialect;

/// How a clause takes the aliases of its `select`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aliases {
    /// Not at all.
    No,
    /// Where no relation in `from` can have such a column.
    Last,
    /// Where no relation in `from` is known to have such a column.
    AfterKnown,
    /// Before any column.
    First,
}

/// The rules of a dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visibility {
    /// In later items of the same `select`.
    pub(super) in_select: Aliases,
    /// In `where`.
    pub(super) in_where: Aliases,
    /// In conditions of joins.
    pub(super) in_join: Aliases,
    /// In `group by`.
    pub(super) in_group: Aliases,
    /// In `having`.
    pub(super) in_having: Aliases,
    /// In `qualify`.
    pub(super) in_qualify: Aliases,
    /// A name that several columns of one relation have means the first of them.
    pub(super) first_of_several: bool,
    /// A relation's name alone is a row.
    pub(super) has_rows: bool,
    /// `*` puts the columns of `using` first.
    pub(super) merged_first: bool,
}

impl Visibility {
    /// The rules of `dialect`, from each warehouse's manual on name resolution.
    pub(super) fn of(dialect: Dialect) -> Self {
        use Aliases::{AfterKnown, First, Last, No};
        use Dialect as D;
        let strict = Self {
            in_select: No,
            in_where: No,
            in_join: No,
            in_group: Last,
            in_having: No,
            in_qualify: AfterKnown,
            first_of_several: false,
            has_rows: false,
            merged_first: true,
        };
        match dialect {
            D::DuckDb => Self {
                in_select: AfterKnown,
                in_where: AfterKnown,
                in_group: AfterKnown,
                in_having: AfterKnown,
                first_of_several: true,
                has_rows: true,
                merged_first: false,
                ..strict
            },
            D::Snowflake => Self {
                in_select: AfterKnown,
                in_where: AfterKnown,
                in_join: AfterKnown,
                in_group: AfterKnown,
                in_having: AfterKnown,
                ..strict
            },
            D::Redshift => Self { in_select: AfterKnown, in_having: Last, ..strict },
            D::Databricks | D::Spark => {
                Self { in_select: AfterKnown, in_group: AfterKnown, in_having: AfterKnown, ..strict }
            }
            D::ClickHouse => Self {
                in_select: First,
                in_where: First,
                in_join: Last,
                in_group: First,
                in_having: First,
                in_qualify: First,
                first_of_several: true,
                merged_first: false,
                ..strict
            },
            D::BigQuery => Self { in_group: AfterKnown, in_having: AfterKnown, has_rows: true, ..strict },
            D::MySql | D::MariaDb => Self { in_having: First, ..strict },
            D::Sqlite => Self {
                in_where: Last,
                in_having: Last,
                first_of_several: true,
                merged_first: false,
                ..strict
            },
            D::Postgres => Self { has_rows: true, ..strict },
            D::Trino | D::Athena | D::MsSql | D::Fabric => Self { in_group: No, ..strict },
            D::DataFusion => Self { in_having: Last, ..strict },
            D::Generic => Self {
                in_select: Last,
                in_where: Last,
                in_join: Last,
                in_having: Last,
                has_rows: true,
                merged_first: false,
                ..strict
            },
        }
    }
}

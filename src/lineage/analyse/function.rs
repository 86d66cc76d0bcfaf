//! What functions do, by their names: which look at many rows, which choose, which make values.

use sqlparser::ast::{Function, FunctionArguments, Ident, ObjectNamePart};

use crate::lineage::kind::Kind;
use crate::sql::Dialect;

/// What a function does with its arguments; `name` in lower case.
pub(crate) fn kind_of(name: &str) -> Kind {
    if AGGREGATES.binary_search(&name).is_ok() || is_aggregate_like(name) {
        Kind::Aggregate
    } else if CHOICES.binary_search(&name).is_ok() {
        Kind::Conditional
    } else {
        Kind::Expression
    }
}

/// ClickHouse joins endings to its aggregates: `sumIf`, `uniqMerge`; Snowflake and BigQuery have families.
fn is_aggregate_like(name: &str) -> bool {
    let endings =
        ["if", "merge", "state", "ordefault", "ornull", "array", "map", "foreach", "distinct", "resample"];
    endings.iter().any(|ending| {
        name.strip_suffix(ending)
            .is_some_and(|base| !base.is_empty() && AGGREGATES.binary_search(&base).is_ok())
    }) || name.starts_with("approx_")
        || name.starts_with("regr_")
        || name.starts_with("hll_")
        || name.starts_with("quantile")
}

/// True for functions that only make sense over a window.
pub(crate) fn is_window_only(name: &str) -> bool {
    matches!(
        name,
        "row_number"
            | "rank"
            | "dense_rank"
            | "ntile"
            | "percent_rank"
            | "cume_dist"
            | "lag"
            | "lead"
            | "first_value"
            | "last_value"
            | "nth_value"
            | "ratio_to_report"
            | "conditional_change_event"
    )
}

/// True for the methods of T-SQL's XML values.
pub(super) fn is_xml_method(name: &Ident) -> bool {
    ["value", "query", "exist", "nodes"].iter().any(|method| name.value.eq_ignore_ascii_case(method))
}

/// True for functions whose result is no function of their arguments alone.
pub(crate) fn makes_values(name: &str) -> bool {
    MAKERS.binary_search(&name).is_ok() || name.starts_with("current_") || name.starts_with("uuid_")
}

/// True for functions that take the name of a part of a date as an argument.
pub(crate) fn takes_date_part(name: &str) -> bool {
    name.contains("date")
        || name.contains("time")
        || name.starts_with("last_day")
        || matches!(
            name,
            "extract"
                | "week"
                | "trunc"
                | "next_day"
                | "generate_date_array"
                | "round"
                | "isoweek"
                | "date_part"
        )
}

/// True for a word that may name a part of a date.
pub(crate) fn is_date_part(name: &Ident) -> bool {
    name.quote_style.is_none() && DATE_PARTS.binary_search(&name.value.to_ascii_lowercase().as_str()).is_ok()
}

/// The name in a bare `user`, which the parser takes for a call, where it can be a column's.
///
/// It is a reserved word in PostgreSQL, Redshift and T-SQL only.
pub(super) fn bare_user(dialect: Dialect, function: &Function) -> Option<&Ident> {
    let is_bare = matches!(function.args, FunctionArguments::None) && function.over.is_none();
    match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] if is_bare && is_user(name) && !has_user_word(dialect) => {
            Some(name)
        }
        _ => None,
    }
}

/// True for a name that is the session's user, whatever columns there are.
pub(crate) fn is_session_user(dialect: Dialect, name: &Ident) -> bool {
    has_user_word(dialect) && is_user(name)
}

/// True for a name that is a value where no relation has such a column.
pub(crate) fn is_last_resort(dialect: Dialect, name: &Ident) -> bool {
    use Dialect as D;
    matches!(dialect, D::DuckDb | D::Spark | D::Databricks | D::DataFusion | D::Generic) && is_user(name)
}

fn has_user_word(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Postgres | Dialect::Redshift) || dialect.is_tsql()
}

fn is_user(name: &Ident) -> bool {
    name.quote_style.is_none() && name.value.eq_ignore_ascii_case("user")
}

/// True for names that every relation, or none, has, and for names that are values.
pub(crate) fn is_pseudo_column(dialect: Dialect, name: &Ident) -> bool {
    if name.value.starts_with(['@', '$', ':', '?']) {
        return true;
    }
    let lower = name.value.to_ascii_lowercase();
    if name.quote_style.is_some() && !lower.starts_with('_') {
        return false;
    }
    let common = matches!(
        lower.as_str(),
        "current_date"
            | "current_time"
            | "current_timestamp"
            | "current_user"
            | "session_user"
            | "localtime"
            | "localtimestamp"
            | "default"
            | "sysdate"
    );
    common
        || match dialect {
            Dialect::BigQuery => {
                lower.starts_with("_table_") || lower.starts_with("_partition") || lower == "_file_name"
            }
            Dialect::Snowflake => {
                lower.starts_with("metadata$")
                    || matches!(lower.as_str(), "level" | "match_number" | "match_sequence_number")
            }
            Dialect::Postgres | Dialect::Redshift => {
                matches!(lower.as_str(), "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid" | "oid")
            }
            Dialect::DuckDb => matches!(lower.as_str(), "rowid" | "filename"),
            Dialect::Sqlite => matches!(lower.as_str(), "rowid" | "oid" | "_rowid_"),
            Dialect::Databricks | Dialect::Spark => matches!(
                lower.as_str(),
                "_metadata"
                    | "_change_type"
                    | "_commit_version"
                    | "_commit_timestamp"
                    | "input__file__name"
                    | "_rescued_data"
            ),
            Dialect::ClickHouse => matches!(
                lower.as_str(),
                "_part"
                    | "_partition_id"
                    | "_part_index"
                    | "_file"
                    | "_path"
                    | "_table"
                    | "_database"
                    | "_part_uuid"
                    | "_sample_factor"
                    | "_size"
                    | "_time"
            ),
            Dialect::Generic => matches!(
                lower.as_str(),
                "rownum"
                    | "level"
                    | "rowid"
                    | "systimestamp"
                    | "sqlerrm"
                    | "sqlcode"
                    | "connect_by_isleaf"
                    | "connect_by_iscycle"
            ),
            _ => false,
        }
}

/// Functions of many rows, sorted.
const AGGREGATES: &[&str] = &[
    "any",
    "any_value",
    "anylast",
    "arbitrary",
    "arg_max",
    "arg_min",
    "argmax",
    "argmin",
    "array_agg",
    "array_agg_distinct",
    "array_concat_agg",
    "array_union_agg",
    "array_unique_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bitand_agg",
    "bitmap_construct_agg",
    "bitor_agg",
    "bool_and",
    "bool_or",
    "booland_agg",
    "boolor_agg",
    "checksum",
    "checksum_agg",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_big",
    "count_if",
    "countif",
    "covar_pop",
    "covar_samp",
    "every",
    "favg",
    "first",
    "fsum",
    "geometric_mean",
    "group_concat",
    "grouparray",
    "groupbitand",
    "groupbitor",
    "grouping",
    "grouping_id",
    "groupuniqarray",
    "hash_agg",
    "histogram",
    "json_agg",
    "json_arrayagg",
    "json_group_array",
    "json_group_object",
    "json_object_agg",
    "json_objectagg",
    "jsonb_agg",
    "jsonb_object_agg",
    "kurtosis",
    "last",
    "list",
    "listagg",
    "logical_and",
    "logical_or",
    "mad",
    "map_agg",
    "map_union",
    "max",
    "max_by",
    "maxby",
    "mean",
    "median",
    "min",
    "min_by",
    "minby",
    "mode",
    "multimap_agg",
    "object_agg",
    "percentile",
    "percentile_approx",
    "percentile_cont",
    "percentile_disc",
    "product",
    "reduce_agg",
    "reservoir_quantile",
    "set_agg",
    "skewness",
    "some",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "stdev",
    "stdevp",
    "string_agg",
    "sum",
    "sumkahan",
    "topk",
    "total",
    "uniq",
    "uniqcombined",
    "uniqexact",
    "uniqhll12",
    "var",
    "var_pop",
    "var_samp",
    "variance",
    "variance_pop",
    "variance_samp",
    "varp",
    "xmlagg",
];

/// Functions that give one of their arguments, sorted.
const CHOICES: &[&str] = &[
    "case",
    "choose",
    "coalesce",
    "decode",
    "greatest",
    "if",
    "iff",
    "ifnull",
    "iif",
    "isnull",
    "least",
    "multiif",
    "nullif",
    "nullifzero",
    "nvl",
    "nvl2",
    "zeroifnull",
];

/// Functions that make values, sorted.
const MAKERS: &[&str] = &[
    "clock_timestamp",
    "curdate",
    "curtime",
    "gen_random_uuid",
    "generate_uuid",
    "generateuuidv4",
    "get_current_timestamp",
    "getdate",
    "getutcdate",
    "last_insert_id",
    "localtime",
    "localtimestamp",
    "monotonically_increasing_id",
    "newid",
    "nextval",
    "now",
    "now64",
    "rand",
    "rand32",
    "rand64",
    "randn",
    "random",
    "randstr",
    "seq1",
    "seq2",
    "seq4",
    "seq8",
    "session_user",
    "statement_timestamp",
    "sysdate",
    "sysdatetime",
    "sysdatetimeoffset",
    "systimestamp",
    "sysutcdatetime",
    "timeofday",
    "today",
    "transaction_timestamp",
    "unix_timestamp",
    "user",
    "utc_date",
    "utc_timestamp",
    "uuid",
    "uuid_string",
    "yesterday",
];

/// Parts of dates, sorted.
const DATE_PARTS: &[&str] = &[
    "century",
    "d",
    "date",
    "day",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "dayofmonth",
    "dayofweek",
    "dayofweekiso",
    "dayofyear",
    "days",
    "dd",
    "decade",
    "dow",
    "doy",
    "dw",
    "dy",
    "epoch",
    "epoch_second",
    "friday",
    "hh",
    "hour",
    "hours",
    "hr",
    "iso_week",
    "isodow",
    "isoweek",
    "isoyear",
    "m",
    "mi",
    "microsecond",
    "microseconds",
    "millennium",
    "millisecond",
    "milliseconds",
    "minute",
    "minutes",
    "mm",
    "mon",
    "monday",
    "month",
    "months",
    "ms",
    "n",
    "nanosecond",
    "ns",
    "q",
    "qq",
    "qtr",
    "quarter",
    "quarters",
    "s",
    "saturday",
    "sec",
    "second",
    "seconds",
    "ss",
    "sunday",
    "thursday",
    "time",
    "timezone_hour",
    "timezone_minute",
    "tuesday",
    "us",
    "w",
    "wednesday",
    "week",
    "week_iso",
    "weekday",
    "weekday_iso",
    "weekiso",
    "weekofyear",
    "weeks",
    "wk",
    "ww",
    "y",
    "year",
    "years",
    "yrs",
    "yy",
    "yyyy",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [AGGREGATES, CHOICES, MAKERS, DATE_PARTS] {
            let wrong = list.windows(2).find(|pair| pair[0] >= pair[1]);
            assert_eq!(wrong, None);
        }
    }

    #[test]
    fn functions_are_told_apart() {
        assert_eq!(kind_of("sum"), Kind::Aggregate);
        assert_eq!(kind_of("sumif"), Kind::Aggregate);
        assert_eq!(kind_of("approx_count_distinct"), Kind::Aggregate);
        assert_eq!(kind_of("if"), Kind::Conditional);
        assert_eq!(kind_of("nullif"), Kind::Conditional);
        assert_eq!(kind_of("upper"), Kind::Expression);
    }
}

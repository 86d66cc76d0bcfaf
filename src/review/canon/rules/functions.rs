//! Functions that give the same for the same, row by row, or over the rows of a group.

/// True for a function whose result hangs on its arguments alone, one value a row.
///
/// A function that isn't here is only not known: it may be a user's, make rows, or roll dice.
pub(in crate::review::canon) fn is_known(name: &str) -> bool {
    KNOWN.binary_search(&name).is_ok()
}

/// True for a function that gives the time of the statement: another each day, the same throughout one run.
pub(in crate::review::canon) fn is_clock(name: &str) -> bool {
    matches!(
        name,
        "current_date"
            | "current_time"
            | "current_timestamp"
            | "localtime"
            | "localtimestamp"
            | "now"
            | "today"
            | "getdate"
            | "curdate"
            | "current_datetime"
    )
}

/// True for a function whose result hangs on the order in which it meets rows.
pub(in crate::review::canon) fn is_ordered(name: &str) -> bool {
    matches!(
        name,
        "any_value"
            | "anyvalue"
            | "arbitrary"
            | "any"
            | "first"
            | "last"
            | "first_value"
            | "last_value"
            | "nth_value"
            | "array_agg"
            | "string_agg"
            | "listagg"
            | "group_concat"
            | "list"
            | "collect_list"
            | "row_number"
            | "ntile"
            | "lag"
            | "lead"
            | "arg_max"
            | "arg_min"
            | "max_by"
            | "min_by"
            | "json_agg"
            | "jsonb_agg"
            | "object_agg"
            | "grouparray"
            | "argmax"
            | "argmin"
    )
}

/// In order of bytes.
const KNOWN: &[&str] = &[
    "abs",
    "acos",
    "add_months",
    "ascii",
    "asin",
    "atan",
    "atan2",
    "bit_length",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "charindex",
    "chr",
    "coalesce",
    "concat",
    "concat_ws",
    "contains",
    "convert_timezone",
    "cos",
    "cot",
    "date",
    "date_add",
    "date_diff",
    "date_format",
    "date_from_parts",
    "date_part",
    "date_sub",
    "date_trunc",
    "dateadd",
    "datediff",
    "datepart",
    "datetime",
    "datetime_add",
    "datetime_diff",
    "datetime_sub",
    "datetime_trunc",
    "day",
    "dayname",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "decode",
    "degrees",
    "div",
    "div0",
    "endswith",
    "exp",
    "extract",
    "floor",
    "format_date",
    "format_timestamp",
    "from_unixtime",
    "greatest",
    "hour",
    "if",
    "iff",
    "ifnull",
    "iif",
    "ilike",
    "initcap",
    "instr",
    "is_nan",
    "isnan",
    "json_extract",
    "json_extract_path_text",
    "json_extract_scalar",
    "json_extract_string",
    "json_value",
    "last_day",
    "lcase",
    "least",
    "left",
    "len",
    "length",
    "ln",
    "locate",
    "log",
    "log10",
    "log2",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "md5",
    "minute",
    "mod",
    "month",
    "monthname",
    "months_between",
    "nullif",
    "nullifzero",
    "nvl",
    "nvl2",
    "octet_length",
    "parse_date",
    "parse_timestamp",
    "pi",
    "position",
    "pow",
    "power",
    "quarter",
    "radians",
    "regexp_contains",
    "regexp_extract",
    "regexp_like",
    "regexp_replace",
    "regexp_substr",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "safe_cast",
    "safe_divide",
    "second",
    "sha1",
    "sha2",
    "sha256",
    "sign",
    "sin",
    "split_part",
    "sqrt",
    "starts_with",
    "startswith",
    "strftime",
    "strip_accents",
    "strlen",
    "strpos",
    "strptime",
    "struct",
    "substr",
    "substring",
    "tan",
    "time_trunc",
    "timestamp",
    "timestamp_add",
    "timestamp_diff",
    "timestamp_micros",
    "timestamp_millis",
    "timestamp_seconds",
    "timestamp_sub",
    "timestamp_trunc",
    "timestampadd",
    "timestampdiff",
    "to_char",
    "to_date",
    "to_hex",
    "to_number",
    "to_timestamp",
    "translate",
    "trim",
    "trunc",
    "truncate",
    "try_cast",
    "ucase",
    "unicode",
    "unix_timestamp",
    "upper",
    "week",
    "weekofyear",
    "year",
    "zeroifnull",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_in_order() {
        assert!(super::KNOWN.is_sorted());
    }
}

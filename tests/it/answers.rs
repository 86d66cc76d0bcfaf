//! What templates see of a query's rows. The expectations are what dbt-core 1.12.6 with dbt-duckdb 1.11.1 prints.

use crate::sandbox::{Sandbox, has_duckdb};

/// Expressions of DuckDB, and how Jinja shows the value, alone and in a list.
const TYPES: &[(&str, &str)] = &[
    ("true", "True [True]"),
    ("18446744073709551615::ubigint", "18446744073709551615 [18446744073709551615]"),
    ("3.3::float", "3.299999952316284 [Decimal('3.299999952316284')]"),
    ("1e20::double", "1E+20 [Decimal('1E+20')]"),
    ("2.0::double", "2.0 [Decimal('2.0')]"),
    ("'nan'::double", "NaN [Decimal('NaN')]"),
    ("3.30::decimal(5,2)", "3.30 [Decimal('3.30')]"),
    ("0.00000001::decimal(18,8)", "1E-8 [Decimal('1E-8')]"),
    ("'5'", "5 ['5']"),
    ("date '2020-01-31'", "2020-01-31 [datetime.date(2020, 1, 31)]"),
    ("date 'infinity'", "9999-12-31 [datetime.date(9999, 12, 31)]"),
    ("date '0044-03-15 (BC)'", "0044-03-15 (BC) ['0044-03-15 (BC)']"),
    ("time '12:34:56.789'", "12:34:56.789000 ['12:34:56.789000']"),
    (
        "timestamp '2020-01-31 12:34:56.789'",
        "2020-01-31 12:34:56.789000 [datetime.datetime(2020, 1, 31, 12, 34, 56, 789000)]",
    ),
    (
        "timestamp_ns '2020-01-31 12:34:00.000000456'",
        "2020-01-31 12:34:00 [datetime.datetime(2020, 1, 31, 12, 34)]",
    ),
    ("interval '1 month 2 days 3 hours'", "32 days, 3:00:00 ['32 days, 3:00:00']"),
    ("'ab'::blob", "b'ab' [\"b'ab'\"]"),
    ("[1.5::decimal(3,1), null]", "[1.5, null] ['[1.5, null]']"),
    ("{'a': 1, 'b': '部'}", "{\"a\": 1, \"b\": \"\\u90e8\"} ['{\"a\": 1, \"b\": \"\\\\u90e8\"}']"),
    ("null", "None [None]"),
];

/// Expressions on `d`, whose columns are `a`: 3.30, `b`: 3.3 as a double, `e`: 10, `n`: -7.5, `day` and `at`.
const ARITHMETIC: &[(&str, &str)] = &[
    ("d.a + 1", "4.30"),
    ("1 + d.a", "4.30"),
    ("d.a - d.b", "0.00"),
    ("d.a * d.a", "10.8900"),
    ("3 / d.a", "0.9090909090909090909090909091"),
    ("d.n // 2", "-3"),
    ("d.n % 2", "-1.5"),
    ("-d.a", "-3.30"),
    ("d.a == d.b", "True"),
    ("d.a == 3.3", "False"),
    ("3 < d.a", "True"),
    ("d.a | int", "3"),
    ("d.a | round(1)", "3.3"),
    ("d.e | round(2)", "10.00"),
    ("d.n | abs", "7.5"),
    ("[d.a, d.b] | sum", "6.60"),
    ("[d.e, d.a] | sort", "[Decimal('3.30'), Decimal('10')]"),
    ("'%.1f' % d.a", "3.3"),
    ("'{:,.3f}'.format(d.a * 1000)", "3,300.000"),
    ("d.a is number", "True"),
    ("d.day.strftime('%Y/%m')", "2020/01"),
    ("d.at - modules.datetime.timedelta(days=1)", "2020-01-30 12:34:56.500000"),
    ("d.at.date() == d.day", "True"),
    ("d.day < modules.datetime.date(2021, 1, 1)", "True"),
];

#[test]
fn values_have_the_types_that_dbt_gives() {
    if !has_duckdb() {
        return;
    }
    let mut text = String::from("{% macro types() %}\n");
    for (expression, _) in TYPES {
        let sql = serde_json::Value::from(format!("select {expression} as x"));
        text.push_str(&format!(
            "{{% set v = run_query({sql}).rows[0][0] %}}{{% do print(v ~ ' ' ~ [v]) %}}\n"
        ));
    }
    text.push_str("{% endmacro %}\n{% macro arithmetic() %}\n");
    text.push_str(
        "{% set d = run_query(\"select 3.30::decimal(5,2) as a, 3.3::double as b, 10::decimal(5,0) as e, \
         -7.5::decimal(5,1) as n, date '2020-01-31' as day, timestamp '2020-01-31 12:34:56.5' as at\").rows[0] %}\n",
    );
    for (expression, _) in ARITHMETIC {
        text.push_str(&format!("{{% do print({expression}) %}}\n"));
    }
    text.push_str("{% endmacro %}\n");
    let sandbox = Sandbox::new(&[("macros/m.sql", &text)]);
    for (operation, expected) in [("types", TYPES), ("arithmetic", ARITHMETIC)] {
        let said = sandbox.run(&["run-operation", operation]).exits(0);
        let got: Vec<(&str, &str)> =
            expected.iter().map(|(expression, _)| *expression).zip(said.stdout.lines()).collect();
        assert_eq!(got, expected);
    }
}

#[test]
fn names_that_occur_twice_are_numbered() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[(
        "macros/m.sql",
        "{% macro m() %}{% do print(run_query('select 1 as x, 2 as x').column_names) %}{% endmacro %}",
    )]);
    assert_eq!(sandbox.run(&["run-operation", "m"]).exits(0).stdout, "('x', 'x_2')\n");
}

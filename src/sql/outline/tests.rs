//! What is read from texts, one line a query.

use super::*;

/// `role: nodes n, stages s [tables | tables] (columns) flags`.
fn shown(sql: &str) -> String {
    let outline = outline(Dialect::DuckDb, sql);
    let text = |range: &Range<u32>| &sql[range.start as usize..range.end as usize];
    let expression = |it: &Expression| {
        let names = &outline.mentions[it.mentions.start as usize..it.mentions.end as usize];
        format!("{}:{}", it.nodes, names.iter().map(text).collect::<Vec<_>>().join("+"))
    };
    let mut lines = vec![format!("nesting {}, list {}", outline.nesting, outline.list)];
    for query in &outline.queries {
        let table = |table: &Table| match table {
            Table::Query(place) => format!("#{place}"),
            Table::Named(range) => text(range).to_owned(),
            Table::Other => "?".to_owned(),
        };
        let block = |block: &Vec<Table>| block.iter().map(table).collect::<Vec<_>>().join(" ");
        let blocks: Vec<String> = query.blocks.iter().map(block).collect();
        let column = |column: &Column| match column {
            Column::Star => "*".to_owned(),
            Column::One { name, expression: it } => {
                format!("{}={}", name.as_ref().map_or("", text), expression(it))
            }
        };
        let columns: Vec<String> = query.columns.iter().map(column).collect();
        lines.push(format!(
            "{:?}: nodes {}, stages {}, branches {} [{}] ({}) filter {}{}",
            query.role,
            query.nodes,
            query.stages,
            query.branches,
            blocks.join(" | "),
            columns.join(", "),
            expression(&query.filter),
            if query.mergeable { ", mergeable" } else { "" },
        ));
    }
    lines.join("\n")
}

#[test]
fn a_plain_query() {
    insta::assert_snapshot!(shown("select a.id, b.v + a.v as v, 'x' s from t as a left join db.u b on a.id = b.id where a.k > 1;"), @r"
    nesting 0, list 0
    Main: nodes 32, stages 1, branches 1 [t db.u] (id=2:id, v=5:v+v, s=1:) filter 5:id+id, mergeable
    ");
}

#[test]
fn ctes_and_derived_tables() {
    insta::assert_snapshot!(shown("with a as (select * from t), b as (select k, count(*) as n from a group by 1) select * from a join b using (k) join (select max(k) as m from a) x on true"), @r"
    nesting 2, list 0
    Cte: nodes 4, stages 0, branches 1 [t] (*) filter 0:, mergeable
    Cte: nodes 11, stages 1, branches 1 [#0] (k=1:k, n=2:) filter 0:
    Subquery: nodes 7, stages 0, branches 1 [#0] (m=2:k) filter 0:
    Main: nodes 17, stages 2, branches 1 [#0 #1 #2] (*) filter 1:, mergeable
    ");
}

#[test]
fn set_operations_and_subqueries() {
    insta::assert_snapshot!(shown("(select 1 as x from a) union all select 2 from b where x in (select y from c) and z = (select max(q) from d) order by 1"), @r"
    nesting 2, list 0
    Subquery: nodes 4, stages 0, branches 1 [c] (y=1:y) filter 0:, mergeable
    Subquery: nodes 5, stages 0, branches 1 [d] (=2:q) filter 0:
    Main: nodes 21, stages 2, branches 2 [a | #1 | b #0] (x=1:) filter 5:x+z
    ");
}

#[test]
fn recursion_and_nested_with() {
    insta::assert_snapshot!(shown("with recursive r as (select 1 as n union all select n + 1 from r where n < 9), t as (with r as (select 5 as n) select * from r) select * from r, t, generate_series(1, 3)"), @r"
    nesting 2, list 0
    Cte: nodes 16, stages 1, branches 2 [ | ?] (n=1:) filter 3:n
    Cte: nodes 4, stages 0, branches 1 [] (n=1:) filter 0:, mergeable
    Cte: nodes 7, stages 0, branches 1 [#1] (*) filter 0:
    Main: nodes 14, stages 2, branches 1 [#0 #2 ?] (*) filter 0:, mergeable
    ");
}

#[test]
fn windows_lists_and_cases() {
    insta::assert_snapshot!(shown("select distinct case when k in (1, 2, 3) then left(a, 2) end, row_number() over (partition by k order by d) rn, t.* exclude (z) from ((t)) limit 5"), @r"
    nesting 2, list 3
    Main: nodes 31, stages 2, branches 1 [t] (=12:k+a, rn=8:partition+by+k+order+by+d, *) filter 0:
    ");
}

#[test]
fn anything_is_read() {
    for sql in [
        "",
        "(",
        ")",
        "select",
        "with",
        "with a",
        "with a as",
        "with a as (",
        "from",
        "select (select (",
        "select * from (select",
    ] {
        shown(sql);
    }
    let deep = format!("select {}1{}", "(select ".repeat(2000), ")".repeat(2000));
    assert!(outline(Dialect::DuckDb, &deep).nesting >= 2000);
}

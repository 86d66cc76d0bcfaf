//! `buhin verify`: compiled SQL held against what was approved.

use std::io::Write as _;
use std::process::Stdio;

use crate::sandbox::Sandbox;

const SHOP: &[(&str, &str)] = &[
    ("models/base.sql", "{{ config(materialized='ephemeral') }}\nselect 1 as id, 2 as amount -- 金額\n"),
    (
        "models/sales.sql",
        "{{ config(materialized='table') }}\nselect\n  {{ total('amount') }} as 売上\nfrom {{ ref('base') }}\n",
    ),
    ("models/other.sql", "{{ config(materialized='view') }}\nselect 3 as x\n"),
    ("macros/total.sql", "{% macro total(x) %}sum({{ x }}){% endmacro %}\n"),
];

/// A project whose SQL is approved.
fn approved() -> Sandbox {
    let sandbox = Sandbox::new(SHOP);
    sandbox.run(&["verify", "--accept"]).exits(0).says("3 approved, 0 removed, 0 were approved already");
    sandbox
}

#[test]
fn what_is_approved_stands_in_one_file_a_part() {
    let sandbox = approved();
    let files = sandbox.files("snapshots/dev");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["base.snap", "other.snap", "sales.snap"]);
    insta::assert_snapshot!(sandbox.read("snapshots/dev/sales.snap"), @r#"
---
part: shop.sales
becomes: table
why: its author's choice
---

with __dbt__cte__base as (

select 1 as id, 2 as amount -- 金額
) select
  sum(amount) as 売上
from __dbt__cte__base
"#);
    sandbox.run(&["verify"]).exits(0).says("3 parts are as approved");
}

#[test]
fn a_changed_macro_is_shown_in_every_part_with_its_place() {
    let sandbox = approved();
    sandbox.write("macros/total.sql", "{% macro total(x) %}max({{ x }}){% endmacro %}\n");
    let said = sandbox.run(&["verify"]).exits(1).says("B1101").says("`sales` is not as approved");
    insta::assert_snapshot!(said.stdout, @r#"
sales  models/sales.sql
  macros/total.sql:1
      4   select 1 as id, 2 as amount -- 金額
      5   ) select
      6 -   sum(amount) as 売上
      6 +   max(amount) as 売上
      7   from __dbt__cte__base
"#);
    let said = sandbox.run(&["verify", "--format", "markdown"]).exits(1);
    insta::assert_snapshot!(said.stdout, @r#"
1 part differs from what was approved.

<details><summary><code>sales</code> (changed)</summary>

`macros/total.sql:1`

```diff
 select 1 as id, 2 as amount -- 金額
 ) select
-  sum(amount) as 売上
+  max(amount) as 売上
 from __dbt__cte__base
```

</details>
"#);
    let said = sandbox.run(&["verify", "--format", "json"]).exits(1);
    insta::assert_snapshot!(said.stdout, @r#"
{"part":"sales","unique_id":"model.shop.sales","file":"models/sales.sql","standing":"changed","was":"table","becomes":"table","hunks":[{"at":"macros/total.sql:1","old":["  sum(amount) as 売上"],"new":["  max(amount) as 売上"]}]}
"#);
    sandbox.run(&["verify", "--select", "other"]).exits(0);
}

#[test]
fn new_and_stale_parts_are_found_and_settled() {
    let sandbox = approved();
    std::fs::rename(sandbox.path("models/other.sql"), sandbox.path("models/another.sql")).expect("renamed");
    let said = sandbox.run(&["verify"]).exits(1);
    said.says("B1102")
        .says("`another` has no approved SQL")
        .says("B1103")
        .says("`other` in snapshots/dev/ is of no part");
    sandbox.run(&["verify", "--select", "another", "--accept"]).exits(0);
    assert!(sandbox.path("snapshots/dev/other.snap").exists(), "a selection removes nothing");
    sandbox.run(&["verify", "--accept"]).exits(0).says("0 approved, 1 removed, 3 were approved already");
    sandbox.run(&["verify"]).exits(0);
}

#[test]
fn moving_a_file_needs_no_approval() {
    let sandbox = approved();
    std::fs::create_dir(sandbox.path("models/deep")).expect("a folder");
    std::fs::rename(sandbox.path("models/sales.sql"), sandbox.path("models/deep/sales.sql")).expect("moved");
    sandbox.run(&["verify"]).exits(0);
}

#[test]
fn another_materialization_is_a_change() {
    let sandbox = approved();
    sandbox.write("models/other.sql", "{{ config(materialized='table') }}\nselect 3 as x\n");
    let said = sandbox.run(&["verify"]).exits(1);
    said.prints("becomes table instead of view");
}

#[test]
fn without_comments_a_comment_is_no_change_but_code_is() {
    let sandbox = Sandbox::new(SHOP);
    sandbox.write("buhin.yml", "version: 1\nsnapshots: {form: code}\n");
    sandbox.run(&["verify", "--accept"]).exits(0);
    assert!(!sandbox.read("snapshots/dev/base.snap").contains("金額"));
    sandbox
        .write("models/other.sql", "{{ config(materialized='view') }}\n-- why\nselect 3 as x /* three */\n");
    sandbox.run(&["verify"]).exits(0);
    sandbox.write("models/other.sql", "{{ config(materialized='view') }}\n-- why\nselect 4 as x\n");
    sandbox.run(&["verify"]).exits(1).prints("models/other.sql:3");
}

#[test]
fn settings_say_which_parts_need_approval() {
    for (approve, names) in [
        ("roots", "other.snap sales.snap"),
        ("all", "base.snap other.snap sales.snap"),
        ("other", "other.snap"),
    ] {
        let sandbox = Sandbox::new(SHOP);
        sandbox.write("buhin.yml", format!("version: 1\nsnapshots: {{approve: {approve}}}\n"));
        sandbox.run(&["verify", "--accept"]).exits(0);
        let found: Vec<String> = sandbox.files("snapshots/dev").into_iter().map(|(name, _)| name).collect();
        assert_eq!(found.join(" "), names, "{approve}");
    }
}

#[test]
fn what_cannot_be_read_or_compiled_is_no_approval_and_not_gone() {
    let sandbox = approved();
    sandbox.write("snapshots/dev/sales.snap", "<<<<<<< HEAD\nselect 1\n");
    sandbox.run(&["verify"]).exits(1).says("B1104").says("merge conflict");
    let sandbox = approved();
    sandbox.write("models/other.sql", "select {{ nothing_of_the_kind() }}\n");
    let said = sandbox.run(&["verify"]).exits(1);
    said.says("B0202");
    sandbox.run(&["verify", "--accept"]).exits(1);
    assert!(sandbox.path("snapshots/dev/other.snap").exists(), "a part with an error keeps its approval");
}

#[test]
fn each_difference_can_be_accepted_or_rejected() {
    let sandbox = approved();
    sandbox.write("models/other.sql", "{{ config(materialized='view') }}\nselect 5 as x\n");
    sandbox.write("macros/total.sql", "{% macro total(x) %}max({{ x }}){% endmacro %}\n");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_buhin"));
    command.args(["verify", "--review"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(b"what?\na\nr\n").expect("written");
    let done = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("1 of 2, `other`") && said.contains("`sales` is not as approved"), "{said}");
    assert!(sandbox.read("snapshots/dev/other.snap").contains("select 5"), "accepted");
    assert!(sandbox.read("snapshots/dev/sales.snap").contains("sum"), "rejected");
}

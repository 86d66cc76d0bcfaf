//! Runs of tiny projects on a real DuckDB.

use std::sync::Mutex;

use camino::Utf8PathBuf;
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostic::Staged;
use crate::emit::Compiled;
use crate::graph::fixture::Fixture;
use crate::plan::fixture::plan;
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::{Rendered, RenderedNode};
use crate::source::{Segment, SegmentKind, SourceMap, Span};
use crate::world::Disk;

/// Set for the second process of the tests that need two: the database's folder.
const OTHER_PROCESS: &str = "BUHIN_TEST_OTHER_PROCESS";

/// Notes whose end was told.
struct Recorder<'a>(&'a Mutex<Vec<String>>);
impl Reporter for Recorder<'_> {
    fn event(&self, event: Event<'_>) {
        if let Event::Finished { index, total, .. } = event {
            self.0.lock().expect("no thread panics").push(format!("{index}/{total}"));
        }
    }
}

/// A database in a folder of its own.
struct Shop {
    folder: tempfile::TempDir,
    warehouse: DuckDb,
}

impl Shop {
    fn open() -> Option<Self> {
        Self::open_in(tempfile::tempdir().expect("a folder"))
    }

    fn open_in(folder: tempfile::TempDir) -> Option<Self> {
        let path = Utf8PathBuf::from_path_buf(folder.path().join("db.duckdb")).expect("UTF-8");
        let warehouse = duckdb::testing::duckdb(path.as_str())?;
        Some(Self { folder, warehouse })
    }

    /// Gives the database up and starts this test program again to run `other` on it, until it says `ready`.
    fn hand_over(self, other: &str) -> (tempfile::TempDir, std::process::Child) {
        use std::io::BufRead as _;
        let Self { folder, warehouse } = self;
        drop(warehouse);
        let mut child = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", &format!("run::tests::{other}"), "--nocapture"])
            .env(OTHER_PROCESS, folder.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = std::io::BufReader::new(child.stdout.take().expect("it has one"));
        assert!(
            out.lines().map_while(Result::ok).any(|line| line.contains("ready")),
            "the other process gave up"
        );
        (folder, child)
    }

    fn write(&self, path: &str, text: &str) {
        let path = Utf8PathBuf::from_path_buf(self.folder.path().join(path)).expect("UTF-8");
        crate::world::write_atomic(&path, text.as_bytes()).expect("it is written");
    }

    fn query(&self, sql: &str) -> String {
        let mut session = self.warehouse.connect().expect("it connects");
        let table = session.query(sql, None).expect("the query is good");
        let rows =
            table.rows.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"));
        rows.collect::<Vec<_>>().join(" ")
    }

    fn execute(&self, sql: &str) {
        self.warehouse.connect().expect("it connects").execute(sql).expect("it is good");
    }

    fn run(&self, fixture: &Fixture, command: Command, options: RunOptions) -> (RunReport, String) {
        let project = &fixture.project;
        let graph = crate::graph::resolve(project, &fixture.collected).value;
        let plan = plan(project, &fixture.collected, &graph).value;
        let compile = |id: NodeId| {
            let node = project.node(id);
            let body = node.body?;
            let text = project.files.text(body);
            let (mut sql, mut segments, mut rest) = (String::new(), Vec::new(), 0);
            let calls = regex::Regex::new(r"\{\{ ref\('(\w+)'\) \}\}").expect("a regex");
            let mut push = |from: usize, to: usize, out: &str, kind: SegmentKind, sql: &mut String| {
                let start = sql.len() as u32;
                sql.push_str(out);
                let origin = Span::new(body.file, from, to);
                segments.push(Segment {
                    rendered: start..sql.len() as u32,
                    origin,
                    kind,
                    frames: std::sync::Arc::default(),
                });
            };
            for call in calls.captures_iter(text) {
                let whole = call.get(0).expect("the match");
                push(rest, whole.start(), &text[rest..whole.start()], SegmentKind::Literal, &mut sql);
                let name = format!("\"db\".\"main\".\"{}\"", &call[1]);
                push(whole.start(), whole.end(), &name, SegmentKind::Produced, &mut sql);
                rest = whole.end();
            }
            push(rest, text.len(), &text[rest..], SegmentKind::Literal, &mut sql);
            Some(Compiled { sql, source_map: SourceMap { segments }, ctes: Vec::new() })
        };
        let compiled = NodeMap::new(project.nodes().map(|(id, _)| compile(id)).collect());
        let rendered = project.nodes().map(|(id, _)| {
            let config = &fixture.collected.nodes[id].as_ref()?.config;
            let hooks = |key: &str| -> Vec<crate::render::Hook> {
                let hooks = config.get(key).and_then(Json::as_array).into_iter().flatten();
                let sql = hooks.filter_map(|hook| hook.as_str().or_else(|| hook.get("sql")?.as_str()));
                sql.map(|sql| crate::render::Hook { sql: sql.to_owned(), transaction: true }).collect()
            };
            Some(RenderedNode {
                sql: String::new(),
                source_map: SourceMap::default(),
                introspects: false,
                queries: false,
                is_late: false,
                pre_hooks: hooks("pre_hook"),
                post_hooks: hooks("post_hook"),
            })
        });
        let rendered = Rendered { nodes: NodeMap::new(rendered.collect()) };
        let full_refresh = options.full_refresh;
        // As rendering does: `-- incremental` begins what is only wanted on a table that exists.
        let recompile = |id: NodeId, introspect: &dyn crate::render::Introspect| {
            let relation = fixture.collected.nodes[id].as_ref().and_then(|node| node.relation.as_ref());
            let exists = !full_refresh
                && relation
                    .is_some_and(|relation| !introspect.columns(relation).expect("it answers").is_empty());
            let mut compiled = compile(id).expect("it has a body");
            if let Some(at) = compiled.sql.find("-- incremental").filter(|_| !exists) {
                compiled.sql.truncate(at);
            }
            let before_inlining = compiled.sql.clone();
            Staged::new(Some(Fresh { compiled, before_inlining, ..Fresh::default() }), Vec::new())
        };
        let world = Disk::new(Utf8PathBuf::from_path_buf(self.folder.path().to_owned()).expect("UTF-8"));
        let selected: Vec<NodeId> = project.nodes().map(|(id, _)| id).collect();
        let request = RunRequest {
            materialize: &|_, _| Staged::new(None, Vec::new()),
            project,
            collected: &fixture.collected,
            graph: &graph,
            plan: &plan,
            rendered: &rendered,
            compiled: &compiled,
            recompile: &recompile,
            render_hook: &|_, text, extra, _| {
                let count = extra.get("results").and_then(Json::as_array).map_or(0, Vec::len);
                Staged::new(
                    Some(text.value.replace("{{ results | length }}", &count.to_string())),
                    Vec::new(),
                )
            },
            world: &world,
            warehouse: &self.warehouse,
            command,
            selected: &selected,
            options,
        };
        let events = Mutex::new(Vec::new());
        let report = run(&request, &Recorder(&events));
        assert_eq!(
            events.lock().expect("no thread panics").len(),
            report.results.len(),
            "each node's end is told"
        );
        let lines = report.results.iter().map(|result| {
            let name = &project.node(result.node).name;
            format!("{name} {}", result.status.name())
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort();
        let shown = lines.join(", ");
        (report, shown)
    }

    #[track_caller]
    fn check(&self, fixture: &Fixture, command: Command, shown: &str) -> RunReport {
        let (report, lines) = self.run(fixture, command, RunOptions::default());
        let problems: Vec<_> =
            report.all_diagnostics().map(|it| format!("{} {:?}", it.message, it.notes)).collect();
        assert_eq!(lines, shown, "{problems:#?}");
        report
    }
}

fn shop() -> Fixture {
    Fixture::new()
        .part("orders", "select 1 as id, 10 as total union all select 2, 20")
        .config(&json!({"materialized": "table"}))
        .part("big", "select * from {{ ref('orders') }} where total > 15")
}

#[test]
fn tables_and_views_are_built_in_order() {
    let Some(db) = Shop::open() else { return };
    let report = db.check(&shop(), Command::Run, "big success, orders success");
    assert_eq!(db.query("select id from main.big"), "2");
    assert_eq!(report.results[0].rows, Some(2));
}

#[test]
fn a_view_becomes_a_table_and_back() {
    let Some(db) = Shop::open() else { return };
    let one = |kind: &str| Fixture::new().part("a", "select 1 as x").config(&json!({"materialized": kind}));
    for kind in ["view", "table", "table", "incremental", "view", "view"] {
        db.check(&one(kind), Command::Run, "a success");
    }
    assert_eq!(db.query("select count(*) from duckdb_tables()"), "0");
    db.check(&one("incremental"), Command::Run, "a success");
    assert_eq!(db.query("select x from main.a"), "1");
}

#[test]
fn a_failure_leaves_the_former_table_and_skips_what_is_below() {
    let Some(db) = Shop::open() else { return };
    db.check(&shop(), Command::Run, "big success, orders success");
    let broken = Fixture::new()
        .part("orders", "select 1 as id,\n  cast('x' as int) as total")
        .config(&json!({"materialized": "table"}))
        .part("big", "select * from {{ ref('orders') }}")
        .part("other", "select 1 as one");
    let report = db.check(&broken, Command::Run, "big skipped, orders error, other success");
    assert_eq!(db.query("select sum(total) from main.orders"), "30");
    assert_eq!(db.query("select count(*) from duckdb_tables() where table_name like '%buhin%'"), "0");
    let problem = report.all_diagnostics().next().expect("one problem");
    assert_eq!(problem.code, crate::diagnostic::Code::SQL_FAILED);
    let skipped =
        report.results.iter().find(|result| result.status == Status::Skipped).expect("one is skipped");
    assert_eq!(skipped.message.as_deref(), Some("skipped because model `orders` failed"));
}

#[test]
fn the_databases_complaint_points_to_the_authors_text() {
    let Some(db) = Shop::open() else { return };
    let broken = shop()
        .part("wrong", "select\n  id,\n  totl\nfrom {{ ref('orders') }}")
        .config(&json!({"materialized": "table"}));
    let report = db.check(&broken, Command::Run, "big success, orders success, wrong error");
    insta::assert_snapshot!(broken.shown(report.all_diagnostics().cloned().collect()), @r#"
    Error[B0803] model `wrong`: referenced column "totl" not found in FROM clause
      models/wrong.sql:3:3 `totl` 
      note: Binder Error: Referenced column "totl" not found in FROM clause!
            Candidate bindings: "total"
      help: did you mean `total`?
    "#);
}

#[test]
fn a_failing_test_holds_what_is_below_in_a_build_only() {
    let Some(db) = Shop::open() else { return };
    let tested = |severity: &str| {
        shop()
            .add(
                "shop",
                NodeKind::Test,
                "tests/no_small.sql",
                "select * from {{ ref('orders') }} where total < 15",
            )
            .config(&json!({"severity": severity}))
    };
    let report = db.check(&tested("error"), Command::Build, "big skipped, no_small fail, orders success");
    assert_eq!(report.results[1].message.as_deref(), Some("Got 1 result, configured to fail if != 0"));
    assert_eq!(report.results[1].examples.as_ref().map(|table| table.rows.len()), Some(1));
    db.check(&tested("warn"), Command::Build, "big success, no_small warn, orders success");
    let report = db.check(&tested("error"), Command::Test, "no_small fail");
    assert!(report.failed());
    insta::assert_snapshot!(shop().shown(report.all_diagnostics().map(|it| Diagnostic { label: None, ..it.clone() }).collect()), @r"
    Error[B0804] test `no_small` got 1 result
      note: for example: id=1, total=10
      help: `buhin show --select no_small` shows the rows
    ");
}

#[test]
fn thresholds_and_stored_failures() {
    let Some(db) = Shop::open() else { return };
    let tested = shop()
        .add("shop", NodeKind::Test, "tests/few.sql", "select * from {{ ref('orders') }}")
        .config(&json!({"error_if": "> 2", "warn_if": "> 1", "store_failures": true}))
        .add("shop", NodeKind::Test, "tests/sum.sql", "select * from {{ ref('orders') }}")
        .config(&json!({"fail_calc": "sum(total)", "error_if": "> 100", "warn_if": "> 40"}));
    let report = db.check(&tested, Command::Build, "big success, few warn, orders success, sum pass");
    assert_eq!(db.query("select count(*) from main.few"), "2");
    assert!(!report.failed());
}

#[test]
fn an_incremental_part_adds_and_replaces_by_key() {
    let Some(db) = Shop::open() else { return };
    db.execute("create table main.raw as select 1 as id, 'a' as name");
    let part = |config: Json| {
        Fixture::new()
            .part("log", "select id, name from db.main.raw -- incremental\nwhere id > 0")
            .config(&json!({"materialized": "incremental"}))
            .config(&config)
    };
    for config in [json!({"unique_key": "id"}), json!({"unique_key": "id", "incremental_strategy": "merge"})]
    {
        db.execute(
            "drop table if exists main.log; delete from main.raw; insert into main.raw values (1, 'a')",
        );
        db.check(&part(config.clone()), Command::Run, "log success");
        db.execute("update main.raw set name = 'b'; insert into main.raw values (2, 'c'), (-1, 'never')");
        db.check(&part(config), Command::Run, "log success");
        assert_eq!(db.query("select id, name from main.log order by id"), "1|b 2|c");
    }
    db.check(&part(json!({})), Command::Run, "log success");
    assert_eq!(db.query("select count(*) from main.log"), "4");
    let (_, shown) =
        db.run(&part(json!({})), Command::Run, RunOptions { full_refresh: true, ..RunOptions::default() });
    assert_eq!((shown.as_str(), db.query("select count(*) from main.log").as_str()), ("log success", "3"));
}

#[test]
fn new_columns_follow_on_schema_change() {
    let Some(db) = Shop::open() else { return };
    let part = |sql: &str, change: &str| {
        Fixture::new()
            .part("log", sql)
            .config(&json!({"materialized": "incremental", "on_schema_change": change}))
    };
    db.check(&part("select 1 as id, 2 as gone", "ignore"), Command::Run, "log success");
    db.check(&part("select 2 as id, 2 as gone, 'x' as extra", "ignore"), Command::Run, "log success");
    let report = db.check(&part("select 3 as id, 'x' as extra", "fail"), Command::Run, "log error");
    assert_eq!(report.all_diagnostics().next().expect("one").code, crate::diagnostic::Code::SCHEMA_CHANGED);
    db.check(
        &part("select 3 as id, 2 as gone, 'x' as extra", "append_new_columns"),
        Command::Run,
        "log success",
    );
    db.check(&part("select 4 as id, 'y' as extra", "sync_all_columns"), Command::Run, "log success");
    assert_eq!(db.query("select * from main.log order by id"), "1|NULL 2|NULL 3|x 4|y");
}

#[test]
fn hooks_share_the_transaction_of_their_part() {
    let Some(db) = Shop::open() else { return };
    db.execute("create table main.audit (what text)");
    let part = |post: &str| {
        Fixture::new()
            .part("a", "select count(*) as n from db.main.audit")
            .config(&json!({"materialized": "table", "pre_hook": "insert into main.audit values ('pre')", "post_hook": post}))
    };
    db.check(&part("insert into main.audit values ('post')"), Command::Run, "a success");
    assert_eq!(db.query("select n from main.a"), "1");
    db.check(&part("insert into main.nowhere values (1)"), Command::Run, "a error");
    assert_eq!(db.query("select string_agg(what, ' ') from main.audit"), "pre post");
    assert_eq!(db.query("select n from main.a"), "1");
}

#[test]
fn a_unit_test_runs_its_part_on_given_rows() {
    let Some(db) = Shop::open() else { return };
    db.check(&shop(), Command::Run, "big success, orders success");
    let tested = |expect: Json| {
        let mut fixture =
            shop().add("shop", NodeKind::UnitTest, "models/test_big.yml", "").with(|node, _| {
                node.body = None;
                node.properties = json!({
                    "name": "test_big",
                    "model": "big",
                    "given": [{"input": "ref('orders')", "rows": [{"id": 7, "total": "16"}, {"id": 8}]}],
                    "expect": expect,
                });
            });
        let tests = fixture.project.nodes.iter_mut().filter(|node| node.kind == NodeKind::UnitTest);
        tests.for_each(|node| node.depends_on.clear());
        fixture
    };
    db.check(&tested(json!({"rows": [{"id": 7}]})), Command::Test, "test_big pass");
    db.check(&tested(json!({"format": "csv", "rows": "id,total\n7,16\n"})), Command::Test, "test_big pass");
    db.check(&tested(json!({"format": "sql", "rows": "select 7 as id"})), Command::Test, "test_big pass");
    let report = db.check(
        &tested(json!({"rows": [{"id": 8}]})),
        Command::Build,
        "big skipped, orders success, test_big fail",
    );
    let problem = report.all_diagnostics().next().expect("one");
    assert_eq!(problem.message, "unit test `test_big`: 1 row missing, 1 row not expected");
    assert_eq!(problem.notes, ["missing: id=8", "not expected: id=7"]);
    assert_eq!(db.query("select id from main.orders order by id"), "1 2");
}

#[test]
fn hooks_of_the_run_stand_around_it() {
    let Some(db) = Shop::open() else { return };
    let hooked = |start: &str| {
        let mut fixture = shop();
        let at = Span::new(crate::source::FileId(0), 0, 4);
        let hook = |sql: &str| vec![crate::source::Spanned::new(sql.to_owned(), at)];
        fixture.project.packages[0].on_run_start = hook(start);
        fixture.project.packages[0].on_run_end =
            hook("insert into main.seen values ({{ results | length }})");
        fixture.project.packages[1].on_run_start = hook("create table if not exists main.seen (n int)");
        fixture
    };
    let report =
        db.check(&hooked("insert into main.seen values (-1)"), Command::Run, "big success, orders success");
    assert_eq!(db.query("select n from main.seen"), "-1 2");
    let ids: Vec<_> = report.hooks.iter().map(|hook| hook.unique_id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "operation.kit.kit-on-run-start-0",
            "operation.shop.shop-on-run-start-0",
            "operation.shop.shop-on-run-end-0"
        ]
    );
    let report =
        db.check(&hooked("insert into main.nowhere values (1)"), Command::Run, "big skipped, orders skipped");
    assert!(report.failed());
}

#[test]
fn seeds_are_loaded_with_their_types_and_swapped() {
    let Some(db) = Shop::open() else { return };
    let seed = |config: Json| Fixture::new().add("shop", NodeKind::Seed, "seeds/raw.csv", "").config(&config);
    db.write("seeds/raw.csv", "\u{feff}id,name,at,zip,ok\n1,\"花, 子\",2024-01-02,01,true\n2,,,02,\n");
    let types = json!({"column_types": {"zip": "varchar"}});
    let report = db.check(&seed(types.clone()), Command::Seed, "raw success");
    assert_eq!(report.results[0].rows, Some(2));
    assert_eq!(db.query("select * from main.raw"), "1|花, 子|2024-01-02|01|true 2|NULL|NULL|02|NULL");
    assert_eq!(
        db.query("select string_agg(data_type, ' ' order by column_index) from duckdb_columns() where table_name = 'raw'"),
        "INTEGER VARCHAR DATE VARCHAR BOOLEAN"
    );
    db.write("seeds/raw.csv", "id,name\n1,a\n2,b,c\n");
    let report = db.check(&seed(json!({})), Command::Seed, "raw error");
    assert_eq!(report.all_diagnostics().next().expect("one").code, crate::diagnostic::Code::BAD_SEED);
    assert_eq!(db.query("select count(*) from main.raw where zip = '01'"), "1");
    db.write("seeds/raw.csv", "id,name\n1,a\nx,b\n");
    let report = db.check(&seed(json!({"column_types": {"id": "integer"}})), Command::Seed, "raw error");
    let problem = report.all_diagnostics().next().expect("one");
    assert!(problem.message.starts_with("seed `raw`: line 3 can't be loaded"), "{}", problem.message);
    db.write("seeds/raw.csv", "id,name\n");
    db.check(&seed(json!({})), Command::Seed, "raw success");
    assert_eq!(db.query("select count(*) from main.raw"), "0");
}

#[test]
fn a_snapshot_keeps_what_was() {
    let Some(db) = Shop::open() else { return };
    db.execute("create table main.raw as select 1 as id, 'a' as name union all select 2, 'b'");
    let snapshot = || {
        Fixture::new()
            .add("shop", NodeKind::Snapshot, "snapshots/log.sql", "select * from db.main.raw")
            .config(&json!({
                "strategy": "check", "check_cols": "all", "unique_key": "id", "hard_deletes": "invalidate",
            }))
    };
    db.check(&snapshot(), Command::Snapshot, "log success");
    db.execute("update main.raw set name = 'A' where id = 1; delete from main.raw where id = 2");
    db.check(&snapshot(), Command::Snapshot, "log success");
    db.check(&snapshot(), Command::Snapshot, "log success");
    assert_eq!(
        db.query(
            "select id, name, dbt_valid_to is null from main.log order by id, dbt_valid_from, name desc"
        ),
        "1|a|false 1|A|true 2|b|false"
    );
}

#[test]
fn many_parts_on_many_threads() {
    let Some(db) = Shop::open() else { return };
    let mut fixture = Fixture::new();
    for at in 0..60 {
        let sql = if at < 5 {
            format!("select {at} as x")
        } else {
            format!("select x + 1 as x from {{{{ ref('p{}') }}}}", at - 5)
        };
        let kind = if at % 3 == 0 { "view" } else { "table" };
        fixture = fixture.part(&format!("p{at}"), &sql).config(&json!({"materialized": kind}));
    }
    for _ in 0..2 {
        let (report, _) = db.run(&fixture, Command::Run, RunOptions { threads: 8, ..RunOptions::default() });
        assert_eq!(report.count(Status::Success), 60, "{:#?}", report.all_diagnostics().collect::<Vec<_>>());
    }
    assert_eq!(db.query("select x from main.p59"), "15");
}

#[test]
fn fail_fast_stops_the_run() {
    let Some(db) = Shop::open() else { return };
    let fixture = Fixture::new().part("a", "selec 1").part("b", "select 1 as x");
    let (report, shown) =
        db.run(&fixture, Command::Run, RunOptions { fail_fast: true, ..RunOptions::default() });
    assert_eq!(shown, "a error, b skipped");
    assert!(report.failed());
}

/// Not a test of its own: what the other process does in the tests below.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test that is two processes has no other way to speak to itself"
)]
fn the_other_process_builds_a_slow_table() {
    let Ok(folder) = std::env::var(OTHER_PROCESS) else { return };
    let path = format!("{folder}/db.duckdb");
    let warehouse = duckdb::testing::duckdb(&path).expect("the first process had it");
    let mut session = warehouse.connect().expect("it connects");
    let relation =
        &shop().collected.nodes[NodeId(0)].as_ref().expect("a part").relation.clone().expect("a name");
    let config = crate::project::Config::default();
    let build = crate::emit::ddl::Build {
        name: "orders",
        at: Span::new(crate::source::FileId(0), 0, 0),
        relation,
        sql: "select count(*) as id, 0 as total from range(100000) a, range(1000000) b where a.range <> b.range",
        config: &config,
        existing: None,
    };
    session.execute("begin").expect("it is good");
    println!("ready");
    for statement in crate::emit::ddl::table(&build) {
        session.execute(&statement.sql).expect("it is good");
    }
}

#[test]
fn a_killed_run_leaves_the_former_table() {
    let Some(db) = Shop::open() else { return };
    db.check(&shop(), Command::Run, "big success, orders success");
    let (folder, mut child) = db.hand_over("the_other_process_builds_a_slow_table");
    std::thread::sleep(std::time::Duration::from_millis(200));
    child.kill().expect("it was still at it");
    child.wait().expect("it is gone");
    let db = Shop::open_in(folder).expect("the library is there");
    assert_eq!(db.query("select sum(total) from main.orders"), "30");
    db.check(&shop(), Command::Run, "big success, orders success");
}

#[test]
fn a_database_that_another_process_holds_is_named_with_its_holder() {
    let Some(db) = Shop::open() else { return };
    let (folder, mut child) = db.hand_over("the_other_process_builds_a_slow_table");
    let path = folder.path().join("db.duckdb").to_str().expect("UTF-8").to_owned();
    let world = Disk::new(env!("CARGO_MANIFEST_DIR"));
    let library = find_library(&world).expect("the library is there");
    let opened = DuckDb::open(&library, Credentials { path: path.clone(), ..Credentials::default() });
    let Err(problem) = opened else { panic!("it is locked") };
    child.kill().expect("it was still at it");
    child.wait().expect("it is gone");
    assert_eq!(problem.code, crate::diagnostic::Code::DATABASE_LOCKED);
    assert!(problem.message.contains(&path), "{}", problem.message);
    assert!(problem.message.contains(&format!("(PID {})", child.id())), "{}", problem.message);
}

#[test]
fn a_view_outlives_the_rebuilding_of_its_table() {
    let Some(db) = Shop::open() else { return };
    db.check(&shop(), Command::Run, "big success, orders success");
    let only = Fixture::new()
        .part("orders", "select 7 as id, 70 as total")
        .config(&json!({"materialized": "table", "indexes": [{"columns": ["id"], "unique": true}]}));
    for _ in 0..2 {
        db.check(&only, Command::Run, "orders success");
    }
    assert_eq!(db.query("select id from main.big"), "7");
    assert_eq!(db.query("select count(*) from duckdb_indexes()"), "1");
}

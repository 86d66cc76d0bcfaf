//! `docs generate` and `docs serve`: the site as files, pages for git, and a server that gives nothing else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::sandbox::{Sandbox, has_duckdb, rows};

const HOSTILE: &str = "</script><script>alert(1)</script>";

fn sandbox() -> Sandbox {
    let properties = "\
groups:
  - name: sales
    owner: {name: 営業部, email: sales@example.com}
sources:
  - name: raw
    tables:
      - name: orders
        description: 注文の生データ。
        columns:
          - name: id
            description: 受注の番号。一意。
          - name: status
            description: 状態
            config: {meta: {label: 状態, values: {\"1\": 受付, \"3\": 出荷済み}}}
models:
  - name: orders
    description: |
      **注文**。1 行が 1 件。

      HOSTILE [a](javascript:alert(1)) [b](https://example.com)
    config: {group: sales, tags: [daily], meta: {label: 受注, __proto__: {x: 1}}}
    columns:
      - name: id
        config: {meta: {label: 受注番号}}
        data_tests: [not_null, unique]
      - name: total
        description: \"=1+1\"
exposures:
  - name: board
    label: 売上
    type: dashboard
    url: javascript:alert(1)
    owner: {name: 部長}
    depends_on: [ref('orders')]
";
    Sandbox::new(&[
        ("models/_p.yml", &properties.replace("HOSTILE", HOSTILE)),
        ("models/staging/stg_orders.sql", "select id, status, amount from {{ source('raw', 'orders') }}\n"),
        (
            "models/orders.sql",
            "-- 注文\nselect id, status, sum(amount) as total\nfrom {{ ref('stg_orders') }}\nwhere status = 3\ngroup by 1, 2\n",
        ),
        ("models/__proto__.sql", "select 1 as \"constructor\", '\u{202e}x' as b\n"),
    ])
}

/// The JSON in a data file of the site.
fn data(sandbox: &Sandbox, key: &str) -> Value {
    let text = sandbox.read(&format!("target/docs/data/{key}.js"));
    let head = format!("buhin.data(\"{key}\",");
    let json = text.strip_prefix(&head).and_then(|text| text.strip_suffix(");\n")).expect("it is a call");
    let json = json.replace("[\"__proto__\"]:", "\"__proto__\":");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{key}: {error}"))
}

/// Holds a text against its golden.
fn snapshot(name: &str, text: impl AsRef<str>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("goldens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text.as_ref()));
}

/// The number of an entity.
fn number(index: &Value, name: &str) -> usize {
    let names = index["name"].as_array().expect("a list");
    names.iter().position(|it| it == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

#[test]
fn a_site_has_what_the_pages_ask_for() {
    let sandbox = sandbox();
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0).says("wrote the site");
    let home = data(&sandbox, "home");
    assert_eq!(home["project"], "shop");
    assert_eq!(home["counts"]["parts"], 3);
    assert_eq!(home["coverage"]["described"], serde_json::json!([1, 3]));
    assert_eq!(home["exposures"][0]["label"], "売上");
    assert_eq!(home["exposures"][0]["url"], Value::Null, "no link to a script");
    let index = data(&sandbox, "index");
    let orders = number(&index, "orders");
    assert_eq!(index["label"][orders], "受注");
    assert_eq!(index["short"][orders], "注文。");
    let part = data(&sandbox, &format!("part/{orders}"));
    assert_eq!(part["owner"]["name"], "営業部");
    assert_eq!(part["tags"], serde_json::json!(["daily"]));
    assert_eq!(part["tests"].as_array().map(Vec::len), Some(2));
    let raw = number(&index, "raw.orders");
    let id = &part["columns"][0];
    assert_eq!(id["label"], "受注番号");
    assert_eq!(id["description"], "<p>受注の番号。一意。</p>\n");
    assert_eq!(id["inherited"], serde_json::json!({"n": raw, "column": "id", "index": 0}));
    assert_eq!(id["tests"], serde_json::json!([0, 1]));
    let status = &part["columns"][1];
    assert_eq!(status["codes"][1], serde_json::json!({"value": "3", "meaning": "出荷済み"}));
    let total = &part["columns"][2];
    assert_eq!(total["kind"], "aggregate");
    assert_eq!(total["expr"], serde_json::json!({"text": "sum(amount)", "line": 2}));
    let stg = number(&index, "stg_orders");
    assert_eq!(
        total["from"][0],
        serde_json::json!({"n": stg, "index": 2, "column": "amount", "kind": "aggregate"})
    );
    assert!(part["shape"].as_array().expect("a list").iter().any(|it| it["role"] == "filter"));
    assert_eq!(part["compiled"]["lines"][1], serde_json::json!([0, 2]));
    let upstream = data(&sandbox, &format!("part/{stg}"));
    assert_eq!(upstream["columns"][2]["to"][0]["n"], orders);
    let graph = data(&sandbox, "graph");
    assert_eq!(graph["layer"].as_array().map(Vec::len), index["n"].as_u64().map(|n| n as usize));
    for piece in ["dictionary/0", "columns/0", "text/0", "sql/or"] {
        data(&sandbox, piece);
    }
}

#[test]
fn the_data_of_a_small_project() {
    let sandbox = sandbox();
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    let index = data(&sandbox, "index");
    let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("plain data");
    let part = data(&sandbox, &format!("part/{}", number(&index, "orders")));
    snapshot("docs_part", pretty(&part));
    snapshot("docs_graph", pretty(&data(&sandbox, "graph")));
    snapshot("docs_dictionary", sandbox.read("target/docs/dictionary.csv"));
}

#[test]
fn the_first_page_says_what_is_new_against_another_state() {
    let sandbox = sandbox();
    let generate = ["docs", "generate", "--empty-catalog"];
    sandbox.run(&generate).exits(0);
    assert_eq!(data(&sandbox, "home")["changed"], Value::Null, "nothing to compare with");
    let manifest = sandbox.read("target/manifest.json");
    sandbox.write("before/manifest.json", &manifest);
    let compared = [&generate[..], &["--state", "before"]].concat();
    sandbox.run(&compared).exits(0);
    let nothing = serde_json::json!({"count": 0, "first": []});
    assert_eq!(data(&sandbox, "home")["changed"], nothing, "nothing is new");
    sandbox.write("models/orders.sql", "select id, status from {{ ref('stg_orders') }}\n");
    sandbox.write("models/fresh.sql", "select id from {{ ref('orders') }}\n");
    std::fs::remove_file(sandbox.path("models/__proto__.sql")).expect("a file");
    sandbox.run(&compared).exits(0);
    assert_eq!(
        data(&sandbox, "home")["changed"],
        serde_json::json!({"count": 3, "first": [
            {"id": "model.shop.fresh", "what": "added", "name": "fresh"},
            {"id": "model.shop.orders", "what": "changed", "name": "orders"},
            {"id": null, "what": "removed", "name": "__proto__"},
        ]})
    );
    // The state may be what this run replaces.
    sandbox.run(&[&generate[..], &["--state", "target"]].concat()).exits(0);
    assert_eq!(data(&sandbox, "home")["changed"], nothing);
    sandbox.run(&[&generate[..], &["--state", "models"]].concat()).exits(2).says("has no manifest.json");
}

/// A list on the first page has an end, and says how many there are: the page is small in a project of any size.
#[test]
fn the_first_page_lists_the_first_of_many() {
    let sandbox = sandbox();
    let mut exposures = String::from("exposures:\n");
    for at in 0..150 {
        sandbox.write(&format!("models/many/part_{at}.sql"), "select id from {{ ref('orders') }}\n");
        exposures += &format!(
            "  - {{name: board_{at}, type: dashboard, owner: {{name: team {at}, email: a@b.jp}}}}\n"
        );
    }
    sandbox.write("models/many/exposures.yml", &exposures);
    sandbox.run(&["parse", "--target-path", "before"]).exits(0);
    for at in 0..150 {
        sandbox
            .write(&format!("models/many/part_{at}.sql"), "select id, 1 as one from {{ ref('orders') }}\n");
    }
    sandbox.run(&["docs", "generate", "--empty-catalog", "--state", "before"]).exits(0);
    let home = data(&sandbox, "home");
    assert_eq!(home["changed"]["count"], 150);
    assert_eq!(home["changed"]["first"].as_array().map(Vec::len), Some(50));
    assert_eq!(home["counts"]["exposures"], 151);
    assert_eq!(home["exposures"].as_array().map(Vec::len), Some(100));
}

#[test]
fn the_project_can_be_asked_with_sql() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    let mut shown = String::new();
    for (table, order) in [
        ("parts", "unique_id"),
        ("columns", "unique_id, position"),
        ("edges", "all"),
        ("statements", "unique_id"),
    ] {
        let path = sandbox.path(&format!("target/docs/tables/{table}.parquet"));
        let from = format!("from '{}'", path.display());
        let describe = rows(":memory:", &[], &format!("describe {from}")).expect("it has columns");
        let names: Vec<String> = describe.iter().map(|row| format!("{} {}", row[0], row[1])).collect();
        shown += &format!("{table}: {}\n", names.join(", "));
        let rows = rows(":memory:", &[], &format!("{from} order by {order}")).expect("it has rows");
        shown.extend(rows.iter().map(|row| format!("  {}\n", row.join(" | ").replace('\n', "⏎"))));
    }
    snapshot("docs_tables", shown);
}

#[test]
fn nothing_in_the_data_can_act() {
    let sandbox = sandbox();
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    let files = sandbox.files("target/docs/data");
    assert!(files.len() > 8);
    for (path, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains('<'), "{path} has a `<`");
        assert!(!text.contains('\u{202e}'), "{path} turns text around");
        assert!(!text.replace("[\"__proto__\"]:", "").contains("\"__proto__\":"), "{path}");
    }
    let index = data(&sandbox, "index");
    let part = data(&sandbox, &format!("part/{}", number(&index, "orders")));
    let html = part["description"].as_str().expect("some");
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    assert!(!html.contains("javascript:") && html.contains("href=\"https://example.com\""), "{html}");
    let page = sandbox.read("target/docs/index.html");
    assert!(page.contains("Content-Security-Policy") && !page.contains("unsafe-"), "{page}");
    let csv = sandbox.read("target/docs/dictionary.csv");
    assert!(csv.starts_with('\u{feff}') && csv.contains("\"'=1+1\"") && csv.ends_with("\r\n"), "{csv}");
}

#[test]
fn the_same_project_gives_the_same_site_and_pages_of_what_is_gone_go() {
    let sandbox = sandbox();
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    let first = sandbox.files("target/docs");
    sandbox.run(&["docs", "generate", "--empty-catalog", "--output", "again", "--threads", "1"]).exits(0);
    assert_eq!(first, sandbox.files("again"));
    std::fs::remove_file(sandbox.path("models/__proto__.sql")).expect("a file");
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    assert_eq!(
        sandbox.files("target/docs/data/part").len() + 1,
        first.iter().filter(|(path, _)| path.contains("part/")).count()
    );
    sandbox.write("mine/notes.txt", "mine");
    let said = sandbox.run(&["docs", "generate", "--empty-catalog", "--output", "mine"]).exits(2);
    said.says("B0901").says("not those of a docs site");
    assert_eq!(sandbox.files("mine").len(), 1, "what is another's stays as it is");
}

#[test]
fn pages_for_git_are_written_and_checked() {
    let sandbox = sandbox();
    let pages = ["docs", "generate", "--format", "markdown"];
    let check = [&pages[..], &["--check"]].concat();
    sandbox.run(&check).exits(1).says("B0906").says("`README.md`").says("4 pages are out of date");
    assert!(!sandbox.path("docs/lineage").exists(), "a check writes nothing");
    sandbox.run(&pages).exits(0).says("4 pages");
    sandbox.run(&check).exits(0).says("current");
    snapshot("docs_page", sandbox.read("docs/lineage/orders.md"));
    snapshot("docs_overview", sandbox.read("docs/lineage/README.md"));
    sandbox.write("docs/lineage/mine.md", "mine\n");
    sandbox.write("models/orders.sql", "select id from {{ ref('stg_orders') }}\n");
    std::fs::remove_file(sandbox.path("models/__proto__.sql")).expect("a file");
    sandbox.run(&check).exits(1).says("`orders.md`").says("`__proto__.md`");
    sandbox.run(&pages).exits(0);
    assert!(!sandbox.path("docs/lineage/__proto__.md").exists());
    assert_eq!(sandbox.read("docs/lineage/mine.md"), "mine\n");
    sandbox.run(&["docs", "generate", "--check"]).exits(2).says("B0901").says("--format markdown");
}

/// `docs/lineage` of this repository is what would be written now.
#[test]
fn the_demos_pages_are_current() {
    let root = env!("CARGO_MANIFEST_DIR");
    let check = ["docs", "generate", "--format", "markdown", "--check"];
    let place = ["--project-dir", root, "--profiles-dir", root];
    Sandbox::empty().run(&[&check[..], &place].concat()).exits(0).says("current");
}

#[test]
fn the_server_gives_the_site_and_nothing_else() {
    let sandbox = sandbox();
    sandbox.run(&["docs", "serve", "--port", "0"]).exits(2).says("B0905").says("there is no site");
    sandbox.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_buhin"));
    let mut child = command
        .args(["docs", "serve", "--port", "0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = Vec::new();
    let mut stdout = child.stdout.take().expect("it is piped");
    let mut byte = [0];
    while byte != [b'\n'] && stdout.read(&mut byte).is_ok_and(|count| count == 1) {
        line.push(byte[0]);
    }
    let line = String::from_utf8(line).expect("it is text");
    let port: u16 = line
        .trim_end()
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or_else(|| panic!("no port in {line}"));
    let get = |path: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    };
    let page = get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("<!doctype html>"), "{page}");
    assert!(get("/data/home.js").contains("text/javascript; charset=utf-8"));
    assert!(get("/../manifest.json").starts_with("HTTP/1.1 404"));
    let port = port.to_string();
    let taken = sandbox.run(&["docs", "serve", "--port", &port]).exits(2);
    child.kill().expect("it can be ended");
    child.wait().expect("it ends");
    taken.says("B0905").says("can't be listened on").says("--port 0");
}

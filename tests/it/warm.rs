//! The cache: never another answer than without it, whatever was edited, broken, moved or set in between.

use std::collections::BTreeMap;

use crate::sandbox::{Said, Sandbox};

/// A project in which something depends on everything: parts, macros, YAML, vars, the environment, the clock.
const PROJECT: &[(&str, &str)] = &[
    ("dbt_project.yml", "name: shop\nversion: \"1.0.0\"\nprofile: shop\nvars:\n  least: 1\n"),
    (
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: main}\n",
    ),
    (
        "models/orders.sql",
        "select order_id, total from {{ ref('raw_orders') }} where total > {{ var('least') }}\n",
    ),
    (
        "models/raw_orders.sql",
        "{{ config(materialized='ephemeral') }}\nselect 1 as order_id, {{ yen(100) }} as total\n",
    ),
    (
        "models/daily.sql",
        "select '{{ env_var('REGION', 'east') }}' as region, count(*) as n from {{ ref('orders') }}\n",
    ),
    ("models/stamp.sql", "select 'fixed' as at\n"),
    ("macros/yen.sql", "{% macro yen(n) %}{{ n }} * 1{% endmacro %}\n"),
    (
        "models/schema.yml",
        "models:\n  - name: orders\n    description: 注文\n    columns:\n      - name: order_id\n        data_tests: [not_null]\n",
    ),
];

/// What one edit may make of a file: another text, or its end.
const TEXTS: &[(&str, &[Option<&str>])] = &[
    (
        "models/orders.sql",
        &[
            Some("select order_id, total from {{ ref('raw_orders') }} where total >= {{ var('least') }}\n"),
            Some("select order_id from {{ ref('raw_orders') }} -- 注文\n"),
            Some("select order_id, total from {{ ref('raw_order') }}\n"),
            Some("select order_id, {{ total from x\n"),
        ],
    ),
    ("models/stamp.sql", &[Some("select '{{ run_started_at }}' as at\n"), None]),
    ("models/new.sql", &[Some("select * from {{ ref('daily') }}\n"), None]),
    ("models/sub/moved.sql", &[Some("select * from {{ ref('orders') }}\n"), None]),
    (
        "macros/yen.sql",
        &[
            Some("{% macro yen(n) %}{{ n }} * 1.1{% endmacro %}\n"),
            Some("{% macro yen(n) %}{{ print('yen') }}{{ n }}{% endmacro %}\n"),
            None,
        ],
    ),
    (
        "macros/generate_schema_name.sql",
        &[Some("{% macro generate_schema_name(a, b) %}other{% endmacro %}\n"), None],
    ),
    (
        "dbt_project.yml",
        &[Some(
            "name: shop\nversion: \"1.0.0\"\nprofile: shop\nvars:\n  least: 22\nmodels:\n  +materialized: table\n",
        )],
    ),
    (
        "models/schema.yml",
        &[Some("models:\n  - name: order\n    description: 注文\n"), Some("models: [\n"), None],
    ),
    ("buhin.yml", &[Some("default_materialization: auto\n"), None]),
];

const COMMANDS: &[&[&str]] = &[
    &["compile"],
    &["compile"],
    &["compile", "--no-deploy"],
    &["compile", "--select", "orders"],
    &["ls"],
    &["plan"],
    &["parse"],
    &["lineage", "daily"],
    &["compile", "--vars", "{least: 7}"],
];

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

/// Two copies of a project that are edited alike: one keeps a cache, the other does all anew.
struct Pair {
    warm: Sandbox,
    cold: Sandbox,
    files: BTreeMap<String, String>,
}

impl Pair {
    fn new() -> Self {
        let (warm, cold) = (Sandbox::empty(), Sandbox::empty());
        let mut pair = Self { warm, cold, files: BTreeMap::new() };
        let files = PROJECT.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        pair.switch(files);
        pair
    }

    fn put(&mut self, path: &str, text: Option<&str>) {
        for sandbox in [&self.warm, &self.cold] {
            match text {
                Some(text) => sandbox.write(path, text),
                None => drop(std::fs::remove_file(sandbox.path(path))),
            }
        }
        match text {
            Some(text) => drop(self.files.insert(path.to_owned(), text.to_owned())),
            None => drop(self.files.remove(path)),
        }
    }

    /// Another branch: all its files and no others.
    fn switch(&mut self, files: BTreeMap<String, String>) {
        let gone: Vec<String> =
            self.files.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
        for path in gone {
            self.put(&path, None);
        }
        for (path, text) in files {
            if self.files.get(&path) != Some(&text) {
                self.put(&path, Some(&text));
            }
        }
    }

    /// Runs a command in both; both must say and leave the same.
    fn agree(&self, command: &[&str], env: &[(&str, &str)], history: &[String]) -> Said {
        let warm = self.warm.run_with(command, env);
        let without: Vec<&str> = command.iter().copied().chain(["--no-cache"]).collect();
        let cold = self.cold.run_with(&without, env);
        let story = || format!("{command:?} after\n{}", history.join("\n"));
        assert_eq!(
            (warm.code, &warm.stdout, &warm.stderr),
            (cold.code, &cold.stdout, &cold.stderr),
            "{}",
            story()
        );
        let (left, right) = (self.warm.files("target"), self.cold.files("target"));
        let names =
            |files: &[(String, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&left), names(&right), "{}", story());
        for ((path, left), (_, right)) in left.iter().zip(&right) {
            assert!(left == right, "target/{path} differs: {}", story());
        }
        warm
    }
}

#[test]
fn random_edits_give_what_a_cold_run_gives() {
    for seed in 0..3 {
        let mut dice = Dice(seed);
        let mut pair = Pair::new();
        let mut branch = pair.files.clone();
        let (mut region, mut clock) = ("east", "2026-01-02T03:04:05Z");
        let mut history = vec![format!("seed {seed}")];
        for _ in 0..40 {
            match dice.below(12) {
                0..=4 => {
                    let (path, texts) = TEXTS[dice.below(TEXTS.len())];
                    let text = match dice.below(texts.len() + 1) {
                        0 => PROJECT.iter().find(|(known, _)| *known == path).map(|(_, text)| *text),
                        at => texts[at - 1],
                    };
                    pair.put(path, text);
                    history.push(format!("{path}: {text:?}"));
                }
                5 => {
                    let other = std::mem::replace(&mut branch, pair.files.clone());
                    pair.switch(other);
                    history.push("another branch".to_owned());
                }
                6 => {
                    region = if region == "east" { "west" } else { "east" };
                    history.push(format!("REGION={region}"));
                }
                7 => {
                    clock = ["2026-01-02T03:04:05Z", "2027-01-01T00:00:00Z"][dice.below(2)];
                    history.push(format!("clock {clock}"));
                }
                8 => {
                    // What was written is gone, edited, or has company.
                    for sandbox in [&pair.warm, &pair.cold] {
                        match dice.0 % 3 {
                            0 => drop(std::fs::remove_file(sandbox.path("target/manifest.json"))),
                            1 => sandbox.write("target/compiled/shop/models/stale.sql", "select 1"),
                            _ => sandbox.write("target/compiled/shop/models/daily.sql", "select 2"),
                        }
                    }
                    history.push("target/ was touched".to_owned());
                }
                9 => {
                    let kept = pair.warm.path("target/cache");
                    for (path, bytes) in crate::sandbox::files_below(&kept) {
                        let half = [&bytes[..bytes.len() / 2], b"{}", &bytes[bytes.len() / 2..]]
                            [dice.below(2)..]
                            .concat();
                        std::fs::write(kept.join(path), half).expect("it can be damaged");
                    }
                    history.push("the cache is damaged".to_owned());
                }
                // Nothing changed.
                _ => {}
            }
            let command = COMMANDS[dice.below(COMMANDS.len())];
            let env = [("REGION", region), ("BUHIN_RUN_STARTED_AT", clock)];
            // The second time nothing has changed.
            for _ in 0..=dice.below(2) {
                pair.agree(command, &env, &history);
                history.push(format!("{command:?}"));
            }
        }
    }
}

/// The stages that a run took.
fn stages(said: &Said) -> Vec<&str> {
    let table = said.stderr.split("wall ms").nth(1).expect("a table of stages");
    table.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn what_is_known_is_not_done_again() {
    let sandbox = Sandbox::new(PROJECT);
    let compile = |env: &[(&str, &str)]| {
        let said = sandbox.run_with(&["compile", "--timings"], env).exits(0).says("compiled 5 nodes");
        stages(&said).contains(&"render")
    };
    assert!(compile(&[]), "the first time");
    assert!(!compile(&[]), "the second time");
    assert!(compile(&[("REGION", "west")]), "a variable that a part reads");
    assert!(!compile(&[("REGION", "west"), ("OTHER", "1")]), "a variable that nobody reads");
    sandbox.write("models/notes.txt", "no part of anything");
    assert!(compile(&[("REGION", "west")]), "there is another file, and nobody knows what for");
    sandbox.write("models/stamp.sql", "select '{{ run_started_at }}' as at");
    assert!(compile(&[]), "an edit");
    assert!(compile(&[]), "the time goes on");
    let fixed = [("BUHIN_RUN_STARTED_AT", "2026-01-02T03:04:05Z")];
    assert!(compile(&fixed), "the time stands, but it is another");
    assert!(!compile(&fixed), "the time stands");
    sandbox.run_with(&["compile", "--timings", "--no-cache"], &fixed).exits(0).says("render");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_elsewhere_is_noticed() {
    let sandbox = Sandbox::new(PROJECT);
    let profile = |schema: &str| {
        format!(
            "shop:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: shop.duckdb, schema: {schema}}}\n"
        )
    };
    sandbox.write("one/profiles.yml", profile("first"));
    sandbox.write("two/profiles.yml", profile("second"));
    for (folder, schema) in [("one", "first"), ("two", "second")] {
        drop(std::fs::remove_file(sandbox.path("profiles")));
        std::os::unix::fs::symlink(sandbox.path(folder), sandbox.path("profiles"))
            .expect("a link can be made");
        sandbox.run(&["compile", "--select", "daily", "--profiles-dir", "profiles"]).exits(0).prints(schema);
    }
}

#[test]
fn a_secret_leaves_no_trace_in_the_cache() {
    let sandbox = Sandbox::new(PROJECT);
    sandbox.write("models/stamp.sql", "select '{{ env_var('DBT_ENV_CUSTOM_ENV_PASSWORD', '') }}' as at");
    sandbox.run_with(&["ls"], &[("DBT_ENV_CUSTOM_ENV_PASSWORD", "hunter2")]).exits(0);
    assert!(sandbox.files("target/cache").is_empty(), "a password's digest can be guessed");
    sandbox.run(&["ls"]).exits(0);
    assert!(!sandbox.files("target/cache").is_empty(), "there is none");
}

#[test]
fn a_folder_that_takes_no_cache_costs_nothing_but_time() {
    let sandbox = Sandbox::new(PROJECT);
    sandbox.write("target/cache", "a file where the folder should be");
    for _ in 0..2 {
        sandbox.run(&["compile"]).exits(0).says("compiled 5 nodes");
    }
}

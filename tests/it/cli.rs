//! The binary itself, in folders of its own: what it prints, how it ends, what it leaves behind.

use std::fmt::Write as _;
use std::time::Duration;

use crate::sandbox::{Sandbox, files_below, has_duckdb};

/// Two parts, a seed and a macro, without a mistake.
const SMALL: &[(&str, &str)] = &[
    ("models/base.sql", "{{ config(materialized='ephemeral') }}\nselect id, name from {{ ref('codes') }}\n"),
    (
        "models/top.sql",
        "{{ config(materialized='table') }}\nselect {{ twice('id') }} as id, name from {{ ref('base') }}\n",
    ),
    ("models/_models.yml", "models:\n  - name: top\n    columns: [{name: id, tests: [unique, not_null]}]\n"),
    ("macros/twice.sql", "{% macro twice(x) %}{{ x }} * 2{% endmacro %}\n"),
    ("seeds/codes.csv", "id,name\n1,壱\n2,弐\n"),
];

const COMMANDS: &[&str] = &[
    "init",
    "debug",
    "parse",
    "ls",
    "compile",
    "lineage",
    "plan",
    "diff",
    "verify",
    "rename",
    "build",
    "run",
    "test",
    "seed",
    "snapshot",
    "retry",
    "run-operation",
    "docs",
    "source",
    "show",
    "deps",
    "clean",
    "explain",
    "completions",
];

#[test]
fn help_of_every_command_has_examples_and_is_held_by_a_golden() {
    let sandbox = Sandbox::empty();
    let mut all = sandbox.run(&["--help"]).exits(0).stdout;
    for command in COMMANDS {
        let help = sandbox.run(&[command, "--help"]).exits(0).stdout;
        assert!(help.contains("Examples:"), "{command} has no examples in its help:\n{help}");
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= 110, "{command}: a line of {widest} characters");
        write!(all, "\n======== buhin {command} --help ========\n{help}").expect("a string takes all");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("goldens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("cli_help", all));
}

#[test]
fn help_names_every_command() {
    let help = Sandbox::empty().run(&["--help"]).exits(0).stdout;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in the help:\n{help}");
    }
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, COMMANDS, "the commands that these tests know");
}

#[test]
fn version_is_the_packages() {
    Sandbox::empty().run(&["--version"]).exits(0).prints(&format!("buhin {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_exit_with_2_and_a_hint() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["compile", "--selct", "top"]).exits(2).says("--select");
    sandbox.run(&["complie"]).exits(2).says("compile");
    sandbox.run(&["compile", "--threads", "0"]).exits(2).says("threads");
    sandbox.run(&["compile", "--format", "xml"]).exits(2).says("json");
    sandbox.run(&["compile", "--dialect", "postgrs"]).exits(2).says("B0901").says("postgres");
    sandbox.run(&[]).exits(2).says("Usage");
}

#[test]
fn no_project_is_said_with_the_folder_and_exits_with_2() {
    let sandbox = Sandbox::empty();
    for command in
        ["parse", "ls", "compile", "plan", "build", "run", "test", "seed", "show", "debug", "clean"]
    {
        let arguments: &[&str] = if command == "show" { &["show", "--select", "a"] } else { &[command] };
        sandbox.run(arguments).exits(2).says("B0101").says("buhin init");
    }
    sandbox.run(&["compile", "--project-dir", "nowhere"]).exits(2).says("nowhere");
    assert!(sandbox.files("").is_empty(), "nothing may be written");
}

#[test]
fn a_new_project_compiles() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["init", "my_shop"]).exits(0).says("buhin build");
    sandbox.run(&["parse", "--project-dir", "my_shop"]).exits(0);
    sandbox.run(&["compile", "--project-dir", "my_shop"]).exits(0);
    assert!(
        sandbox.read("my_shop/target/compiled/my_shop/models/marts/customer_orders.sql").contains("with")
    );
    assert!(sandbox.path("my_shop/target/manifest.json").is_file());
    sandbox.run(&["init", "my_shop"]).exits(2).says("B0902").says("nothing was written");
}

#[test]
fn a_new_project_builds() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::empty();
    sandbox.run(&["init", "my_shop"]).exits(0);
    let said = sandbox.run(&["build", "--project-dir", "my_shop"]).exits(0);
    assert!(!said.stderr.contains('\u{1b}'), "no colour where it is no terminal:\n{}", said.stderr);
    assert!(!said.stderr.contains('\r'), "no progress bar where it is no terminal:\n{}", said.stderr);
    sandbox.run(&["build", "--project-dir", "my_shop", "--format", "json"]).exits(0);
    sandbox.run(&["test", "--project-dir", "my_shop"]).exits(0);
    sandbox.run(&["debug", "--project-dir", "my_shop"]).exits(0);
    sandbox.run(&["show", "--project-dir", "my_shop", "--select", "customer_orders"]).exits(0);
    let count =
        sandbox.query("my_shop/target/my_shop.duckdb", "select count(*) > 0 from main.customer_orders");
    assert_eq!(count, [["true"]]);
}

#[test]
fn init_works_in_a_folder_with_blanks_and_japanese() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["init", "売上 集計"]).exits(0);
    sandbox.run(&["compile", "--project-dir", "売上 集計"]).exits(0);
    sandbox.run(&["init", "2026-shop"]).exits(0);
    sandbox.run(&["compile", "--project-dir", "2026-shop"]).exits(0);
}

#[test]
fn the_project_is_found_from_a_folder_below() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.shell("cd models && \"$BUHIN\" ls --resource-type model --output name").exits(0).prints("top");
}

#[test]
fn errors_in_the_project_exit_with_1() {
    let sandbox = Sandbox::new(&[("models/a.sql", "select * from {{ ref('gone') }}\n")]);
    for command in ["parse", "compile", "plan"] {
        sandbox.run(&[command]).exits(1).says("B0401").says("models/a.sql:1:22");
    }
}

#[test]
fn each_form_of_diagnostics_says_the_same() {
    let sandbox = Sandbox::new(&[("models/a.sql", "select * from {{ ref('gone') }}\n")]);
    let human = sandbox.run(&["compile"]).exits(1).stderr;
    assert!(human.contains("error[B0401]: part `gone` is not defined"), "{human}");
    assert!(human.contains("^^^^^^"), "{human}");
    let short = sandbox.run(&["compile", "--format", "short"]).exits(1).stderr;
    assert!(
        short.lines().any(|line| line.starts_with("models/a.sql:1:22") && line.contains("B0401")),
        "{short}"
    );
    let github = sandbox.run(&["compile", "--format", "github"]).exits(1);
    let annotation = format!("{}{}", github.stdout, github.stderr);
    assert!(annotation.contains("::error file=models/a.sql,line=1,"), "{annotation}");
    let json = sandbox.run(&["compile", "--format", "json"]).exits(1);
    let objects: Vec<serde_json::Value> = format!("{}{}", json.stdout, json.stderr)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(objects.iter().any(|object| object["code"] == "B0401"), "{objects:?}");
}

#[test]
fn quiet_leaves_errors_and_results() {
    let sandbox = Sandbox::new(SMALL);
    let said = sandbox.run(&["compile", "--quiet"]).exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    let said = sandbox.run(&["ls", "--quiet", "--resource-type", "model", "--output", "name"]).exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("base\ntop\n", ""));
    sandbox.write("models/bad.sql", "select * from {{ ref('gone') }}\n");
    sandbox.run(&["compile", "--quiet"]).exits(1).says("B0401");
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let sandbox = Sandbox::new(&[("models/a.sql", "select * from {{ ref('gone') }}\n")]);
    assert!(!sandbox.run(&["compile"]).stderr.contains('\u{1b}'), "a pipe gets no colour");
    assert!(sandbox.run(&["compile", "--color", "always"]).stderr.contains('\u{1b}'), "colour was asked for");
    let sandbox = sandbox.env("CLICOLOR_FORCE", "1");
    assert!(
        !sandbox.run(&["compile", "--color", "never"]).stderr.contains('\u{1b}'),
        "no colour was asked for"
    );
    let sandbox = sandbox.env("CLICOLOR_FORCE", "0").env("NO_COLOR", "1");
    assert!(!sandbox.run(&["compile"]).stderr.contains('\u{1b}'), "NO_COLOR");
}

#[test]
fn ls_prints_names_paths_selectors_and_json() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["ls"]).exits(0).prints("shop.top\n").prints("shop.codes\n");
    sandbox.run(&["ls", "--output", "path", "--select", "top"]).exits(0).prints("models/top.sql");
    let all = sandbox
        .run(&["ls", "--output", "name", "--select", "+top", "--exclude", "resource_type:test"])
        .exits(0);
    assert_eq!(all.stdout, "base\ntop\ncodes\n");
    let json =
        sandbox.run(&["ls", "--output", "json", "--select", "top", "--resource-type", "model"]).exits(0);
    let object: serde_json::Value = serde_json::from_str(json.stdout.trim()).expect("one object");
    assert_eq!(object["unique_id"], "model.shop.top");
}

#[test]
fn bad_selectors_are_said() {
    let sandbox = Sandbox::new(SMALL);
    let bad = [
        ("tgas:daily", "B0405"), // a method that there is not
        ("+", "B0405"),
        ("@", "B0405"),
        ("", "B0406"),
        ("selector:nope", "B0405"),
        ("nothing_of_this_name", "B0406"),
        ("tag:nothing", "B0406"),
    ];
    for (selector, code) in bad {
        let said = sandbox.run(&["ls", "--select", selector]);
        assert!(
            said.stderr.contains(code),
            "`{selector}` should give {code}:\n{}\n{}",
            said.stderr,
            said.stdout
        );
        assert_ne!(said.code, None);
    }
    sandbox.run(&["compile", "--selector", "nightly"]).exits(2).says("B0405").says("nightly");
}

#[test]
fn bad_vars_are_said() {
    let sandbox = Sandbox::new(SMALL);
    for vars in ["words", "[1, 2]", "{a: [}", "{a: 1"] {
        sandbox.run(&["compile", "--vars", vars]).exits(2).says("B0113");
    }
    sandbox.run(&["compile", "--vars", "{}"]).exits(0);
    sandbox.run(&["compile", "--vars", "a: 1"]).exits(0);
}

#[test]
fn explain_prints_pages_and_lists_codes() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["explain"]).exits(0).prints("B0401").prints("unknown-ref");
    sandbox.run(&["explain", "B0401"]).exits(0).prints("B0401");
    let by_name = sandbox.run(&["explain", "unknown-ref"]).exits(0).stdout;
    assert_eq!(by_name, sandbox.run(&["explain", "b0401"]).exits(0).stdout);
    sandbox.run(&["explain", "unknown-reff"]).exits(2).says("B0903").says("unknown-ref");
}

#[test]
fn completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        Sandbox::empty().run(&["completions", shell]).exits(0).prints("compile");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let sandbox = Sandbox::new(SMALL);
    for line in ["ls", "explain", "compile --select top", "--help", "plan"] {
        let said = sandbox.shell(&format!("\"$BUHIN\" {line} | true; echo done"));
        assert_eq!(said.stderr.matches("Broken pipe").count(), 0, "{line}: {}", said.stderr);
        said.exits(0).prints("done");
    }
}

#[test]
fn compile_prints_the_one_part_that_is_selected() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["compile", "--select", "top"]).exits(0).prints("id * 2 as id").prints("__dbt__cte__base");
}

#[test]
fn unchanged_files_stay_untouched_and_stale_ones_go() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["compile"]).exits(0);
    let compiled = sandbox.path("target/compiled/shop/models/top.sql");
    let manifest = sandbox.path("target/manifest.json");
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for path in [&compiled, &manifest] {
        let file = std::fs::File::options().append(true).open(path).expect("it was written");
        file.set_modified(old).expect("the time can be set");
    }
    sandbox.run(&["compile"]).exits(0);
    let modified =
        |path: &std::path::Path| std::fs::metadata(path).expect("it is there").modified().expect("a time");
    assert_eq!(modified(&compiled), old, "an unchanged file was written again");
    sandbox.write("models/top.sql", "{{ config(materialized='view') }}\nselect 1 as id\n");
    std::fs::remove_file(sandbox.path("models/base.sql")).expect("it was there");
    sandbox.run(&["compile"]).exits(0);
    assert_ne!(modified(&compiled), old, "a changed file was not written");
    let stale = sandbox.files("target").into_iter().filter(|(path, _)| path.contains("base"));
    assert_eq!(stale.map(|(path, _)| path).collect::<Vec<_>>(), Vec::<String>::new(), "stale files stayed");
}

#[test]
fn another_folder_of_the_target_is_left_alone() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.write("target/mine.txt", "kept");
    sandbox.write("target/compiled/other_tool/x.sql", "kept");
    sandbox.run(&["compile"]).exits(0);
    assert_eq!(sandbox.read("target/mine.txt"), "kept");
}

#[test]
fn standalone_statements_read_nothing_but_sources_and_seeds() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.write("models/last.sql", "select count(*) as n from {{ ref('top') }}\n");
    let said = sandbox.run(&["compile", "--select", "last", "--standalone"]).exits(0);
    assert!(said.stdout.contains("codes"), "{}", said.stdout);
    assert!(!said.stdout.contains("\"main\".\"top\""), "{}", said.stdout);
    let both = sandbox.run(&["compile", "--select", "last", "top", "--standalone"]).exits(0).stdout;
    assert_eq!(both.matches(";\n").count(), 1, "two statements, one semicolon between them: {both}");
    assert!(!both.contains("unique_field"), "tests were not asked for: {both}");
}

#[test]
fn clean_removes_what_it_should_and_nothing_else() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["compile"]).exits(0);
    sandbox.run(&["clean", "--dry-run"]).exits(0).says("target");
    assert!(sandbox.path("target").exists());
    sandbox.run(&["clean"]).exits(0);
    assert!(!sandbox.path("target").exists());
    sandbox.write(
        "dbt_project.yml",
        "name: shop\nversion: '1'\nclean-targets: [models, ../outside, /tmp, '.', target]\n",
    );
    sandbox.run(&["clean"]).exits(1).says("models").says("../outside");
    assert!(sandbox.path("models/top.sql").exists(), "sources were removed");
}

#[test]
fn a_file_in_the_place_of_the_target_folder_is_said() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.write("target", "in the way");
    for command in ["compile", "parse"] {
        sandbox.run(&[command]).exits(2).says("B0602").says("target");
    }
    assert_eq!(sandbox.read("target"), "in the way");
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["compile"]).exits(0);
    let before = sandbox.files("target");
    let mut long = "select 1 as id".to_owned();
    for at in 0..20_000 {
        write!(long, ", {at} as column_{at}").expect("a string takes all");
    }
    sandbox.write("models/long.sql", &long);
    // Writes beyond the limit fail as on a full disk; the signal that would come with it is ignored.
    let said = sandbox.shell("trap '' XFSZ; ulimit -f 16; \"$BUHIN\" compile");
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(said.stderr.contains("B0602"), "{}", said.stderr);
    let after = sandbox.files("target");
    let half: Vec<&String> = after
        .iter()
        .filter(|(path, bytes)| {
            !bytes.is_empty()
                && !before.iter().any(|(old, old_bytes)| old == path && old_bytes == bytes)
                && path.contains("long")
        })
        .map(|(path, _)| path)
        .collect();
    assert_eq!(half, Vec::<&String>::new(), "half-written files");
    let manifest: serde_json::Value =
        serde_json::from_str(&sandbox.read("target/manifest.json")).expect("whole");
    assert!(manifest["nodes"].is_object());
    let left: Vec<String> =
        after.into_iter().map(|(path, _)| path).filter(|path| path.contains(".tmp")).collect();
    assert_eq!(left, Vec::<String>::new(), "temporary files stayed");
}

#[test]
fn a_full_disk_while_building_leaves_the_former_table() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["build"]).exits(0);
    sandbox.write("models/top.sql", "{{ config(materialized='table') }}\nselect i as id, md5(i::varchar) || md5((i+1)::varchar) as name from range(3000000) t(i)\n");
    let said = sandbox.shell("trap '' XFSZ; ulimit -f 8192; \"$BUHIN\" run");
    assert!(matches!(said.code, Some(1 | 2)), "{:?} {}", said.code, said.stderr);
    assert!(said.stderr.contains("B08"), "{}", said.stderr);
    assert_eq!(sandbox.query("target/buhin.duckdb", "select id from main.top order by 1"), [["2"], ["4"]]);
}

#[test]
fn an_unreadable_file_is_one_error_and_the_rest_goes_on() {
    let sandbox = Sandbox::new(SMALL);
    std::os::unix::fs::symlink("/nowhere/at/all.sql", sandbox.path("models/dangling.sql"))
        .expect("a link can be made");
    std::fs::create_dir(sandbox.path("models/folder.sql")).expect("a folder can be made");
    sandbox.write("models/folder.sql/inside.sql", "select 1 as id\n");
    let said = sandbox.run(&["compile"]).exits(1).says("B0102").says("models/dangling.sql");
    assert!(!said.stderr.contains("B0102]: `models/folder.sql`"), "a folder is no part: {}", said.stderr);
    assert!(sandbox.path("target/compiled/shop/models/top.sql").is_file(), "the rest was not compiled");
}

#[test]
fn links_in_a_circle_end() {
    let sandbox = Sandbox::new(SMALL);
    std::os::unix::fs::symlink("..", sandbox.path("models/round")).expect("a link can be made");
    let said = sandbox.run(&["ls", "--output", "name", "--resource-type", "model"]);
    assert!(said.code.is_some());
}

#[test]
fn names_that_are_not_utf8_do_no_harm() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::new(SMALL);
    let name = std::ffi::OsStr::from_bytes(b"models/\x8e\x52.sql");
    std::fs::write(sandbox.folder().join(name), "select 1 as id").expect("such names are possible");
    sandbox.run(&["compile"]).exits(0);
}

#[test]
fn a_part_of_five_megabytes() {
    let mut text = "select\n".to_owned();
    while text.len() < 5_000_000 {
        let at = text.len();
        writeln!(text, "  case when price > {at} then 'expensive -- {at}' else 'cheap' end as kind_{at},")
            .expect("a string takes all");
    }
    text.push_str("  1 as last\nfrom {{ source('raw', 'orders') }}\n");
    let sandbox = Sandbox::new(&[
        ("models/big.sql", text.as_str()),
        ("models/_s.yml", "sources: [{name: raw, tables: [{name: orders}]}]\n"),
    ]);
    sandbox.run(&["compile", "--select", "big"]).exits(0);
    let compiled = sandbox.read("target/compiled/shop/models/big.sql");
    assert!(
        compiled.ends_with("from \"buhin\".\"raw\".\"orders\"\n") || compiled.ends_with("\"orders\""),
        "its end"
    );
}

#[test]
fn five_thousand_parentheses() {
    let deep = format!("select {}1{} as id\n", "(".repeat(5000), ")".repeat(5000));
    let open = format!("select {}1 as id\n", "(".repeat(5000));
    let jinja = format!("select {{{{ {}1{} }}}} as id\n", "(".repeat(5000), ")".repeat(5000));
    let subqueries = format!("select * from {}select 1{}\n", "(".repeat(5000), ") t".repeat(5000));
    let sandbox = Sandbox::new(&[
        ("models/deep.sql", deep.as_str()),
        ("models/open.sql", open.as_str()),
        ("models/jinja.sql", jinja.as_str()),
        ("models/subqueries.sql", subqueries.as_str()),
        ("models/top.sql", "select * from {{ ref('deep') }}\n"),
    ]);
    let said = sandbox.run(&["compile"]);
    assert!(matches!(said.code, Some(0 | 1)), "{:?}: {}", said.code, said.stderr);
    assert!(said.stderr.contains("models/open.sql") || said.code == Some(0), "{}", said.stderr);
    assert!(sandbox.read("target/compiled/shop/models/deep.sql").contains("(((("));
}

#[test]
fn deeply_nested_jinja_and_yaml() {
    let blocks = format!("{}select 1 as id{}\n", "{% if true %}".repeat(3000), "{% endif %}".repeat(3000));
    let yaml = format!("models: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let lists = format!("select {{{{ {}{} }}}}\n", "[".repeat(3000), "]".repeat(3000));
    let sandbox = Sandbox::new(&[
        ("models/blocks.sql", blocks.as_str()),
        ("models/lists.sql", lists.as_str()),
        ("models/deep.yml", yaml.as_str()),
    ]);
    let said = sandbox.run(&["compile"]);
    assert!(matches!(said.code, Some(0 | 1)), "{:?}: {}", said.code, said.stderr);
}

#[test]
fn an_in_list_of_fifty_thousand() {
    let list: Vec<String> = (0..50_000).map(|at| format!("'{at}'")).collect();
    let text = format!("select 1 as id where '7' in ({})\n", list.join(", "));
    let sandbox = Sandbox::new(&[("models/many.sql", text.as_str())]);
    sandbox.run(&["compile"]).exits(0);
    if has_duckdb() {
        sandbox.run(&["run"]).exits(0);
    }
}

#[test]
fn a_huge_yaml_file() {
    let mut text = "models:\n".to_owned();
    for at in 0..5000 {
        writeln!(text, "  - name: part_{at}\n    description: \"{}\"\n    columns:", "説明 ".repeat(20))
            .expect("fits");
        for column in 0..5 {
            writeln!(text, "      - {{name: c{column}, description: a column}}").expect("a string takes all");
        }
    }
    let sandbox =
        Sandbox::new(&[("models/_models.yml", text.as_str()), ("models/part_1.sql", "select 1 as c0\n")]);
    let said = sandbox.run(&["compile", "--format", "short"]).exits(0);
    assert!(said.stderr.contains("B0109"), "{}", &said.stderr[..said.stderr.len().min(1000)]);
}

#[test]
fn sql_that_fails_at_run_time_is_shown_in_the_authors_file() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        ("models/ok.sql", "{{ config(materialized='table') }}\nselect 1 as id\n"),
        (
            "models/bad.sql",
            "{{ config(materialized='table') }}\nselect id,\n  no_such_column\nfrom {{ ref('ok') }}\n",
        ),
        ("models/after.sql", "select * from {{ ref('bad') }}\n"),
        ("models/apart.sql", "{{ config(materialized='table') }}\nselect 2 as id\n"),
    ]);
    let said = sandbox.run(&["build"]).exits(1).says("B0803").says("models/bad.sql:3:3");
    assert!(said.stderr.contains("no_such_column"), "{}", said.stderr);
    assert_eq!(sandbox.query("target/buhin.duckdb", "select id from main.apart"), [["2"]]);
    let results: serde_json::Value =
        serde_json::from_str(&sandbox.read("target/run_results.json")).expect("JSON");
    let status = |name: &str| {
        let all = results["results"].as_array().expect("a list");
        all.iter().find(|one| one["unique_id"] == name).map(|one| one["status"].clone())
    };
    assert_eq!(status("model.shop.bad"), Some("error".into()));
    assert_eq!(status("model.shop.after"), Some("skipped".into()));
    assert_eq!(status("model.shop.apart"), Some("success".into()));
    sandbox.write("models/bad.sql", "{{ config(materialized='table') }}\nselect id from {{ ref('ok') }}\n");
    sandbox.run(&["retry"]).exits(0);
    assert_eq!(sandbox.query("target/buhin.duckdb", "select id from main.after"), [["1"]]);
    sandbox.run(&["retry"]).exits(2).says("B0809");
}

#[test]
fn a_failing_test_stops_what_depends_on_it_and_a_warning_does_not() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        ("models/a.sql", "{{ config(materialized='table') }}\nselect 1 as id union all select 1\n"),
        ("models/b.sql", "select * from {{ ref('a') }}\n"),
        ("models/_m.yml", "models: [{name: a, columns: [{name: id, tests: [unique]}]}]\n"),
    ]);
    sandbox.run(&["build"]).exits(1).says("B0804").says("unique_a_id");
    let tables = "select count(*) from information_schema.tables where table_name = 'b'";
    assert_eq!(sandbox.query("target/buhin.duckdb", tables), [["0"]]);
    let yaml = "models: [{name: a, columns: [{name: id, tests: [{unique: {config: {severity: warn}}}]}]}]\n";
    sandbox.write("models/_m.yml", yaml);
    sandbox.run(&["build"]).exits(0).says("B0805");
    assert_eq!(sandbox.query("target/buhin.duckdb", tables), [["1"]]);
}

#[test]
fn a_database_that_another_process_holds() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["build"]).exits(0);
    let library = crate::sandbox::library().expect("has_duckdb");
    let path = sandbox.path("target/buhin.duckdb").to_string_lossy().into_owned();
    let credentials = buhin::run::Credentials { path, ..buhin::run::Credentials::default() };
    let held = buhin::run::DuckDb::open(&library, credentials).expect("the database opens");
    sandbox.run(&["run"]).exits(2).says("B0802").says("buhin.duckdb");
    sandbox.run(&["compile"]).exits(0);
    drop(held);
    sandbox.run(&["run"]).exits(0);
}

#[test]
fn a_database_file_that_is_none() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(SMALL);
    sandbox.write(
        "target/buhin.duckdb",
        "this is no database, and it is longer than a header of one would be ".repeat(100),
    );
    sandbox.run(&["build"]).exits(2).says("B0806");
    assert!(sandbox.read("target/buhin.duckdb").starts_with("this is no database"), "the file was changed");
}

#[test]
fn limits_are_told_with_what_is_kept_to_and_where_it_is_written() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.write("buhin.yml", "limits: {joins: 12, depth: off}\n");
    let said = sandbox.run(&["plan", "--limits", "--dialect", "mariadb"]).exits(0);
    said.prints("10.11")
        .prints("joins: tables in a join")
        .prints("12")
        .prints("off")
        .prints("64")
        .prints("32");
    let said = sandbox.run(&["plan", "--limits", "--dialect", "sqlite", "--format", "json"]).exits(0);
    let rows: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect();
    let joins = rows.iter().find(|row| row["measure"] == "joins").expect("joins have a limit");
    assert_eq!(
        (&joins["value"], &joins["budget"], &joins["overridden"]),
        (&64.into(), &12.into(), &true.into())
    );
    assert_eq!(joins["cte_policy"], "reevaluate");
    assert!(rows.iter().all(|row| !row["source"].as_str().unwrap_or_default().is_empty()));
}

#[test]
fn a_build_without_the_library_says_how_to_get_it() {
    let sandbox = Sandbox::new(SMALL).env("BUHIN_DUCKDB_LIB", "/nowhere/libduckdb.so");
    sandbox.run(&["compile"]).exits(0);
    sandbox.run(&["plan"]).exits(0);
    for command in ["build", "run", "test", "seed"] {
        let said = sandbox.run(&[command]).exits(2).says("B0801").says("scripts/get-duckdb");
        let errors = said.stderr.matches("error[").count();
        assert_eq!(errors, 1, "{command}: {}", said.stderr);
    }
}

#[test]
fn a_warehouse_that_can_not_be_run_on() {
    let sandbox = Sandbox::new(SMALL);
    sandbox.write("dbt_project.yml", "name: shop\nversion: '1'\nprofile: shop\n");
    sandbox.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, host: h, user: u, password: geheim, dbname: d, schema: s}}}\n",
    );
    let said = sandbox.run(&["build"]).exits(2).says("B0807").says("postgres");
    assert!(!said.stderr.contains("geheim"), "a password was shown");
    sandbox.run(&["compile"]).exits(0);
    let leaks: Vec<String> = sandbox
        .files("target")
        .into_iter()
        .filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains("geheim"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(leaks, Vec::<String>::new(), "a password is in the artifacts");
}

#[test]
fn a_killed_build_leaves_the_former_table() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[("models/a.sql", "{{ config(materialized='table') }}\nselect 1 as id\n")]);
    sandbox.run(&["build"]).exits(0);
    let endless =
        "select count(*) as id from range(100000000) a, range(1000000) b where a.range * b.range % 7 = 3";
    sandbox.write("models/a.sql", format!("{{{{ config(materialized='table') }}}}\n{endless}\n"));
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_buhin"));
    let mut child = command
        .arg("run")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(child.try_wait().expect("it can be asked").is_none(), "the build ended by itself");
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    assert_eq!(sandbox.query("target/buhin.duckdb", "select id from main.a"), [["1"]]);
    sandbox.write("models/a.sql", "{{ config(materialized='table') }}\nselect 3 as id\n");
    sandbox.run(&["run"]).exits(0);
    assert_eq!(sandbox.query("target/buhin.duckdb", "select id from main.a"), [["3"]]);
    let tables = "select count(*) from information_schema.tables";
    assert_eq!(sandbox.query("target/buhin.duckdb", tables), [["1"]], "what was left aside is still there");
}

#[test]
fn incremental_parts_grow_and_are_built_anew_when_told() {
    if !has_duckdb() {
        return;
    }
    let part = |strategy: &str| {
        format!(
            "{{{{ config(materialized='incremental', incremental_strategy='{strategy}', unique_key='id') }}}}\n\
             select id, v from {{{{ ref('src') }}}}\n\
             {{% if is_incremental() %}}where id >= (select max(id) from {{{{ this }}}}){{% endif %}}\n"
        )
    };
    let sandbox = Sandbox::new(&[
        ("models/src.sql", "select 1 as id, 'old' as v union all select 2, 'old'\n"),
        ("models/append.sql", &part("append").replace(", unique_key='id'", "")),
        ("models/merge.sql", &part("merge")),
        ("models/del.sql", &part("delete+insert")),
    ]);
    sandbox.run(&["run"]).exits(0);
    sandbox.write("models/src.sql", "select 2 as id, 'new' as v union all select 3, 'new'\n");
    sandbox.run(&["run"]).exits(0);
    let rows = |name: &str| {
        sandbox.query(
            "target/buhin.duckdb",
            &format!("select string_agg(id || v, ',' order by id, v) from main.{name}"),
        )
    };
    assert_eq!(rows("append"), [["1old,2new,2old,3new"]]);
    assert_eq!(rows("merge"), [["1old,2new,3new"]]);
    assert_eq!(rows("del"), [["1old,2new,3new"]]);
    sandbox.run(&["run", "--full-refresh"]).exits(0);
    assert_eq!(rows("merge"), [["2new,3new"]]);
}

#[test]
fn show_prints_rows_as_a_table_and_as_json() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(SMALL);
    sandbox.run(&["build"]).exits(0);
    sandbox.run(&["show", "--select", "top"]).exits(0).prints("壱").prints("name");
    sandbox.run(&["show", "--inline", "select 40 + 2 as answer"]).exits(0).prints("42");
    let json = sandbox.run(&["show", "--select", "top", "--limit", "1", "--format", "json"]).exits(0).stdout;
    assert!(json.contains("壱"), "{json}");
}

#[test]
fn a_source_is_never_written() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        ("models/_s.yml", "sources: [{name: raw, schema: main, tables: [{name: orders}]}]\n"),
        (
            "models/orders.sql",
            "{{ config(materialized='table') }}\nselect * from {{ source('raw', 'orders') }}\n",
        ),
    ]);
    sandbox.run(&["build"]).exits(1).says("B0408").says("would overwrite `buhin.main.orders`");
}

#[test]
fn nothing_is_written_outside_of_the_target_folder() {
    let sandbox = Sandbox::new(SMALL);
    let before: Vec<String> = files_below(sandbox.folder()).into_iter().map(|(path, _)| path).collect();
    sandbox.run(&["compile"]).exits(0);
    sandbox.run(&["parse"]).exits(0);
    let after = files_below(sandbox.folder()).into_iter().map(|(path, _)| path);
    let new: Vec<String> =
        after.filter(|path| !before.contains(path) && !path.starts_with("target/")).collect();
    assert_eq!(new, Vec::<String>::new());
}

#[test]
fn configs_that_a_run_can_not_use_are_said() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        (
            "models/a.sql",
            "{{ config(materialized='incremental', incremental_strategy='mrege') }}\nselect 1 as id\n",
        ),
        ("models/b.sql", "select 2 as id\n"),
    ]);
    sandbox.run(&["run"]).exits(1).says("B0211").says("mrege").says("merge").says("models/a.sql:1");
    assert_eq!(sandbox.query("target/buhin.duckdb", "select id from main.b"), [["2"]]);
}

#[test]
fn columns_that_changed_stop_an_incremental_part_that_wants_it_so() {
    if !has_duckdb() {
        return;
    }
    let config = "{{ config(materialized='incremental', on_schema_change='fail') }}\n";
    let sandbox = Sandbox::new(&[("models/a.sql", &format!("{config}select 1 as id\n"))]);
    sandbox.run(&["run"]).exits(0);
    sandbox.write("models/a.sql", format!("{config}select 1 as id, 2 as more\n"));
    sandbox.run(&["run"]).exits(1).says("B0808").says("more");
    sandbox.run(&["run", "--full-refresh"]).exits(0);
}

#[test]
fn a_seed_with_a_row_too_long_is_said_with_its_line() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[("seeds/codes.csv", "id,name\n1,a\n2,b,c\n")]);
    sandbox.run(&["seed"]).exits(1).says("B0111").says("codes.csv:3");
}

#[test]
fn what_can_not_be_run_is_said() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        ("models/p.py", "def model(dbt, session):\n    return dbt.ref('a')\n"),
        ("models/a.sql", "select 1 as id\n"),
        (
            "models/_u.yml",
            "unit_tests: [{name: u, model: a, given: [], expect: {format: csv, fixture: nowhere}}]\n",
        ),
    ]);
    sandbox.run(&["run"]).exits(1).says("B0810").says("models/p.py");
    sandbox.run(&["test"]).exits(1).says("B0811").says("nowhere.csv");
}

#[test]
fn a_macro_that_asks_the_warehouse_while_compiling_is_said() {
    let sandbox = Sandbox::new(&[(
        "models/a.sql",
        "{% if execute %}{% set rows = run_query('select 1').rows %}{% endif %}\nselect 1 as n\n",
    )]);
    sandbox.run(&["compile"]).exits(0).says("B0212").says("`a` asked");
}

#[test]
fn hooks_are_rendered_for_the_deploy_script_alone() {
    let sandbox = Sandbox::new(&[(
        "models/a.sql",
        "{{ config(materialized='table', post_hook=\"{% if execute %}{{ exceptions.raise_compiler_error('from the hook') }}{% endif %}\") }}\nselect 1 as id\n",
    )]);
    sandbox.run(&["compile", "--no-deploy"]).exits(0);
    assert!(!sandbox.path("target/deploy").exists(), "nobody wants the script");
    sandbox.run(&["compile", "--select", "a"]).exits(0);
    let whole = sandbox.run(&["compile"]).exits(1);
    whole.says("from the hook");
}

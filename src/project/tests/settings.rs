//! `buhin.yml`.

use super::*;

#[test]
fn settings_of_buhin_are_strict() {
    check(
        "--- buhin.yml ---\nversion: 2\nmaterialization: {defualt: auto, ephemeral: table}\nsnapshots: {folder: 5}\n\
         warnings: {opaqe: off, opaque: of}\nlimit: 1\n",
        &[
            "error B0112 buhin.yml:1:10 `version` of `buhin.yml` can only be `1`",
            "error B0112 buhin.yml:2:19 `defualt` is not a key of `buhin.yml`; a similar one exists: `default`",
            "error B0112 buhin.yml:2:45 `table` is not a value of `ephemeral` of `buhin.yml`; it can be `inline`, `auto`",
            "error B0112 buhin.yml:3:21 `folder` should be a path, not a number",
            "error B0112 buhin.yml:4:12 `opaqe` is not a warning of `buhin.yml`; a similar one exists: `opaque`",
            "error B0112 buhin.yml:4:32 `of` is not a value of `opaque` of `buhin.yml`; a similar one exists: `off`",
            "error B0112 buhin.yml:5:1 `limit` is not a key of `buhin.yml`; a similar one exists: `limits`",
        ],
    );
    let project = good("--- buhin.yml ---\nmaterialization: {default: auto}\nwarnings: {opaque: off}\n");
    assert_eq!(project.settings.default_materialization.as_deref(), Some("auto"));
    assert_eq!(project.settings.warnings["opaque"], "off");
}

#[test]
fn limits_are_numbers_or_off_for_all_targets_or_one() {
    let project = good(
        "--- buhin.yml ---\nlimits:\n  joins: 20\n  stages: off\n  targets:\n    prod: {joins: off, nodes: 8000}\n",
    );
    let limits = &project.settings.limits;
    assert_eq!(limits.of("dev", "joins"), Some(Bound::At(20)));
    assert_eq!(limits.of("prod", "joins"), Some(Bound::Off));
    assert_eq!(limits.of("prod", "nodes"), Some(Bound::At(8000)));
    assert_eq!(limits.of("prod", "stages"), Some(Bound::Off));
    assert_eq!(limits.of("dev", "nodes"), None);
    check(
        "--- buhin.yml ---\nlimits:\n  jions: 20\n  joins: 0\n  depth: deep\n  views: 1.5\n  ctes: [1]\n  targets:\n    \
         prod: {rows: 1, text: on}\n    dev: 3\n",
        &[
            "error B0112 buhin.yml:2:3 `jions` is not a limit of `buhin.yml`; a similar one exists: `joins`",
            "error B0112 buhin.yml:3:10 `joins` should be a whole number above 0, or `off`",
            "error B0112 buhin.yml:4:10 `depth` should be a whole number above 0, or `off`, not text",
            "error B0112 buhin.yml:5:10 `views` should be a whole number above 0, or `off`",
            "error B0112 buhin.yml:6:9 `ctes` should be a whole number above 0, or `off`, not a list",
            "error B0112 buhin.yml:8:12 `rows` is not a limit of `buhin.yml`; it can be `nodes`, `joins`, \
             `expression`, `depth`, `ctes`, `unions`, `copies`, `stages`, `text`, `relations`, `views`, `columns`, \
             `nesting`, `list`",
            "error B0112 buhin.yml:8:27 `text` should be a whole number above 0, or `off`, not a truth value",
            "error B0112 buhin.yml:9:10 `dev` should be a mapping, not a number",
        ],
    );
}

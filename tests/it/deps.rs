//! `buhin deps` against a hub on loopback and repositories in temporary folders.
//!
//! With `BUHIN_DBT` naming a dbt, the same projects are also installed by that, and must give the same lock file
//! and the same folders.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// What the server says to a path.
#[derive(Clone)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    /// Only so many bytes are sent, whatever the head says.
    cut: usize,
}

/// A hub on loopback that counts what it is asked.
struct Server {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// A server that knows these paths.
    fn new(answers: &[(&str, Vec<u8>)]) -> Self {
        let full = answers
            .iter()
            .map(|(path, body)| (*path, Answer { status: 200, cut: body.len(), body: body.clone() }));
        Self::with(full.collect())
    }

    fn with(answers: BTreeMap<&str, Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        let answers: BTreeMap<String, Answer> =
            answers.into_iter().map(|(path, answer)| (path.to_owned(), answer)).collect();
        let (asked, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, end, own) = (asked.clone(), stop.clone(), base.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), answers, log, own) = (stream, answers.clone(), log.clone(), own.clone())
                else {
                    continue;
                };
                std::thread::spawn(move || drop(answer(stream, &answers, &log, &own)));
            }
        });
        Self { base, asked, stop }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("nobody panicked"))
    }

    fn sandbox(&self, files: &[(&str, &str)]) -> Sandbox {
        Sandbox::new(files).env("DBT_PACKAGE_HUB_URL", &format!("{}/", self.base)).env("BASE", &self.base)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.base.trim_start_matches("http://")));
    }
}

/// Answers one request; `BASE` in a JSON answer stands for the server's own address.
fn answer(
    mut stream: TcpStream,
    answers: &BTreeMap<String, Answer>,
    log: &Mutex<Vec<String>>,
    base: &str,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut authorization = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.to_ascii_lowercase().starts_with("authorization:") {
            authorization = format!(" [{}]", line.trim()[14..].trim());
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let path = first.split_whitespace().nth(1).unwrap_or_default();
    log.lock().expect("nobody panicked").push(format!("{path}{authorization}"));
    let missing = Answer { status: 404, body: b"no".to_vec(), cut: 2 };
    let answer = answers.get(path).unwrap_or(&missing);
    let mut body = answer.body.clone();
    let mut cut = answer.cut;
    if path.ends_with(".json") {
        body = String::from_utf8(body).expect("JSON is text").replace("BASE", base).into_bytes();
        cut = body.len();
    }
    write!(
        stream,
        "HTTP/1.1 {} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status,
        body.len()
    )?;
    stream.write_all(&body[..cut])?;
    stream.flush()
}

/// A `.tar.gz` of these files.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        // `set_path` would refuse what a wicked author writes.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).expect("memory takes it");
    }
    builder.into_inner().expect("a tar").finish().expect("a gzip")
}

/// The archive of a package with one macro.
fn package(name: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let project = format!("name: {name}\nversion: '1.0.0'\nconfig-version: 2\n");
    let top = format!("{name}-0f1e2d");
    let paths: Vec<(String, String)> = [("dbt_project.yml", project.as_str())]
        .iter()
        .chain(more)
        .map(|(path, text)| (format!("{top}/{path}"), (*text).to_owned()))
        .chain([(format!("{top}/macros/m.sql"), format!("{{% macro who() %}}'{name}'{{% endmacro %}}\n"))])
        .collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    archive(&files)
}

/// The hub's answer for a package: versions with what they need.
fn info(name: &str, versions: &[(&str, Value)]) -> Vec<u8> {
    let short = name.rsplit('/').next().expect("a name");
    let entries = versions.iter().map(|(version, packages)| {
        let value = json!({
            "name": short,
            "version": version,
            "packages": packages,
            "require_dbt_version": [">=1.0.0", "<2.0.0"],
            "downloads": {"tarball": format!("BASE/files/{short}-{version}.tar.gz")},
        });
        ((*version).to_owned(), value)
    });
    let versions: serde_json::Map<String, Value> = entries.collect();
    let (space, short) = name.split_once('/').expect("a namespace");
    json!({"name": short, "namespace": space, "versions": versions}).to_string().into_bytes()
}

/// A hub with `acme/kit` 1.0.0, 1.1.0, 2.0.0-rc1, 2.0.0 and `acme/audit` 0.5.0, which needs `acme/kit` below 2.
fn hub() -> Server {
    let none = json!([]);
    let needs = json!([{"package": "acme/kit", "version": [">=1.0.0", "<2.0.0"]}]);
    let kit = [
        ("1.0.0", none.clone()),
        ("1.1.0", none.clone()),
        ("2.0.0-rc1", none.clone()),
        ("2.0.0", none.clone()),
        ("2.1.0-rc1", none.clone()),
    ];
    Server::new(&[
        ("/api/v1/index.json", json!(["acme/kit", "acme/audit"]).to_string().into_bytes()),
        ("/api/v1/acme/kit.json", info("acme/kit", &kit)),
        ("/api/v1/acme/audit.json", info("acme/audit", &[("0.5.0", needs)])),
        ("/files/kit-1.0.0.tar.gz", package("kit", &[("v", "1.0.0")])),
        ("/files/kit-1.1.0.tar.gz", package("kit", &[("v", "1.1.0")])),
        ("/files/kit-2.0.0.tar.gz", package("kit", &[("v", "2.0.0")])),
        ("/files/kit-2.1.0-rc1.tar.gz", package("kit", &[("v", "2.1.0-rc1")])),
        ("/files/audit-0.5.0.tar.gz", package("audit", &[])),
        ("/mine.tar.gz", package("some_other_name", &[])),
    ])
}

/// A repository with a project at its top and one in `sub/`, tags `v1` and `v2`, and its commits.
fn repository(folder: &Path) -> Vec<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(folder)
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git is installed");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    };
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let mut commits = Vec::new();
    write("dbt_project.yml", "name: whole\nversion: '1.0'\n");
    write("sub/dbt_project.yml", "name: part\nversion: '1.0'\n");
    git(&["init", "--quiet"]);
    for tag in ["v1", "v2"] {
        write("v", tag);
        git(&["add", "-A"]);
        git(&["commit", "--quiet", "-m", tag]);
        git(&["tag", tag]);
        commits.push(git(&["rev-parse", "HEAD"]));
    }
    commits
}

/// The folders of `dbt_packages/`.
fn folders(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(sandbox.path("dbt_packages")) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.path().is_dir());
    let names: BTreeSet<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.into_iter().collect()
}

/// Has dbt do the same in the same folder, if there is one, and compares.
fn same_as_dbt(sandbox: &Sandbox) {
    let Ok(dbt) = std::env::var("BUHIN_DBT") else { return };
    let (lock, found) = (sandbox.read("package-lock.yml"), folders(sandbox));
    std::fs::remove_file(sandbox.path("package-lock.yml")).expect("removed");
    std::fs::remove_dir_all(sandbox.path("dbt_packages")).expect("removed");
    let output = sandbox.command(&dbt).arg("deps").output().expect("dbt starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(lock, sandbox.read("package-lock.yml"), "the lock file, ours to the left");
    assert_eq!(found, folders(sandbox), "the folders, ours to the left");
    // What dbt installed satisfies us as well, but for what says nothing of its version.
    sandbox.run(&["deps", "--dry-run"]).exits(0);
}

#[test]
fn a_package_of_the_hub_is_installed_with_what_it_needs() {
    let hub = hub();
    let sandbox = hub.sandbox(&[(
        "packages.yml",
        "packages:\n  - package: acme/audit\n    version: 0.5.0\n  - package: acme/kit\n    version: \">=1.0.0\"\n",
    )]);
    sandbox
        .run(&["deps"])
        .exits(0)
        .says("audit 0.5.0: installed")
        .says("kit 1.1.0: installed; the newest is 2.0.0");
    assert_eq!(folders(&sandbox), ["audit", "kit"]);
    assert_eq!(sandbox.read("dbt_packages/kit/v"), "1.1.0");
    assert_eq!(
        sandbox.read("package-lock.yml"),
        "packages:\n  - name: audit\n    package: acme/audit\n    version: 0.5.0\n  - name: kit\n    package: \
         acme/kit\n    version: 1.1.0\nsha1_hash: dfab269dd290c62797eab753be4f3b128f60793b\n"
    );
    hub.asked();
    sandbox.run(&["deps"]).exits(0).says("kit 1.1.0: already there");
    assert_eq!(hub.asked(), Vec::<String>::new(), "no network where all is there");
    sandbox.run(&["parse"]).exits(0);
    same_as_dbt(&sandbox);
}

#[test]
fn versions_are_chosen_as_dbt_does() {
    for (version, prerelease, expected) in [
        ("1.0.0", false, "1.0.0"),
        ("\"<2.0.0\"", false, "1.1.0"),
        ("\">1.0.0\"", false, "2.0.0"),
        ("[\">=1.0.0\", \"<2.0.0\"]", false, "1.1.0"),
        ("\">=1.0.0\"", true, "2.1.0-rc1"),
        ("\">=2.1.0-rc1\"", false, "2.1.0-rc1"),
    ] {
        let hub = hub();
        let more = if prerelease { "    install_prerelease: true\n" } else { "" };
        let text = format!("packages:\n  - package: acme/kit\n    version: {version}\n{more}");
        let sandbox = hub.sandbox(&[("packages.yml", &text)]);
        sandbox.run(&["deps"]).exits(0);
        assert_eq!(sandbox.read("dbt_packages/kit/v"), expected, "{version}");
        same_as_dbt(&sandbox);
    }
}

#[test]
fn a_lock_file_is_kept_to_until_it_is_upgraded() {
    let hub = hub();
    let sandbox =
        hub.sandbox(&[("packages.yml", "packages:\n  - package: acme/kit\n    version: [\">=1.0.0\"]\n")]);
    sandbox.run(&["deps", "--dry-run"]).exits(0).says("kit 2.0.0: would be installed");
    assert!(!sandbox.path("package-lock.yml").exists() && !sandbox.path("dbt_packages").exists());
    sandbox.run(&["deps", "--lock"]).exits(0).says("kit 2.0.0: found");
    assert!(!sandbox.path("dbt_packages").exists());
    let lock = sandbox.read("package-lock.yml");
    sandbox.write("package-lock.yml", lock.replace("2.0.0", "1.0.0"));
    sandbox.run(&["deps"]).exits(0).says("kit 1.0.0: installed");
    assert_eq!(sandbox.read("dbt_packages/kit/v"), "1.0.0");
    sandbox.run(&["deps", "--upgrade"]).exits(0).says("kit 2.0.0: installed");
    assert_eq!(sandbox.read("package-lock.yml"), lock);
    // Another packages.yml makes the lock file one for something else.
    sandbox.write("packages.yml", "packages:\n  - package: acme/kit\n    version: 1.1.0\n");
    sandbox.run(&["deps"]).exits(0).says("kit 1.1.0: installed").says("package-lock.yml written");
}

#[test]
fn git_packages_are_locked_to_a_commit() {
    let repository_folder = tempfile::tempdir().expect("a folder");
    let commits = repository(repository_folder.path());
    let text = "packages:\n  - git: \"{{ env_var('REPO') }}\"\n    revision: v1\n  - git: \"{{ env_var('REPO') }}\"\n    \
                revision: v1\n    subdirectory: sub\n";
    let sandbox =
        Sandbox::new(&[("packages.yml", text)]).env("REPO", &repository_folder.path().to_string_lossy());
    sandbox.run(&["deps"]).exits(0).says(&format!("whole revision {}: installed", &commits[0][..10]));
    assert_eq!(folders(&sandbox), ["part", "whole"]);
    assert_eq!(sandbox.read("dbt_packages/whole/v"), "v1");
    let lock = sandbox.read("package-lock.yml");
    let commit = &commits[0];
    let expected = format!(
        "packages:\n  - git: '{{{{ env_var(''REPO'') }}}}'\n    name: whole\n    revision: {commit}\n  - git: '{{{{ \
         env_var(''REPO'') }}}}'\n    name: part\n    revision: {commit}\n    subdirectory: sub\nsha1_hash: "
    );
    assert!(lock.starts_with(&expected), "{lock}");
    same_as_dbt(&sandbox);
    std::fs::remove_dir_all(repository_folder.path()).expect("removed");
    if std::env::var("BUHIN_DBT").is_err() {
        sandbox.run(&["deps"]).exits(0).says("part revision").says("already there");
    }
}

#[test]
fn a_repository_without_revision_is_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let commits = repository(folder.path());
    let sandbox = Sandbox::new(&[("packages.yml", "packages:\n  - git: \"{{ env_var('REPO') }}\"\n")])
        .env("REPO", &folder.path().to_string_lossy());
    sandbox.run(&["deps"]).exits(0).says("B1006");
    assert!(sandbox.read("package-lock.yml").contains(&commits[1]));
    assert!(!sandbox.path("dbt_packages/whole/.git").exists());
    same_as_dbt(&sandbox);
    for (revision, commit) in [("main", 1), ("v1", 0), (commits[0].as_str(), 0), (&commits[0][..8], 0)] {
        let text = format!(
            "packages:\n  - git: \"{{{{ env_var('REPO') }}}}\"\n    revision: \"{revision}\"\n    warn-unpinned: false\n"
        );
        sandbox.write("packages.yml", text);
        let said = sandbox.run(&["deps"]).exits(0);
        assert!(!said.stderr.contains("B1006"), "{}", said.stderr);
        assert!(sandbox.read("package-lock.yml").contains(&commits[commit]), "{revision}");
    }
}

#[test]
fn what_git_does_not_have_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    repository(folder.path());
    let repo = folder.path().to_string_lossy().into_owned();
    for (entry, code, words) in [
        ("git: \"{{ env_var('REPO') }}\"\n    revision: v9", 1, "B1002]: the repository"),
        (
            "git: \"{{ env_var('REPO') }}\"\n    revision: v1\n    subdirectory: nowhere",
            1,
            "no folder `nowhere`",
        ),
        ("git: \"{{ env_var('REPO') }}\"\n    revision: v1\n    subdirectory: ../..", 1, "B1001"),
        (
            "git: \"{{ env_var('REPO') }}\"\n    revision: --upload-pack=x",
            1,
            "git would take this for an option",
        ),
        ("git: \"{{ env_var('REPO') }}/nothing\"\n    revision: v1", 2, "B1008"),
        ("git: http://127.0.0.1:1/x.git\n    revision: v1", 2, "from `127.0.0.1:1`"),
    ] {
        let sandbox =
            Sandbox::new(&[("packages.yml", &format!("packages:\n  - {entry}\n"))]).env("REPO", &repo);
        sandbox.run(&["deps"]).exits(code).says(words).says(" packages.yml:");
        assert!(
            !sandbox.path("dbt_packages").exists() && !sandbox.path("package-lock.yml").exists(),
            "{entry}"
        );
    }
}

#[test]
fn folders_are_linked_to_and_their_needs_are_installed() {
    let hub = hub();
    let sandbox = hub.sandbox(&[
        ("packages.yml", "packages:\n  - local: near\n"),
        ("near/dbt_project.yml", "name: near_one\n"),
        ("near/packages.yml", "packages:\n  - package: acme/kit\n    version: 1.0.0\n  - local: far\n"),
        ("far/dbt_project.yml", "name: far_one\n"),
        (
            "far/dependencies.yml",
            "packages:\n  - package: acme/kit\n    version: \"{{ env_var('KIT', '>=1.0.0') }}\"\n",
        ),
    ]);
    sandbox.run(&["deps"]).exits(0).says("near_one local, near: linked").says("kit 1.0.0: installed");
    assert_eq!(folders(&sandbox), ["far_one", "kit", "near_one"]);
    assert_eq!(
        sandbox.read("package-lock.yml"),
        "packages:\n  - local: near\n    name: near_one\n  - name: kit\n    package: acme/kit\n    version: 1.0.0\n  \
         - local: far\n    name: far_one\nsha1_hash: f54f79c17c73d4ba7edd950deeba91d6ac84f4b2\n"
    );
    same_as_dbt(&sandbox);
    hub.asked();
    sandbox.run(&["parse"]).exits(0);
    sandbox.write("packages.yml", "packages:\n  - local: nowhere\n");
    sandbox.run(&["deps"]).exits(1).says("B1002").says("no folder `nowhere`");
    assert_eq!(folders(&sandbox), ["far_one", "kit", "near_one"], "nothing has changed");
    sandbox.write("packages.yml", "packages:\n  - local: far\n");
    sandbox.run(&["deps"]).exits(0).says("near_one: removed");
    assert_eq!(folders(&sandbox), ["far_one", "kit"]);
    assert!(sandbox.path("near/dbt_project.yml").exists(), "a link is removed, not what it leads to");
}

#[test]
fn a_tarball_is_installed_under_the_name_it_is_given() {
    let hub = hub();
    let sandbox = hub.sandbox(&[(
        "packages.yml",
        "packages:\n  - tarball: \"{{ env_var('BASE') }}/mine.tar.gz\"\n    name: mine\n",
    )]);
    sandbox.run(&["deps"]).exits(0).says("mine tarball: installed");
    assert_eq!(folders(&sandbox), ["mine"]);
    assert!(sandbox.read("package-lock.yml").starts_with(
        "packages:\n  - name: mine\n    tarball: '{{ env_var(''BASE'') }}/mine.tar.gz'\nsha1_hash: "
    ));
    same_as_dbt(&sandbox);
}

#[test]
fn a_secret_is_neither_printed_nor_written() {
    let hub = hub();
    let address = hub.base.replace("http://", "http://{{ env_var('DBT_ENV_SECRET_TOKEN') }}@");
    let text = format!("packages:\n  - tarball: \"{address}/mine.tar.gz\"\n    name: mine\n");
    let sandbox = hub.sandbox(&[("packages.yml", &text)]).env("DBT_ENV_SECRET_TOKEN", "hush%21");
    let said = sandbox.run(&["deps"]).exits(0);
    // The name `hush!` and an empty password.
    assert_eq!(hub.asked(), ["/mine.tar.gz [Basic aHVzaCE6]"]);
    assert!(!said.stderr.contains("hush") && !said.stdout.contains("hush"));
    for (path, bytes) in sandbox.files("") {
        assert!(!String::from_utf8_lossy(&bytes).contains("hush"), "{path}");
    }
    assert!(sandbox.read("package-lock.yml").contains("{{ env_var('DBT_ENV_SECRET_TOKEN') }}@"));
    let broken = text.replace("mine.tar.gz", "gone.tar.gz");
    sandbox.write("packages.yml", &broken);
    let said = sandbox.run(&["deps"]).exits(1).says("B1002").says("HTTP status 404");
    assert!(!said.stderr.contains("hush"), "{}", said.stderr);
    sandbox.write("packages.yml", format!("packages:\n  - git: \"{address}/x.git\"\n    revision: a\n"));
    let said = sandbox.run(&["deps"]).exits(2).says("B1008");
    assert!(!said.stderr.contains("hush"), "{}", said.stderr);
}

#[test]
fn what_fails_leaves_everything_as_it_was() {
    let whole = package("kit", &[("v", &"x".repeat(5000))]);
    let answer = |body: Vec<u8>, cut: usize, status: u16| Answer { status, body, cut };
    let cut = whole.len() / 2;
    let wicked = |path: &str| archive(&[("kit/dbt_project.yml", "name: kit\n"), (path, "x")]);
    let server = Server::with(BTreeMap::from(
        [
            ("/whole.tar.gz", answer(whole.clone(), whole.len(), 200)),
            ("/cut.tar.gz", answer(whole.clone(), cut, 200)),
            ("/short.tar.gz", answer(whole[..cut].to_vec(), cut, 200)),
            ("/html.tar.gz", answer(b"<html>".to_vec(), 6, 200)),
            ("/down.tar.gz", answer(b"later".to_vec(), 5, 503)),
            ("/mine.tar.gz", answer(b"no".to_vec(), 2, 401)),
            ("/up.tar.gz", answer(wicked("kit/../../evil"), usize::MAX, 200)),
            ("/root.tar.gz", answer(wicked("/evil"), usize::MAX, 200)),
            ("/two.tar.gz", answer(wicked("other/x"), usize::MAX, 200)),
            ("/none.tar.gz", answer(archive(&[("kit/x", "x")]), usize::MAX, 200)),
        ]
        .map(|(path, answer)| (path, Answer { cut: answer.cut.min(answer.body.len()), ..answer })),
    ));
    let entry = |path: &str| {
        format!("packages:\n  - tarball: \"{{{{ env_var('BASE') }}}}/{path}.tar.gz\"\n    name: kit\n")
    };
    let sandbox = server.sandbox(&[("packages.yml", &entry("whole"))]);
    sandbox.run(&["deps"]).exits(0);
    let before = sandbox.files("");
    let host = server.base.trim_start_matches("http://").to_owned();
    for (path, exit, code, words) in [
        ("gone", 1, "B1002", "HTTP status 404"),
        ("cut", 2, "B1004", host.as_str()),
        ("short", 2, "B1004", "the archive"),
        ("html", 2, "B1004", "the archive is damaged"),
        ("down", 2, "B1004", "HTTP status 503"),
        ("mine", 2, "B1004", "does not give out `kit`"),
        ("up", 1, "B1005", "`kit/../../evil` in the archive leads out of it"),
        ("root", 1, "B1005", "`/evil` in the archive leads out of it"),
        ("two", 1, "B1005", "one folder at its top"),
        ("none", 1, "B1005", "no `dbt_project.yml`"),
    ] {
        sandbox.write("packages.yml", entry(path));
        let said = sandbox.run(&["deps"]).exits(exit).says(code).says(words).says("packages.yml:2:");
        assert_eq!(said.stderr.matches("error[").count(), 1, "one error a package:\n{}", said.stderr);
        sandbox.write("packages.yml", entry("whole"));
        assert_eq!(sandbox.files(""), before, "{path} changed something");
        assert!(!sandbox.path("../evil").exists() && !Path::new("/evil").exists());
    }
}

#[test]
fn each_package_that_fails_is_told_with_its_host() {
    let sandbox = Sandbox::new(&[(
        "packages.yml",
        "packages:\n  - package: acme/kit\n    version: 1.0.0\n  - tarball: http://127.0.0.1:1/x.tar.gz\n    name: x\n",
    )])
    .env("DBT_ENGINE_PACKAGE_HUB_URL", "http://127.0.0.1:1");
    let said = sandbox.run(&["deps"]).exits(2).says("`acme/kit` can't be fetched from `127.0.0.1:1`");
    assert_eq!(said.stderr.matches("error[B1004]").count(), 2, "{}", said.stderr);
    assert!(!sandbox.path("dbt_packages").exists());
}

#[test]
fn a_conflict_names_who_asks_for_what() {
    let hub = hub();
    let sandbox = hub.sandbox(&[(
        "packages.yml",
        "packages:\n  - package: acme/kit\n    version: 2.0.0\n  - package: acme/audit\n    version: 0.5.0\n",
    )]);
    sandbox
        .run(&["deps"])
        .exits(1)
        .says("B1003]: no version of `acme/kit` can be all that is asked for")
        .says("this project asks for `=2.0.0`")
        .says("the package `audit` asks for `>=1.0.0` and `<2.0.0`");
    sandbox.write("packages.yml", "packages:\n  - package: acme/kit\n    version: \">=3.0.0\"\n");
    sandbox.run(&["deps"]).exits(1).says("B1002").says("the newest ones are `2.0.0`");
    sandbox.write("packages.yml", "packages:\n  - package: acme/kitt\n    version: 1.0.0\n");
    sandbox.run(&["deps"]).exits(1).says("B1002").says("`acme/kit`");
    assert!(!sandbox.path("dbt_packages").exists() && !sandbox.path("package-lock.yml").exists());
}

#[test]
fn names_stand_for_one_package() {
    let sandbox = Sandbox::new(&[
        ("packages.yml", "packages:\n  - local: one\n  - local: two\n"),
        ("one/dbt_project.yml", "name: same\n"),
        ("two/dbt_project.yml", "name: same\n"),
    ]);
    sandbox.run(&["deps"]).exits(1).says("B1003]: two packages are projects of the name `same`");
    sandbox.write("two/dbt_project.yml", "name: shop\n");
    sandbox.run(&["deps"]).exits(1).says("B1003").says("is named `shop`, as this project is");
    sandbox.write("two/dbt_project.yml", "name: ../../two\n");
    sandbox.run(&["deps"]).exits(1).says("B1005");
}

#[test]
fn entries_that_can_not_be_understood_are_told_all_at_once() {
    let sandbox = Sandbox::new(&[(
        "packages.yml",
        "packages:\n  - package: kit\n    version: 1.0.0\n  - package: acme/kit\n  - package: acme/kit\n    \
         version: \">=1.0.0,<2.0.0\"\n  - pakage: acme/kit\n  - tarball: http://h/x\n  - git: x\n    local: y\n  - git: \
         5\n  - tarball: http://h/x\n    name: ../x\n",
    )]);
    let said = sandbox.run(&["deps"]).exits(1);
    assert_eq!(said.stderr.matches("error[B1001]").count(), 8, "{}", said.stderr);
    let said = said.says("write several conditions as a list").says("did you mean `package`?");
    said.says("a tarball lacks a name").says("`kit` is no package of the hub");
    sandbox.write("packages.yml", "packages:\n  - local: near\n    verison: 1\n");
    sandbox.write("near/dbt_project.yml", "name: near\n");
    sandbox.run(&["deps"]).exits(0).says("warning[B0106]: `verison`");
    sandbox.write("dependencies.yml", "packages:\n  - local: near\n");
    sandbox.run(&["deps"]).exits(1).says("B0105").says("stands in packages.yml and in dependencies.yml");
}

#[test]
fn dependencies_yml_is_read_and_its_jinja_is_not() {
    let sandbox = Sandbox::new(&[
        ("dependencies.yml", "projects:\n  - name: other\npackages:\n  - local: near\n"),
        ("near/dbt_project.yml", "name: near\n"),
        ("dbt_project.yml", "name: shop\npackages-install-path: \"{{ env_var('PLACE', 'here') }}/packs\"\n"),
    ]);
    sandbox.run(&["deps"]).exits(0).says("near local, near: linked");
    assert!(sandbox.path("here/packs/near/dbt_project.yml").exists());
    sandbox.write("dependencies.yml", "packages:\n  - local: \"{{ env_var('X', 'near') }}\"\n");
    sandbox.run(&["deps"]).exits(1).says("no folder `{{ env_var('X', 'near') }}`");
    sandbox.write("dbt_project.yml", "name: shop\npackages-install-path: .\n");
    sandbox.write("dependencies.yml", "packages:\n  - local: near\n");
    sandbox.run(&["deps"]).exits(2).says("B0901").says("packages-install-path");
}

#[test]
fn a_package_is_added_to_the_file() {
    let hub = hub();
    let before = "# ours\npackages:\n  - local: near # close\n";
    let sandbox = hub.sandbox(&[("packages.yml", before), ("near/dbt_project.yml", "name: near\n")]);
    sandbox
        .run(&["deps", "--add-package", "acme/kit@1.0.0", "--dry-run"])
        .exits(0)
        .says("would be installed");
    assert_eq!(sandbox.read("packages.yml"), before);
    sandbox.run(&["deps", "--add-package", "acme/nothing@1.0.0"]).exits(1).says("B1002");
    assert_eq!(sandbox.read("packages.yml"), before);
    sandbox.run(&["deps", "--add-package", "acme/kit@1.0.0"]).exits(0).says("kit 1.0.0: installed");
    assert_eq!(sandbox.read("packages.yml"), format!("{before}  - package: acme/kit\n    version: 1.0.0\n"));
    hub.asked();
    sandbox.run(&["deps"]).exits(0).says("already there");
    assert!(hub.asked().is_empty(), "the lock file is for the file with the new entry");
    sandbox.run(&["deps", "--add-package", "acme/kit@>=1.0.0,<2.0.0"]).exits(0).says("kit 1.1.0: installed");
    sandbox.run(&["deps", "--add-package", "acme/kit"]).exits(2).says("B0901").says("needs a version");
    sandbox.run(&["deps", "--source", "git"]).exits(2);
}

#[test]
fn a_moved_package_is_warned_of_and_one_for_another_dbt_is_passed_over() {
    let versions = json!({
        "1.0.0": {"name": "kit", "packages": [], "downloads": {"tarball": "BASE/kit.tar.gz"}},
        "2.0.0": {"name": "kit", "packages": [], "downloads": {"tarball": "BASE/kit.tar.gz"},
                  "require_dbt_version": ">=2.0.0"},
    });
    let info = json!({"name": "kit", "namespace": "old", "redirectnamespace": "acme", "versions": versions});
    let server = Server::new(&[
        ("/api/v1/index.json", json!(["old/kit"]).to_string().into_bytes()),
        ("/api/v1/old/kit.json", info.to_string().into_bytes()),
        ("/kit.tar.gz", package("kit", &[])),
    ]);
    let sandbox =
        server.sandbox(&[("packages.yml", "packages:\n  - package: old/kit\n    version: \">=1.0.0\"\n")]);
    sandbox.run(&["deps"]).exits(0).says("B1007").says("is now `acme/kit`").says("kit 1.0.0: installed");
    sandbox.run(&["deps", "--upgrade", "--no-version-check"]).exits(0).says("kit 2.0.0: installed");
    sandbox.write("packages.yml", "packages:\n  - package: old/kit\n    version: 2.0.0\n");
    sandbox.run(&["deps"]).exits(1).says("B1002").says("is for dbt 1.12");
}

#[test]
fn nothing_declared_is_nothing_done() {
    let sandbox = Sandbox::new(&[]);
    sandbox.run(&["deps"]).exits(0).says("no packages are declared");
    assert_eq!(sandbox.files("").len(), 1);
    Sandbox::empty().run(&["deps"]).exits(2).says("B0101");
}

#[test]
fn clean_says_how_to_get_packages_back() {
    let sandbox = Sandbox::new(&[
        ("dbt_project.yml", "name: shop\nclean-targets: [target, dbt_packages]\n"),
        ("packages.yml", "packages:\n  - local: near\n"),
        ("near/dbt_project.yml", "name: near\n"),
    ]);
    sandbox.run(&["deps", "--profiles-dir", "."]).exits(0).says("reads no profile");
    sandbox.run(&["clean"]).exits(0).says("removed dbt_packages").says("`buhin deps` installs them again");
    assert!(sandbox.path("near/dbt_project.yml").exists());
}

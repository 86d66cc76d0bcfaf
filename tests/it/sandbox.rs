//! A folder of its own for a test, and the `buhin` binary run in it with a clean environment.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use buhin::run::{Credentials, DuckDb, Table, Warehouse as _};
use buhin::world::Disk;
use camino::Utf8PathBuf;

/// A temporary folder with a project.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let folder =
            tempfile::Builder::new().prefix("buhin test 部品 ").tempdir().expect("a temporary folder");
        Self { folder, env: Vec::new() }
    }

    /// A folder with these files; `dbt_project.yml` is added if it is not among them.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::empty();
        sandbox.write("dbt_project.yml", "name: shop\nversion: \"1.0.0\"\n");
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    /// Sets a variable for the runs that follow.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Runs `buhin` in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Self::finish(self.command(env!("CARGO_BIN_EXE_buhin")).args(arguments))
    }

    /// The same with more variables.
    pub(crate) fn run_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> Said {
        let mut command = self.command(env!("CARGO_BIN_EXE_buhin"));
        Self::finish(command.args(arguments).envs(env.iter().copied()))
    }

    /// Runs a line of `sh` in the folder, in which `$BUHIN` is the binary.
    pub(crate) fn shell(&self, line: &str) -> Said {
        Self::finish(self.command("/bin/sh").arg("-c").arg(line).env("BUHIN", env!("CARGO_BIN_EXE_buhin")))
    }

    /// A command in the folder, with nothing of this process's environment but where DuckDB's library is.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder())
            .env_clear()
            .env("HOME", self.folder())
            .env("PATH", "/usr/bin:/bin");
        if let Some(library) = library() {
            command.env("BUHIN_DUCKDB_LIB", library);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Waits for the program; one that hangs is killed and fails the test.
    fn finish(command: &mut Command) -> Said {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = child.stdout.take().map(read_all).expect("it is piped");
        let stderr = child.stderr.take().map(read_all).expect("it is piped");
        let end = Instant::now() + Duration::from_secs(150);
        let status = loop {
            if let Some(status) = child.try_wait().expect("it can be asked") {
                break status;
            }
            if Instant::now() > end {
                child.kill().expect("it can be killed");
                panic!("still running after 150 s: {command:?}");
            }
            std::thread::sleep(Duration::from_millis(3));
        };
        let text = |bytes: JoinHandle<Vec<u8>>| {
            String::from_utf8(bytes.join().expect("reading ends")).expect("buhin prints UTF-8")
        };
        let said = Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        for text in [&said.stdout, &said.stderr] {
            assert!(!text.contains("panicked at"), "a panic:\n{text}");
        }
        said
    }

    /// The rows of a query on a database file of the folder, read in this process.
    pub(crate) fn query(&self, database: &str, sql: &str) -> Vec<Vec<String>> {
        rows(&self.path(database).to_string_lossy(), &[], sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Every file below a folder with its bytes, by path; of `target` without `cache/`, which is of this machine.
    pub(crate) fn files(&self, below: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = files_below(&self.path(below));
        files.retain(|(path, _)| below != "target" || !path.starts_with("cache/"));
        files
    }
}

impl Said {
    /// Fails with all that was said if the exit code is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n--- stdout ---\n{}\n--- stderr ---\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails if a text is not on standard error.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "no `{text}` on stderr:\n{}\n--- stdout ---\n{}",
            self.stderr,
            self.stdout
        );
        self
    }

    /// Fails if a text is not on standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "no `{text}` on stdout:\n{}\n--- stderr ---\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

fn read_all(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

/// Every file below a folder with its bytes, by path, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).expect("it is below").to_string_lossy().into_owned();
            files.push((path, std::fs::read(entry.path()).expect("the file can be read")));
        }
    }
    files
}

/// Where DuckDB's library is, if it is anywhere.
pub(crate) fn library() -> Option<Utf8PathBuf> {
    buhin::run::find_library(&Disk::new(env!("CARGO_MANIFEST_DIR"))).ok()
}

/// True where tests can run on DuckDB. Without its library they say so and pass, unless
/// `BUHIN_REQUIRE_DUCKDB=1` wants them to fail.
pub(crate) fn has_duckdb() -> bool {
    if library().is_some() {
        return true;
    }
    let required = std::env::var("BUHIN_REQUIRE_DUCKDB").is_ok_and(|value| value == "1");
    assert!(!required, "DuckDB's library is not found, and BUHIN_REQUIRE_DUCKDB=1; run scripts/get-duckdb");
    eprintln!("SKIPPED: DuckDB's library is not found; run scripts/get-duckdb");
    false
}

/// The rows of a query as text, on a database of this path, after some statements.
pub(crate) fn rows(path: &str, before: &[&str], sql: &str) -> Result<Vec<Vec<String>>, String> {
    let library = library().expect("the caller has asked has_duckdb()");
    let credentials = Credentials { path: path.to_owned(), ..Credentials::default() };
    let database = DuckDb::open(&library, credentials).map_err(|error| format!("{error:?}"))?;
    let mut session = database.connect().map_err(|error| format!("{error:?}"))?;
    for statement in before {
        session.execute(statement).map_err(|error| format!("{}\n{statement}", error.message))?;
    }
    let table: Table = session.query(sql, None).map_err(|error| format!("{}\n{sql}", error.message))?;
    Ok(table.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect())
}

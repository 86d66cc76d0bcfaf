//! Queries of other dialects in DuckDB's, by sqlglot, where Python has it.
//!
//! No Rust library that could be linked translates this much of each dialect and is small enough to build with the
//! compiler. One Python process serves all queries; it gets SQL and gives SQL.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::sql::Dialect;
use crate::world::World;

/// How to get what is missing, in one line.
const HOW: &str =
    "sqlglot translates it: `python3 -m pip install sqlglot`, or set BUHIN_PYTHON to a Python that has it";

/// Reads requests line by line. The folder it runs in is no place to import from.
const SCRIPT: &str = r#"
import sys
sys.path = [path for path in sys.path if path]
import json
try:
    import sqlglot
    from sqlglot.errors import ErrorLevel
except ImportError:
    sqlglot = None
for line in sys.stdin:
    asked = json.loads(line)
    try:
        if sqlglot is None:
            said = {"missing": True}
        else:
            made = sqlglot.transpile(
                asked["sql"], read=asked["dialect"], write="duckdb", unsupported_level=ErrorLevel.RAISE
            )
            said = {"sql": ";\n".join(made)}
    except Exception as error:
        said = {"error": str(error).split("\n")[0]}
    print(json.dumps(said), flush=True)
"#;

/// Translates; the process is started when the first query comes.
pub(super) struct Translator {
    python: String,
    process: Option<Process>,
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Translator {
    /// By the Python that `BUHIN_PYTHON` names, or `python3`.
    pub(super) fn new(world: &dyn World) -> Self {
        let python = world.env("BUHIN_PYTHON").filter(|name| !name.is_empty());
        Self { python: python.unwrap_or_else(|| "python3".to_owned()), process: None }
    }

    /// A query in DuckDB's SQL, or why it can't be had.
    pub(super) fn translate(&mut self, dialect: Dialect, sql: &str) -> Result<String, String> {
        let asked = json!({"dialect": name(dialect), "sql": sql}).to_string();
        let answer = match self.ask(&asked) {
            Ok(answer) => answer,
            Err(error) => {
                self.process = None;
                return Err(format!("`{}` can't be asked ({error}); {HOW}", self.python));
            }
        };
        let text = |key: &str| answer.get(key).and_then(Json::as_str);
        match (text("sql"), text("error")) {
            (Some(sql), _) => Ok(sql.to_owned()),
            (_, Some(error)) => Err(format!("sqlglot says: {error}")),
            _ => Err(HOW.to_owned()),
        }
    }

    fn ask(&mut self, line: &str) -> std::io::Result<Json> {
        let process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.python)?,
        };
        let process = self.process.insert(process);
        writeln!(process.input, "{line}")?;
        process.input.flush()?;
        let mut answer = String::new();
        process.output.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Process {
    fn start(python: &str) -> std::io::Result<Self> {
        let mut child = Command::new(python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        Ok(Self { child, input, output: BufReader::new(output) })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It would end by itself when its input does.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The name that sqlglot has for a dialect; empty for plain SQL.
fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::MariaDb => "mysql",
        Dialect::MsSql | Dialect::Fabric => "tsql",
        Dialect::DataFusion | Dialect::Generic => "",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    #[test]
    fn without_python_it_is_said_how_to_get_it() {
        let world = Memory::default().with_env("BUHIN_PYTHON", "no-such-python");
        let error =
            Translator::new(&world).translate(Dialect::Snowflake, "select 1").expect_err("it is missing");
        assert!(error.contains("no-such-python") && error.contains("pip install sqlglot"), "{error}");
    }
}

"""The engines: how each is found, started, fed with scripts and stopped."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import pwd
import queue
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import meter
import shapes

HERE = pathlib.Path(__file__).parent


class Missing(Exception):
    """This machine lacks the engine."""


@dataclasses.dataclass
class Outcome:
    """What became of a script."""

    rows: list | None = None
    error: str | None = None
    unknown: str | None = None
    cpu: float = 0.0


def setup_sql(engine: str, schema: str) -> str:
    """The table that all shapes begin with, made in a schema of its own."""
    quote = (lambda name: f"`{name}`") if engine in ("bigquery", "mariadb", "clickhouse", "spark") else (lambda name: f'"{name}"')
    place = {"sqlite": "", "bigquery": f"`project`.{quote(schema)}."}.get(engine, f"{quote(schema)}.")
    make = {
        "sqlite": "",
        "mariadb": f"drop database if exists {quote(schema)}; create database {quote(schema)};",
        "clickhouse": f"drop database if exists {quote(schema)}; create database {quote(schema)};",
        "postgres": f"drop schema if exists {quote(schema)} cascade; create schema {quote(schema)};",
        "bigquery": f"create schema if not exists `project`.{quote(schema)};",
    }.get(engine, f"create schema if not exists {quote(schema)};")
    first, *rest = shapes.ROWS
    whole = {"spark": "bigint", "bigquery": "int64", "clickhouse": "Int64"}.get(engine, "bigint")
    cast = (lambda value: str(value)) if engine in ("mariadb", "sqlite") else (lambda value: f"cast({value} as {whole})")
    rows = "select " + ", ".join(f"{cast(value)} as {name}" for name, value in zip("ikv", first)).replace(" as i,", " as id,")
    rows += "".join(f" union all select {', '.join(cast(value) for value in row)}" for row in rest)
    kind = "engine = Memory " if engine == "clickhouse" else ""
    columns = f"{place}{quote('src')}"
    if engine == "mariadb":
        return f"{make} create table {columns} (id bigint primary key, k bigint, v bigint); insert into {columns} {rows};"
    return f"{make} create table {columns} {kind}as {rows};"


def profile(engine: str, schema: str) -> dict:
    """The output of `profiles.yml` that makes buhin write for the engine; nothing connects with it."""
    own = {
        "duckdb": {"path": ":memory:", "database": "memory"},
        "postgres": {"host": "localhost", "user": "buhin", "dbname": "postgres"},
        "bigquery": {"project": "project", "method": "oauth"},
        "sqlite": {"database": "main", "schemas_and_paths": {"main": ":memory:"}},
        "mariadb": {"server": "localhost", "username": "buhin"},
        "clickhouse": {},
        "datafusion": {"database": "datafusion"},
        "spark": {"method": "session", "host": "localhost"},
    }[engine]
    return {"type": engine, "schema": "main" if engine == "sqlite" else schema, "threads": 1, **own}


def relation(engine: str, schema: str, name: str) -> str:
    """A part's table in the warehouse."""
    quote = "`" if engine in ("bigquery", "mariadb", "clickhouse", "spark") else '"'
    path = {"sqlite": [name], "bigquery": ["project", schema, name]}.get(engine, [schema, name])
    return ".".join(f"{quote}{part}{quote}" for part in path)


def root_query(engine: str, schema: str, name: str) -> str:
    """The rows of the last part, in order."""
    return f"select id, k, v from {relation(engine, schema, name)} order by id, k, v"


def tidy(error: str) -> str:
    """An error on one line."""
    return " ".join(error.split())


class Embedded:
    """An engine inside of a Python process, which is started anew after a limit was reached."""

    def __init__(self, name: str, python: str) -> None:
        self.name, self.python = name, python
        self.process: subprocess.Popen | None = None
        self.folder = tempfile.mkdtemp(prefix="buhin-engine-")
        self.version = self.start()

    def start(self) -> str:
        command = [self.python, str(HERE / "worker.py"), self.name]
        log = open(os.path.join(self.folder, "log"), "ab")
        environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=self.folder, env=environment,
            text=True, start_new_session=True,
        )
        log.close()
        self.answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.read, args=(self.process, self.answers), daemon=True).start()
        try:
            hello = json.loads(self.answers.get(timeout=300) or '{"missing": "it ends at once"}')
        except queue.Empty:
            hello = {"missing": "does not start"}
        if "missing" in hello:
            self.stop()
            raise Missing(tidy(hello["missing"])[:120])
        return hello["version"]

    @staticmethod
    def read(process: subprocess.Popen, answers: queue.Queue) -> None:
        for line in process.stdout:
            answers.put(line)
        answers.put("")

    def run(self, schema: str, script: str, query: str, limits: meter.Limits, attempt: str = "") -> Outcome:
        if self.process is None:
            self.start()
        setup = setup_sql(self.name, schema)
        job = {"setup": setup, "script": script, "attempt": attempt, "query": query, "schema": schema}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        reached, cpu = limits.watch(self.process.pid, lambda: not self.answers.empty())
        if reached:
            self.kill()
            return Outcome(error=reached, cpu=cpu)
        line = self.answers.get()
        if not line:
            code = self.process.wait()
            self.process = None
            how = signal.Signals(-code).name if code < 0 else f"code {code}"
            return Outcome(error=f"the process ended: {how}", cpu=cpu)
        answer = json.loads(line)
        if "unknown" in answer:
            return Outcome(unknown=tidy(answer["unknown"]), cpu=cpu)
        if not answer["ok"]:
            return Outcome(error=tidy(answer["error"]), cpu=cpu)
        return Outcome(rows=answer["rows"], cpu=cpu)

    def kill(self) -> None:
        kill_family(self.process)
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def kill_family(process: subprocess.Popen) -> None:
    """Ends a process and all that it started."""
    for pid in reversed(meter.family(process.pid)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def servant() -> dict:
    """Servers refuse to run as root: there they run as a user without rights."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Server:
    """A server on a socket in a folder of its own; stopped hard and started anew after a limit was reached."""

    name = ""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="buhin-engine-"))
        self.process: subprocess.Popen | None = None
        who = servant()
        if who:
            os.chown(self.folder, who["user"], who["group"])
        self.data = self.folder / "data"
        self.find()
        self.make()
        self.start()

    def find(self) -> None: ...
    def make(self) -> None: ...
    def command(self) -> list[str]: ...
    def client(self) -> list[str]: ...

    def call(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, timeout=300, **servant())
        if done.returncode:
            raise Missing(tidy(done.stderr or done.stdout)[-200:])

    def start(self) -> None:
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, start_new_session=True,
            preexec_fn=self.confine, **servant(),
        )
        log.close()
        for _ in range(600):
            if self.process.poll() is not None:
                break
            done = subprocess.run(self.client(), input="select 1;", capture_output=True, text=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        text = (self.folder / "log").read_text(errors="replace")
        self.stop()
        raise Missing("does not start: " + tidy(text)[-200:])

    def confine(self) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))

    def run(self, schema: str, script: str, query: str, limits: meter.Limits, attempt: str = "") -> Outcome:
        if self.process is None or self.process.poll() is not None:
            self.start()
        whole = self.folder / "script.sql"
        text = setup_sql(self.name, schema) + "\n" + script + "\n"
        if attempt:
            text += self.attempted(attempt)
        whole.write_text(text + self.marked(query))
        with open(whole) as stdin, open(self.folder / "out", "w+") as out, open(self.folder / "err", "w+") as err:
            client = subprocess.Popen(self.client(), stdin=stdin, stdout=out, stderr=err, cwd=self.folder)
            reached, cpu = limits.watch(self.process.pid, lambda: client.poll() is not None)
            if reached:
                self.kill()
                client.wait()
                return Outcome(error=reached, cpu=cpu)
            out.seek(0)
            err.seek(0)
            said, wrong = out.read(), err.read()
        if client.returncode:
            if self.process.poll() is not None:
                self.process = None
            return Outcome(error=self.first_error(wrong), cpu=cpu)
        lines = said.rpartition("-- rows\n")[2].splitlines()
        return Outcome(rows=[[int(cell) for cell in line.split("\t")] for line in lines if line.strip()], cpu=cpu)

    def marked(self, query: str) -> str: ...

    def attempted(self, script: str) -> str:
        """A script that must fail, and may not end the whole."""
        raise NotImplementedError

    def first_error(self, text: str) -> str:
        lines = [line for line in text.splitlines() if "ERROR" in line or "FATAL" in line or "lost" in line]
        return tidy(lines[0] if lines else text)

    def kill(self) -> None:
        kill_family(self.process)
        self.process = None

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if self.name == "postgres" else signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Server):
    name = "postgres"

    def find(self) -> None:
        folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: int(it.parent.name))
        found = shutil.which("postgres")
        if not folders and not found:
            raise Missing("no PostgreSQL server (Debian: postgresql)")
        self.bin = folders[-1] if folders else pathlib.Path(found).parent
        self.version = subprocess.run([self.bin / "postgres", "-V"], capture_output=True, text=True).stdout.split()[2]

    def make(self) -> None:
        self.call([str(self.bin / "initdb"), "-D", str(self.data), "-U", "buhin", "-A", "trust", "-E", "UTF8", "--no-sync"])

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "fsync": "off",
            "shared_buffers": "32MB", "max_parallel_workers_per_gather": "0", "autovacuum": "off", "jit": "off",
        }
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        return command + [it for key, value in options.items() for it in ("-c", f"{key}={value}")]

    def client(self) -> list[str]:
        command = [str(self.bin / "psql"), "-h", str(self.folder), "-U", "buhin", "-d", "postgres", "-X", "-q", "-A", "-t"]
        return [*command, "-F", "\t", "-v", "ON_ERROR_STOP=1"]

    def marked(self, query: str) -> str:
        return f"\\echo '-- rows'\n{query};\n"

    def attempted(self, script: str) -> str:
        # What comes after a mistake must not run, as with a client that stops there.
        path = self.folder / "attempt.sql"
        path.write_text(f"\\set ON_ERROR_STOP 1\n{script}")
        return f"\\set ON_ERROR_STOP 0\n\\i {path}\nrollback;\n\\set ON_ERROR_STOP 1\n"


class MariaDb(Server):
    name = "mariadb"

    def find(self) -> None:
        self.bin = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.install = shutil.which("mariadb-install-db")
        if not self.bin or not self.install or not shutil.which("mariadb"):
            raise Missing("no MariaDB server (Debian: mariadb-server)")
        said = subprocess.run([self.bin, "--version"], capture_output=True, text=True).stdout
        self.version = said.split("Ver ")[-1].split("-")[0]

    def make(self) -> None:
        self.call([
            self.install, "--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ])

    def command(self) -> list[str]:
        return [
            self.bin, "--no-defaults", f"--datadir={self.data}", f"--socket={self.folder}/socket", "--skip-networking",
            f"--pid-file={self.folder}/pid", f"--tmpdir={self.folder}", "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4",
        ]

    def client(self) -> list[str]:
        return ["mariadb", "--no-defaults", f"--socket={self.folder}/socket", "-u", "root", "--batch", "--skip-column-names"]

    def marked(self, query: str) -> str:
        return f"select '-- rows';\n{query};\n"


EMBEDDED = ["duckdb", "sqlite", "clickhouse", "datafusion", "spark", "bigquery"]
SERVERS = {"postgres": Postgres, "mariadb": MariaDb}
NAMES = ["duckdb", "sqlite", "postgres", "mariadb", "clickhouse", "datafusion", "spark", "bigquery"]


def start(name: str, python: str) -> Embedded | Server:
    """Starts an engine, or raises `Missing`."""
    return SERVERS[name]() if name in SERVERS else Embedded(name, python)

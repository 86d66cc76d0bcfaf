#!/usr/bin/env python3
"""Record with dbt-core what the fixtures of tests/conformity compile to.

usage: VENV/bin/python scripts/record_conformity.py [--only WORD] [--dialect NAME] [--new]

Set up once, anywhere outside of the repository:

    python3 -m venv VENV
    VENV/bin/pip install dbt-core==1.12.6 dbt-duckdb==1.11.1 dbt-postgres==1.11.0 dbt-redshift==1.11.1 \
        dbt-bigquery==1.12.1 dbt-snowflake==1.12.3 dbt-spark==1.11.0 dbt-trino==1.11.0 dbt-athena==1.11.1 \
        dbt-clickhouse==1.10.3
    python3 -m venv VENV2                                  # dbt-databricks and dbt-spark do not share one
    VENV2/bin/pip install dbt-core==1.12.5 dbt-databricks==1.12.7

Run it with each of the two: a dialect whose adapter is not installed is passed over, its goldens stay.

No warehouse is asked. Every statement is answered as an empty warehouse would answer it (no relation, no
column, no row), the clock stands at 2026-01-15 12:00:00 UTC and `invocation_id` is a row of zeros. dbt itself
is only changed in memory. A fixture is one file (tests/conformity/README.md); its golden has a section for
each node: the compiled SQL, rendered pre- and post-hooks, and the fields of the manifest that it asks for.
"""
import argparse
import contextlib
import datetime
import importlib.util
import io
import json
import os
import pathlib
import re
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "conformity"
NOW = datetime.datetime(2026, 1, 15, 12, 0, 0, tzinfo=datetime.timezone.utc)
INVOCATION = "00000000-0000-0000-0000-000000000000"
HEADER = re.compile(r"^--- (.+?)(?: \(([^)]*)\))? ---\s*$")
COLLECTIONS = ["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "groups"]


# ---- fixtures -------------------------------------------------------------------------------------------------

def read_fixture(path):
    """A fixture's files (path to bytes) and options (list of pairs)."""
    sections = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        header = HEADER.match(line)
        if header:
            flags = [flag for flag in (header[2] or "").split(", ") if flag]
            sections.append([header[1], flags, ""])
        elif sections:
            sections[-1][2] += line
    files, options = {}, []
    for name, flags, text in sections:
        if name == "options":
            options = [tuple(part.strip() for part in line.split(":", 1)) for line in text.splitlines() if line]
            continue
        if "no newline" in flags:
            text = text.removesuffix("\n")
        if "crlf" in flags:
            text = text.replace("\n", "\r\n")
        if "bom" in flags:
            text = "\ufeff" + text
        files[name] = bytes.fromhex(text) if "hex" in flags else text.encode()
    files.setdefault("dbt_project.yml", b'name: shop\nversion: "1.0.0"\n')
    files["profiles.yml"] = (FOLDER / "profiles.yml").read_bytes()
    return files, options


def option(options, name, default=None):
    return next((value for key, value in options if key == name), default)


# ---- dbt, without a warehouse ---------------------------------------------------------------------------------

class Nothing:
    """Stands for a connection: whatever it is asked, it answers with itself, empty."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __iter__(self):
        return iter(())

    def __bool__(self):
        return False

    def __str__(self):
        return ""


def empty_warehouse(adapter):
    """Lets an adapter answer for a warehouse in which nothing is."""
    import agate
    from dbt.adapters.contracts.connection import AdapterResponse, ConnectionState

    def opened(cls, connection):
        connection.state, connection.handle = ConnectionState.OPEN, Nothing()
        return connection

    for cls in type(adapter.connections).__mro__:
        if "open" in vars(cls):
            with contextlib.suppress(TypeError, AttributeError):
                cls.open = classmethod(opened)
    answers = {
        "execute": lambda *a, **k: (AdapterResponse("OK"), agate.Table([])),
        "add_query": lambda *a, **k: (None, Nothing()),
    }
    for name in ("begin", "commit", "commit_if_has_connection"):
        setattr(adapter.connections, name, lambda *a, **k: None)
    for name in ("get_relation", "get_bq_table", "get_partitions_metadata", "use_database", "get_glue_table"):
        answers[name] = lambda *a, **k: None
    for name in ("get_columns_in_relation", "list_relations", "list_relations_without_caching", "list_schemas",
                 "get_column_schema_from_query", "get_columns_in_table", "get_missing_columns",
                 "get_columns_in_select_sql", "get_relations_by_pattern"):
        answers[name] = lambda *a, **k: []
    answers["check_schema_exists"] = lambda *a, **k: False
    for name, answer in answers.items():
        if hasattr(adapter, name):
            setattr(adapter, name, answer)
    adapter.connections.execute = answers["execute"]


def patch_dbt(found):
    """Changes dbt in memory; `found` is called with the task after all nodes were compiled."""
    import dbt.adapters.factory as factory
    import dbt.context.base as base
    import dbt.task.compile as compile_task
    import dbt.task.runnable as runnable
    import dbt.tracking as tracking
    import dbt_common.invocation as invocation
    import pytz

    invocation._INVOCATION_ID = INVOCATION
    invocation.reset_invocation_id = lambda: None
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("dbt") and hasattr(module, "reset_invocation_id"):
            module.reset_invocation_id = lambda: None

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW.astimezone(tz) if tz else NOW.replace(tzinfo=None)

        @classmethod
        def utcnow(cls):
            return NOW.replace(tzinfo=None)

        today = utcnow

    class Day(datetime.date):
        @classmethod
        def today(cls):
            return NOW.date()

    datetime_module = base.get_datetime_module_context
    base.get_datetime_module_context = lambda: {**datetime_module(), "datetime": Clock, "date": Day}
    user = tracking.User.__init__

    def started(self, *args, **kwargs):
        user(self, *args, **kwargs)
        self.run_started_at = NOW.astimezone(pytz.utc)

    tracking.User.__init__ = started
    register = factory.AdapterContainer.register_adapter

    def registered(self, config, *args, **kwargs):
        register(self, config, *args, **kwargs)
        empty_warehouse(self.adapters[config.credentials.type])

    factory.AdapterContainer.register_adapter = registered
    compile_task.CompileTask.raise_on_first_error = lambda self: False
    runnable.GraphRunnableTask._mark_dependent_errors = lambda self, *args, **kwargs: None
    execute = runnable.GraphRunnableTask.execute_nodes

    def executed(self):
        results = execute(self)
        found(self, results)
        return results

    runnable.GraphRunnableTask.execute_nodes = executed


# ---- goldens --------------------------------------------------------------------------------------------------

def hooks_of(task, node):
    """A node's rendered pre- and post-hooks, blank ones left out."""
    from dbt.clients.jinja import get_rendered
    from dbt.context.providers import generate_runtime_model_context

    for kind in ("pre_hook", "post_hook"):
        for at, hook in enumerate(getattr(node.config, kind, None) or []):
            context = generate_runtime_model_context(node, task.config, task.manifest)
            sql = get_rendered(hook.sql, context, node).strip()
            if sql:
                yield f"{node.unique_id} {kind} {at}", sql


def excerpt(manifest, keys):
    """The asked-for fields of all that the manifest holds, by unique id; what is null is left out."""
    found = {}
    groups = [(name, manifest.get(name) or {}) for name in COLLECTIONS]
    disabled = {f"disabled {uid}": min(nodes, key=lambda node: node["original_file_path"])
                for uid, nodes in (manifest.get("disabled") or {}).items() if nodes}
    for _, entries in [*groups, ("disabled", disabled)]:
        for uid, entry in entries.items():
            mine = found.setdefault(uid, {})
            for key in keys:
                value = entry
                for part in key.split("."):
                    value = value.get(part) if isinstance(value, dict) else None
                if value is not None:
                    mine[key] = value
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False, default=str)


def sections_of(task, results, options):
    """The golden's sections as pairs of title and text."""
    failed = {r.node.unique_id for r in results if str(r.status) not in ("success", "pass")}
    sections = []
    for uid, node in sorted(task.manifest.nodes.items()):
        if uid in failed:
            sections.append((f"{uid} (fails)", ""))
        elif getattr(node, "compiled_code", None) is not None:
            sections.append((uid, node.compiled_code))
        if uid not in failed and str(node.resource_type) in ("model", "seed", "snapshot"):
            sections.extend(hooks_of(task, node))
    keys = option(options, "manifest")
    if keys:
        written = json.loads(json.dumps(task.manifest.writable_manifest().to_dict(omit_none=False), default=str))
        sections.append(("manifest", excerpt(written, [key.strip() for key in keys.split(",")])))
    return sections


def record(path, dialect):
    """Compiles a fixture with dbt and writes its golden; gives what went wrong, or nothing."""
    files, options = read_fixture(path)
    golden = FOLDER / "goldens" / f"{path.stem}.{dialect}.golden"
    sections = []
    from dbt.cli.main import dbtRunner

    patch_dbt.found = lambda task, results: sections.extend(sections_of(task, results, options))
    env = {key.removeprefix("env."): value for key, value in options if key.startswith("env.")}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            file = pathlib.Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        args = ["--no-partial-parse", "--no-version-check", "--quiet", "--no-use-colors", "compile", "--threads", "1",
                "--profiles-dir", folder, "--project-dir", folder, "--profile", "shop", "--target", dialect]
        if option(options, "vars"):
            args += ["--vars", option(options, "vars")]
        if option(options, "full-refresh") is not None:
            args += ["--full-refresh"]
        here = os.getcwd()
        os.environ.update(env)
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                result = dbtRunner().invoke(args)
        finally:
            os.chdir(here)
            for name in env:
                os.environ.pop(name, None)
    if not sections:
        return f"{path.stem}.{dialect}: {result.exception or said.getvalue()}"
    text = "".join(f"--- {title} ---\n{body}\n" if not title.endswith("(fails)") else f"--- {title} ---\n"
                   for title, body in sections)
    golden.write_bytes(text.encode())
    fails = [title for title, _ in sections if title.endswith("(fails)")]
    return f"{path.stem}.{dialect}: {', '.join(fails)}: {said.getvalue()}" if fails else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="fixtures whose name has this in it")
    parser.add_argument("--dialect", help="this dialect only")
    parser.add_argument("--new", action="store_true", help="only where there is no golden yet")
    args = parser.parse_args()
    os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="false", DO_NOT_TRACK="1")
    (FOLDER / "goldens").mkdir(exist_ok=True)
    patch_dbt(lambda task, results: patch_dbt.found(task, results))
    stems = set()
    for path in sorted(FOLDER.glob("*.case")):
        _, options = read_fixture(path)
        for dialect in option(options, "dialects", "duckdb").split(","):
            dialect = dialect.strip()
            stems.add(f"{path.stem}.{dialect}")
            if args.only not in path.stem or (args.dialect or dialect) != dialect:
                continue
            if importlib.util.find_spec(f"dbt.adapters.{dialect}") is None:
                continue
            if args.new and (FOLDER / "goldens" / f"{path.stem}.{dialect}.golden").exists():
                continue
            said = record(path, dialect)
            print("." if said is None else f"\n{said}", end="", flush=True)
    for golden in (FOLDER / "goldens").glob("*.golden"):
        if golden.name.removesuffix(".golden") not in stems:
            golden.unlink()
            print(f"\nremoved {golden.name}")
    print()


if __name__ == "__main__":
    main()

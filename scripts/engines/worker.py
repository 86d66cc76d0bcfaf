"""Runs scripts on an engine that lives in a Python process: `worker.py ENGINE`, a job a line on stdin, an answer a line.

A job is `{"setup": SQL, "script": SQL, "query": SQL, "schema": NAME}`; the answer `{"ok": true, "rows": [[…]]}`,
`{"ok": false, "error": …}` or `{"unknown": …}`. The first line says which version runs. Whoever starts this limits its
memory and time.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile

import statements


class Unknown(Exception):
    """The engine gave up on the way to an answer; the SQL may be right."""


def attempted(job: dict, execute, rollback=None) -> None:
    """Runs the job's second script, if it has one; that must fail."""
    if not job["attempt"]:
        return
    try:
        execute(job["attempt"])
    except Exception:
        try:
            if rollback is not None:
                rollback()
        except Exception:  # noqa: S110 - there was nothing to roll back
            pass
        return
    raise RuntimeError("the second script went well; it should not")


class DuckDb:
    def __init__(self) -> None:
        import duckdb

        self.duckdb = duckdb
        self.version = duckdb.__version__

    def run(self, job: dict) -> list:
        connection = self.duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "1GB"})
        try:
            connection.execute(job["setup"])
            connection.execute(job["script"])
            attempted(job, connection.execute, lambda: connection.execute("rollback"))
            return connection.execute(job["query"]).fetchall()
        finally:
            connection.close()


class Sqlite:
    def __init__(self) -> None:
        import sqlite3

        self.sqlite3 = sqlite3
        self.version = sqlite3.sqlite_version

    def run(self, job: dict) -> list:
        connection = self.sqlite3.connect(":memory:", isolation_level=None)
        try:
            connection.executescript(job["setup"])
            connection.executescript(job["script"])
            attempted(job, connection.executescript, connection.rollback)
            return connection.execute(job["query"]).fetchall()
        finally:
            connection.close()


class ClickHouse:
    def __init__(self) -> None:
        import chdb
        from chdb import session

        self.version = chdb.engine_version if isinstance(chdb.engine_version, str) else chdb.__version__
        self.folder = tempfile.TemporaryDirectory(prefix="buhin-chdb-")
        self.session = session.Session(self.folder.name)
        self.session.query("set max_threads = 1")
        self.session.query("set max_memory_usage = 1500000000")

    def run(self, job: dict) -> list:
        for sql in statements.split(job["setup"] + "\n" + job["script"], backslash=True):
            self.session.query(sql)
        attempted(job, lambda script: [self.session.query(sql) for sql in statements.split(script, backslash=True)])
        text = self.session.query(job["query"], "JSONCompact").data()
        rows = json.loads(text)["data"]
        self.session.query(f"drop database if exists {job['schema']}")
        return [[int(cell) for cell in row] for row in rows]


class DataFusion:
    def __init__(self) -> None:
        import datafusion

        self.datafusion = datafusion
        self.version = datafusion.__version__

    def run(self, job: dict) -> list:
        config = self.datafusion.SessionConfig().with_target_partitions(1)
        context = self.datafusion.SessionContext(config)
        for sql in statements.split(job["setup"] + "\n" + job["script"]):
            context.sql(sql).collect()
        attempted(job, lambda script: [context.sql(sql).collect() for sql in statements.split(script)])
        rows = []
        for batch in context.sql(job["query"]).collect():
            rows += list(zip(*(column.to_pylist() for column in batch.columns)))
        return rows


class Spark:
    def __init__(self) -> None:
        import pyspark
        from pyspark.sql import SparkSession

        self.version = pyspark.__version__
        self.folder = tempfile.TemporaryDirectory(prefix="buhin-spark-")
        settings = {
            "spark.driver.memory": "1g",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "1",
            "spark.default.parallelism": "1",
            "spark.sql.warehouse.dir": os.path.join(self.folder.name, "warehouse"),
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={self.folder.name} -XX:+UseSerialGC",
        }
        builder = SparkSession.builder.master("local[1]").appName("buhin")
        for key, value in settings.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("OFF")

    def run(self, job: dict) -> list:
        try:
            for sql in statements.split(job["setup"] + "\n" + job["script"], backslash=True):
                self.session.sql(sql).collect()
            return [list(row) for row in self.session.sql(job["query"]).collect()]
        finally:
            self.session.sql(f"drop schema if exists {job['schema']} cascade")


class BigQuery:
    """GoogleSQL's analyzer: names, types and syntax. It has no rows, and none of BigQuery's limits."""

    def __init__(self) -> None:
        import importlib.metadata

        from zetasql import api, types

        self.api, self.types = api, types
        self.version = importlib.metadata.version("zetasql")
        language = types.LanguageOptions.maximum_features()
        kinds = vars(types.ResolvedNodeKind).items()
        language.supported_statement_kinds = [
            kind for name, kind in kinds if name.startswith("RESOLVED_") and name.endswith("_STMT")
        ]
        self.options = types.AnalyzerOptions(language_options=language)
        functions = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
        self.build = lambda: api.CatalogBuilder("all").with_builtin_functions(functions).build()

    def run(self, job: dict) -> list:
        catalog = self.build()
        for sql in statements.split(job["setup"] + "\n" + job["script"], backslash=True, nested=False):
            try:
                resolved = self.api.Analyzer(self.options, catalog).analyze_statement(sql)
            except Exception as error:
                text = str(error)
                if re.search(r"too many levels|recursion|DecodeError|Error parsing message|wasm|unreachable|stack", text, re.I):
                    raise Unknown(text) from error
                raise
            columns = [(it.name, it.column.type.type_kind) for it in getattr(resolved, "output_column_list", [])]
            if columns and type(resolved).__name__.startswith("ResolvedCreate"):
                self.add(catalog, resolved.name_path, columns)
        self.api.Analyzer(self.options, catalog).analyze_statement(job["query"])
        return []

    def add(self, catalog, path: list[str], columns: list) -> None:
        for name in path[:-1]:
            inner = next((it for it in catalog.catalog if it.name == name), None)
            if inner is None:
                inner = self.types.SimpleCatalog(name=name)
                catalog.catalog.append(inner)
            catalog = inner
        table = self.api.TableBuilder(path[-1])
        for name, kind in columns:
            table.add_column(name, kind)
        catalog.table[:] = [it for it in catalog.table if it.name != path[-1]] + [table.build()]


ENGINES = {
    "duckdb": DuckDb,
    "sqlite": Sqlite,
    "clickhouse": ClickHouse,
    "datafusion": DataFusion,
    "spark": Spark,
    "bigquery": BigQuery,
}


def main() -> None:
    # What the engine itself prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value: dict) -> None:
        print(json.dumps(value), file=answers, flush=True)

    try:
        engine = ENGINES[sys.argv[1]]()
    except Exception as error:
        answer({"missing": f"{type(error).__name__}: {error}"})
        return
    answer({"version": engine.version})
    for line in sys.stdin:
        try:
            rows = engine.run(json.loads(line))
            answer({"ok": True, "rows": [[int(cell) for cell in row] for row in rows]})
        except Unknown as error:
            answer({"unknown": str(error)})
        except BaseException as error:  # noqa: BLE001 - Rust's panics in DataFusion are no Exception
            answer({"ok": False, "error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Records what dbt's adapters make of sample calls, so that `cargo test` needs no dbt.

    pip install dbt-core dbt-trino …            # the adapters to record
    python3 scripts/macro_differential.py       # records every adapter that is installed
    python3 scripts/macro_differential.py --check trino clickhouse

The samples are src/render/builtins/recorded/samples.txt, one template a line, and samples-ADAPTER.txt. Results go to
ADAPTER.out beside them: `--- template`, then the text between `[` and `]`; `!error` where dbt refuses. No
warehouse is asked: connections are never opened, and every question has an empty answer.
"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "render" / "builtins" / "recorded"
AT = {"host": "127.0.0.1", "port": 1, "user": "u", "password": "p"}
CREDENTIALS = {
    "duckdb": {"path": "db.duckdb"},
    "postgres": AT | {"dbname": "db"},
    "redshift": AT | {"dbname": "db"},
    "snowflake": {"account": "a", "user": "u", "password": "p", "database": "db", "warehouse": "w"},
    "bigquery": {"method": "oauth", "project": "db"},
    "spark": {"method": "thrift", "host": "127.0.0.1", "port": 1},
    "databricks": {"host": "127.0.0.1", "http_path": "/sql/1", "token": "t", "catalog": "db"},
    "trino": {"method": "none", "host": "127.0.0.1", "port": 1, "user": "u", "database": "db"},
    "athena": {"s3_staging_dir": "s3://b/r/", "region_name": "us-east-1", "database": "db"},
    "clickhouse": AT,
    "sqlserver": AT | {"driver": "d", "database": "db"},
    "fabric": {"driver": "d", "host": "127.0.0.1", "database": "db", "authentication": "CLI"},
}


def samples(adapter):
    for name in ("samples.txt", f"samples-{adapter}.txt"):
        path = FOLDER / name
        if path.exists():
            lines = path.read_text().splitlines()
            yield from (line for line in lines if line and not line.startswith("#"))


def project(adapter, folder):
    import json

    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text("name: shop\nversion: '1.0'\nprofile: shop\n")
    output = {"type": adapter, "schema": "sch", "threads": 1} | CREDENTIALS[adapter]
    profile = {"shop": {"target": "dev", "outputs": {"dev": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile))
    (folder / "models" / "part.sql").write_text("select 1 as id")
    (folder / "models" / "orders.sql").write_text("select 1 as id")
    (folder / "models" / "s.yml").write_text("sources: [{name: raw, tables: [{name: items}]}]\n")


def silence(adapter):
    """Makes an adapter answer as an empty warehouse does, without a connection."""
    import agate
    from dbt.adapters.contracts.connection import AdapterResponse

    def execute(*_args, **_kwargs):
        return AdapterResponse("OK"), agate.Table([], ["column0"], [agate.Text()])

    adapter.execute = execute
    adapter.get_relation = lambda *_args, **_kwargs: None
    for name in ("list_relations", "list_relations_without_caching", "get_columns_in_relation"):
        setattr(adapter, name, lambda *_args, **_kwargs: [])

    class Nothing:
        """A handle that is never used."""

        def close(self):
            pass

    def connect(cls, connection):
        connection.state = "open"
        connection.handle = Nothing()
        return connection

    for kind in type(adapter.connections).__mro__:
        if "open" in vars(kind):
            try:
                kind.open = classmethod(connect)
            except TypeError:
                pass


def record(adapter_type):
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        project(adapter_type, folder)
        arguments = ["--quiet", "parse", "--no-partial-parse", "--project-dir", name, "--profiles-dir", name]
        answer = dbtRunner().invoke(arguments)
        if answer.exception:
            raise answer.exception
        from dbt.adapters.factory import get_adapter_by_type
        from dbt.clients.jinja import get_rendered
        from dbt.context.providers import generate_runtime_model_context

        manifest, adapter = answer.result, get_adapter_by_type(adapter_type)
        silence(adapter)
        node = manifest.nodes["model.shop.part"]
        node.depends_on.nodes = ["model.shop.orders", "source.shop.raw.items"]
        results = []
        with adapter.connection_named("samples"):
            for template in samples(adapter_type):
                import copy

                own = copy.deepcopy(node)
                own.refs, own.sources = [], []
                context = generate_runtime_model_context(own, adapter.config, manifest)
                try:
                    result = get_rendered("[" + template + "]", context, own)
                except Exception as error:  # whatever it is, dbt refuses
                    print(f"{adapter_type}: {template}: {str(error).splitlines()[0]}", file=sys.stderr)
                    result = "!error"
                results.append(f"--- {template}\n{result}\n")
        return "".join(results)


def main():
    asked = [name for name in sys.argv[1:] if not name.startswith("--")]
    if "--one" in sys.argv:
        pathlib.Path(os.environ["OUT"]).write_text(record(asked[0]))
        return 0
    changed = False
    for adapter in asked or CREDENTIALS:
        if importlib.util.find_spec(f"dbt.adapters.{adapter}") is None:
            print(f"{adapter}: not installed")
            continue
        with tempfile.NamedTemporaryFile("r") as out:
            command = [sys.executable, __file__, "--one", adapter]
            environment = os.environ | {"OUT": out.name, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
            subprocess.run(command, env=environment, check=True)
            text = pathlib.Path(out.name).read_text()
        golden = FOLDER / f"{adapter}.out"
        if not golden.exists() or golden.read_text() != text:
            changed = True
            print(f"{golden.name} changes")
            if "--check" not in sys.argv:
                golden.write_text(text)
    return 1 if changed and "--check" in sys.argv else 0


sys.exit(main())

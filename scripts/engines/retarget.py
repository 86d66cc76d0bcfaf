"""A project in DuckDB's SQL, in another dialect: run with the Python that has sqlglot and duckdb.

    retarget.py FOLDER DIALECT      FOLDER was compiled for DuckDB with every part a table

Prints JSON: `parts`, in the order of their dependencies, with name, SQL in the dialect (`<<part>>` where it reads one) and
what it reads; `tables`, for each part, seed and source the statement that makes an empty table of its columns (`<<table>>`
for its name); `failed`, what sqlglot could not do. Translated is the author's text, not what buhin makes of it.
"""

from __future__ import annotations

import json
import pathlib
import sys

import duckdb
import sqlglot
from sqlglot import exp

# sqlglot's dialects; DataFusion's SQL is close to PostgreSQL's.
DIALECTS = {"mariadb": "mysql", "datafusion": "postgres"}


def main() -> None:
    folder, engine = pathlib.Path(sys.argv[1]), sys.argv[2]
    dialect = DIALECTS.get(engine, engine)
    manifest = json.loads((folder / "target/manifest.json").read_text())
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed", "snapshot")}
    names = {(node["schema"].lower(), (node.get("alias") or node["name"]).lower()): node["name"] for node in nodes.values()}
    for source in manifest["sources"].values():
        names.setdefault((source["schema"].lower(), source["identifier"].lower()), source["name"])
    connection = duckdb.connect(":memory:")
    connection.execute(f'attach \':memory:\' as "{database(manifest)}"; use "{database(manifest)}"')
    told: dict = {"parts": [], "tables": {}, "failed": {}}
    for schema in sorted({schema for schema, _ in names}):
        connection.execute(f'create schema if not exists "{schema}"')
    for source in manifest["sources"].values():
        columns = source_columns(source, nodes)
        if columns:
            connection.execute(f'create table if not exists "{source["schema"]}"."{source["identifier"]}" ({columns})')
            told["tables"][source["name"]] = table(f"create table t ({columns})", dialect)
    for key in ordered(nodes):
        node = nodes[key]
        place = f'"{node["schema"]}"."{node.get("alias") or node["name"]}"'
        if node["resource_type"] == "seed":
            columns = ", ".join(f"{name} {kind}" for name, kind in node["config"].get("column_types", {}).items())
            connection.execute(f"create table if not exists {place} ({columns})")
        elif node["resource_type"] == "model":
            path = next((folder / "target/compiled" / node["package_name"]).glob(f"**/{node['name']}.sql"))
            text = path.read_text()
            connection.execute(f"create table {place} as {text}")
            try:
                sql, reads = translated(text, names, dialect)
                told["parts"].append({"name": node["name"], "sql": sql, "reads": reads})
            except sqlglot.errors.SqlglotError as error:
                told["failed"][node["name"]] = str(error)[:200]
        else:
            snapshot(connection, node, place)
        kinds = connection.execute(f"describe {place}")
        columns = ", ".join(f'"{row[0]}" {row[1].replace("HUGEINT", "BIGINT")}' for row in kinds.fetchall())
        told["tables"][node["name"]] = table(f"create table t ({columns})", dialect)
    print(json.dumps(told))


def database(manifest: dict) -> str:
    return next(iter(manifest["nodes"].values()))["database"]


def snapshot(connection, node: dict, place: str) -> None:
    """An empty table like a snapshot's."""
    relation = node["config"].get("relation") or node["raw_code"]
    parent = next(it for it in node["depends_on"]["nodes"])
    name = parent.split(".")[-1]
    found = connection.execute(
        f"select table_schema from information_schema.tables where table_name = '{name}' and table_catalog = current_database()"
    ).fetchone()
    more = "md5('') as dbt_scd_id, now()::timestamp as dbt_updated_at, now()::timestamp as dbt_valid_from, now()::timestamp as dbt_valid_to"
    if found is None:
        raise SystemExit(f"no table for snapshot {node['name']} of {relation}")
    connection.execute(f'create table {place} as select *, {more} from "{found[0]}"."{name}" limit 0')


def source_columns(source: dict, nodes: dict) -> str:
    """The columns of a source that no seed of the project fills: those of the made-up project."""
    filled = any(node["resource_type"] == "seed" and node["name"] == source["identifier"] for node in nodes.values())
    return "" if filled else "id bigint, member bigint, kind varchar, price double, at timestamp"


def ordered(nodes: dict) -> list[str]:
    """Keys, what is read first."""
    done: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in done or key not in nodes:
            return
        for parent in nodes[key].get("depends_on", {}).get("nodes", []):
            visit(parent)
        done[key] = None

    for key in sorted(nodes, key=lambda it: (nodes[it]["resource_type"] != "seed", it)):
        visit(key)
    return list(done)


def translated(text: str, names: dict, dialect: str) -> tuple[str, list[str]]:
    """The SQL in the dialect with `<<name>>` where it reads something of the project, and what that is."""
    tree = sqlglot.parse_one(text, read="duckdb")
    reads: list[str] = []
    for found in tree.find_all(exp.Table):
        name = names.get((found.db.lower(), found.name.lower()))
        if name is None:
            continue
        reads.append(name)
        found.set("db", None)
        found.set("catalog", None)
        found.set("this", exp.to_identifier(f"read__{name}", quoted=False))
    sql = tree.sql(dialect=dialect, pretty=True, unsupported_level=sqlglot.ErrorLevel.IGNORE)
    for name in sorted(set(reads), key=len, reverse=True):
        sql = sql.replace(f"read__{name}", f"<<{name}>>")
    return sql, sorted(set(reads))


def table(sql: str, dialect: str) -> str:
    """`create table` in the dialect, `<<table>>` for the name."""
    sql = sqlglot.transpile(sql, read="duckdb", write=dialect)[0]
    return sql.replace("TABLE t ", "TABLE <<table>> ", 1)


if __name__ == "__main__":
    main()

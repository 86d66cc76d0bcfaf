#!/usr/bin/env python3
"""Does an output ever change with a column that lineage says it does not come from? DuckDB is the judge.

usage: scripts/lineage_semantics.py [--buhin target/release/buhin] [--scale 0.01] [--project FOLDER [--database FILE]]
                                    [--rounds 2] [--only NAME ...] [--edges] [--json FILE]

For each of TPC-DS's 99 and TPC-H's 22 queries, and with --project for each part of a project that `buhin build` has
built on DuckDB, and each of its outputs: all columns of the tables that have no value edge and no shape edge to the
output get other values at once, and the query is run again. If the output's values (as a bag) are others, an edge is
missing; the columns that do it are found one by one and named, and the exit code is 1. With --edges each edge that is
claimed is tried on its own as well: one whose column can be changed in every round without any change of the output
counts as superfluous, which is an upper bound, since the data may just not show it.

Changed values: a permutation of the column's own over the table's rows, with some rows shifted, reversed or NULL, by
the round's number (just permuted where the query can't take the others); no clock and no chance is in it. Floats are
compared after rounding; queries that give other rows when nothing is changed are left out and counted.

Needs `pip install duckdb==1.5.5 duckdb-extension-tpcds==1.5.5 duckdb-extension-tpch==1.5.5`.
"""
import argparse
import collections
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb


EDGES = ["value edges", "value edges without effect", "shape edges", "shape edges without effect"]


def extension(name):
    """The path of an extension that came as a package."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None:
        sys.exit(f"no package duckdb-extension-{name}: see --help")
    return next(pathlib.Path(spec.origin).parent.rglob("*.duckdb_extension"))


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def changed(column, kind, round_, gentle):
    """An expression for the column's new value: another row's, and for some rows none or one that is nowhere."""
    name = quoted(column)
    kind = kind.upper()
    other = f"coalesce(lag({name}, {3 + 4 * round_}) over (order by rowid), {name})"
    if kind.startswith(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")):
        new = f"try_cast({other} + 1 as {kind})"
    elif kind.startswith(("DECIMAL", "DOUBLE", "FLOAT", "REAL")):
        new = f"try_cast({other} * 1.5 + 1 as {kind})"
    elif kind.startswith(("VARCHAR", "CHAR")) and not gentle:
        new = f"reverse({other})"
    elif kind.startswith(("DATE", "TIMESTAMP")):
        new = f"cast({other} + interval {40 + round_} day as {kind})"
    elif kind.startswith("BOOLEAN"):
        new = f"not {other}"
    else:
        new = other
    return f"case rowid % 5 when {round_ % 5} then {other} when {(round_ + 1) % 5} then null else {new} end as {name}"


class Tables:
    """The real tables, and views of the same names that queries see, which can be given other values."""

    def __init__(self, database, schemas):
        self.database = database
        self.schemas = schemas  # name -> {column: type}
        self.base = {}  # name -> the relation that holds the values
        self.now = {}

    def show(self, name, columns, round_, gentle=False):
        """Makes the table that queries see show other values in these columns; gentle ones are all the column's own."""
        key = (frozenset(columns), round_, gentle)
        if self.now.get(name) == key:
            return
        self.now[name] = key
        kinds = self.schemas[name]
        listed = [changed(c, kinds[c], round_, gentle) if c in columns else quoted(c) for c in kinds]
        self.database.execute(f"create or replace temp table shown as select {', '.join(listed)} from {self.base[name]}")
        self.database.execute(f"create or replace table {self.seen(name)} as from shown")

    def seen(self, name):
        return ".".join(quoted(part) for part in name.split("."))


def bags(database, sql):
    """Each output's values as a bag, floats rounded; None if the query fails."""
    try:
        result = database.execute(sql)
        rows = result.fetchall()
    except duckdb.Error as error:
        return str(error).split("\n")[0]
    width = len(result.description)
    plain = lambda value: float(f"{value:.6g}") if isinstance(value, float) else str(value)
    return [collections.Counter(plain(row[at]) for row in rows) for at in range(width)]


def lineage(buhin, sql, schemas, folder):
    """What buhin says of a query."""
    query, schema = pathlib.Path(folder, "query.sql"), pathlib.Path(folder, "schema.json")
    query.write_text(sql, encoding="utf-8")
    schema.write_text(json.dumps(schemas), encoding="utf-8")
    done = subprocess.run(
        [buhin, "lineage", "--sql", query, "--dialect", "duckdb", "--schema", schema, "--format", "json"],
        capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.stdout.strip() else {"error": done.stderr.strip()}


def ends(edges, schemas):
    """The (table, column) pairs of edges, in the schemas' spelling."""
    found = set()
    for edge in edges:
        for name, kinds in schemas.items():
            if name.lower().split(".")[-1] == edge["table"].lower().split(".")[-1]:
                found |= {(name, column) for column in kinds if column.lower() == edge["column"].lower()}
    return found


def check(name, sql, tables, args, folder, total):
    said = lineage(args.buhin, sql, tables.schemas, folder)
    if "error" in said or said.get("unknown"):
        total["not followed"] += 1
        print(f"{name}: not followed: {said.get('error') or said['unknown']}")
        return
    read = {table for table in tables.schemas
            if any(table.lower().split(".")[-1] == it.lower().split(".")[-1] for it in said["reads"])}
    for table in read:
        tables.show(table, (), 0)
    first, second = bags(tables.database, sql), bags(tables.database, sql)
    if isinstance(first, str):
        total["fails"] += 1
        print(f"{name}: {first}")
        return
    if first != second:
        total["not repeatable"] += 1
        return
    total["queries"] += 1
    total["empty"] += not any(first)
    shape = ends(said["shape"], tables.schemas)
    everything = {(table, column) for table in read for column in tables.schemas[table]}
    for at, output in enumerate(said["columns"]):
        value = ends(output["value"], tables.schemas)
        total["outputs"] += 1
        free = everything - value - shape
        for round_ in range(args.rounds):
            if differs(tables, read, free, round_, sql, at, first):
                guilty = sorted(f"{t}.{c}" for t, c in free if differs(tables, read, {(t, c)}, round_, sql, at, first))
                total["missing"] += 1
                print(f"{name}: `{output['name']}` changes with {', '.join(guilty) or 'several columns together'}")
                break
        if args.edges:
            for kind, claimed in (("value", value), ("shape", shape - value)):
                for end in claimed:
                    total[f"{kind} edges"] += 1
                    seen = any(differs(tables, read, {end}, round_, sql, at, first) for round_ in range(args.rounds))
                    total[f"{kind} edges without effect"] += not seen
    for table in read:
        tables.show(table, (), 0)


def differs(tables, read, columns, round_, sql, at, first):
    """True if the output is another when these columns are."""
    for gentle in (False, True):
        for table in read:
            tables.show(table, {column for owner, column in columns if owner == table}, round_, gentle)
        now = bags(tables.database, sql)
        # A text that is no date any more ends the query, which says nothing of the output.
        if not isinstance(now, str):
            return now[at] != first[at]
    return False


def generated(extension_name, scale):
    """A database with a benchmark's tables, and its queries."""
    database = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    database.execute(f"load '{extension(extension_name)}'")
    database.execute("create schema base; use base")
    database.execute(f"call {'dsdgen' if extension_name == 'tpcds' else 'dbgen'}(sf={scale})")
    queries = database.execute(f"select query_nr, query from {extension_name}_queries() order by 1").fetchall()
    names = [name for (name,) in database.execute("select table_name from duckdb_tables() where schema_name = 'base'").fetchall()]
    tables = Tables(database, {})
    for name in names:
        columns = database.execute("select column_name, data_type from duckdb_columns() where schema_name = 'base' and table_name = ? order by column_index", [name]).fetchall()
        tables.schemas[name] = dict(columns)
        tables.base[name] = f"base.{quoted(name)}"
    database.execute("create schema seen; use seen")
    return tables, [(f"{extension_name} {number}", sql) for number, sql in queries]


def built(project, file):
    """A project's own database in memory, and its parts' compiled SQL."""
    root = pathlib.Path(project)
    manifest = json.loads((root / "target/manifest.json").read_text(encoding="utf-8"))
    database = duckdb.connect(config={"threads": 1})
    # Views name the database that they were made in.
    base = pathlib.Path(file).stem
    database.execute(f"attach '{root / file}' as {quoted(base)} (read_only)")
    tables, queries = Tables(database, {}), []
    rows = database.execute("select schema_name, table_name, column_name, data_type from duckdb_columns() where database_name = ? order by table_name, column_index", [base]).fetchall()
    for schema, table, column, kind in rows:
        tables.schemas.setdefault(f"{schema}.{table}", {})[column] = kind
    for name in tables.schemas:
        schema, table = name.split(".", 1)
        # Views have no row ids, so a copy is kept.
        database.execute(f"create schema if not exists {quoted(schema)}; create schema if not exists kept")
        database.execute(f"create table kept.{quoted(name)} as from {quoted(base)}.{quoted(schema)}.{quoted(table)}")
        tables.base[name] = f"kept.{quoted(name)}"
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node.get("compiled_code"):
            catalog = node.get("database")
            text = node["compiled_code"]
            for before in (f'"{catalog}".', f"{catalog}."):
                text = text.replace(before, "")
            queries.append((node["name"], text))
    return tables, queries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--project", help="a project that was built, in place of the benchmarks")
    parser.add_argument("--database", default="target/buhin.duckdb", help="its database, from its folder")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--edges", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    total = collections.Counter()
    names = [name for name in ("tpch", "tpcds") if not args.only or any(it.startswith(name + " ") for it in args.only)]
    sets = [built(args.project, args.database)] if args.project else (generated(name, args.scale) for name in names)
    with tempfile.TemporaryDirectory() as folder:
        for tables, queries in sets:
            for name, sql in queries:
                if not args.only or name in args.only:
                    check(name, sql, tables, args, folder, total)
                    if args.edges:
                        print(f"{name}: " + ", ".join(f"{total[it]} {it}" for it in EDGES), flush=True)
    print(json.dumps(total, indent=1))
    if args.json:
        args.json.write_text(json.dumps(total, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if total["missing"] else 0)


if __name__ == "__main__":
    main()

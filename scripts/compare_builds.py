#!/usr/bin/env python3
"""Builds dbt projects on DuckDB with dbt-core and with buhin, and compares every table and every test.

    compare_builds.py [--dbt PATH] [--buhin PATH] [--vars YAML] [--keep DIR] PROJECT...

Needs a Python with `dbt-core`, `dbt-duckdb` and `duckdb` (the one that runs this script, or --dbt), and the
projects on disk with their packages in dbt_packages/. A profile is written into each copy; the projects
themselves are not touched. Exit code 0 when all is equal.

What is compared: the set of relations in every schema, table or view, the names and types of their columns,
their rows as bags (EXCEPT ALL both ways), and status and failures of each test.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import duckdb

PROFILE = """{name}:
  target: dev
  outputs:
    dev: {{type: duckdb, path: target/out.duckdb, threads: 2}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("projects", nargs="+")
    parser.add_argument("--dbt", default=os.path.join(os.path.dirname(sys.executable), "dbt"))
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--vars", default="{}")
    parser.add_argument("--keep", help="keep the builds in this folder")
    args = parser.parse_args()
    folder = args.keep or tempfile.mkdtemp(prefix="buhin-compare-")
    bad = 0
    print(f"{'project':28} {'relations':>9} {'rows':>10} {'tests':>6} {'dbt s':>7} {'buhin s':>8}  verdict")
    for project in args.projects:
        bad += compare(project, args, folder)
    if not args.keep:
        shutil.rmtree(folder)
    sys.exit(1 if bad else 0)


def compare(project, args, folder):
    name = os.path.basename(os.path.abspath(project))
    commands = {"dbt": os.path.abspath(args.dbt), "buhin": os.path.abspath(args.buhin)}
    seconds, results = {}, {}
    for tool, binary in commands.items():
        copy = os.path.join(folder, f"{name}-{tool}")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", "logs", ".git", "buhin.yml"))
        config = open(os.path.join(copy, "dbt_project.yml"), encoding="utf-8").read()
        profile = re.search(r"^profile:\s*['\"]?([\w-]+)", config, re.M).group(1)
        open(os.path.join(copy, "profiles.yml"), "w").write(PROFILE.format(name=profile))
        os.makedirs(os.path.join(copy, "target"))
        start, results[tool] = time.time(), {}
        for command in ("seed", "run", "test"):
            log = open(os.path.join(copy, f"{command}.log"), "w")
            env = dict(os.environ, DBT_SEND_ANONYMOUS_USAGE_STATS="false")
            subprocess.run([binary, command, "--profiles-dir", ".", "--vars", args.vars],
                           cwd=copy, stdout=log, stderr=subprocess.STDOUT, env=env)
            path = os.path.join(copy, "target", "run_results.json")
            for result in json.load(open(path))["results"] if os.path.exists(path) else []:
                results[tool][result["unique_id"]] = (result["status"], result.get("failures"))
        seconds[tool] = time.time() - start
    differences = []
    for key in sorted(results["dbt"].keys() | results["buhin"].keys()):
        theirs, ours = results["dbt"].get(key), results["buhin"].get(key)
        if key.startswith("test.") and theirs != ours or (theirs or [0])[0] != (ours or [0])[0]:
            differences.append(f"{key}: dbt {theirs}, buhin {ours}")
    relations, rows = compare_databases(*(os.path.join(folder, f"{name}-{tool}", "target", "out.duckdb")
                                          for tool in commands), differences)
    tests = sum(key.startswith("test.") for key in results["dbt"])
    verdict = "equal" if not differences else f"{len(differences)} DIFFERENCES"
    print(f"{name:28} {relations:9,} {rows:10,} {tests:6,} {seconds['dbt']:7.1f} {seconds['buhin']:8.1f}  {verdict}")
    for difference in differences[:20]:
        print("   ", difference)
    return bool(differences)


def compare_databases(theirs, ours, differences):
    connection = duckdb.connect()
    if not os.path.exists(ours):
        differences.append("buhin made no database")
        return 0, 0
    # Views name their database, so each file is attached under its own name in turn.
    tables = {}
    for side, path in (("dbt", theirs), ("buhin", ours)):
        connection.execute(f"attach '{path}' as out (read_only)")
        listed = connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables"
            " where table_catalog = 'out' order by all").fetchall()
        for schema, table, kind in listed:
            copy = f"memory.main.\"{side}.{schema}.{table}\""
            connection.execute(f'create table {copy} as select * from out."{schema}"."{table}"')
            columns = connection.execute(f"describe {copy}").fetchall()
            tables.setdefault((schema, table), {})[side] = (kind, [column[:2] for column in columns], copy)
        connection.execute("detach out")
    rows = 0
    for (schema, table), sides in sorted(tables.items()):
        label = f"{schema}.{table}"
        if len(sides) == 1:
            differences.append(f"{label}: only in {next(iter(sides))}")
            continue
        (kind, columns, a), (other_kind, other_columns, b) = sides["dbt"], sides["buhin"]
        if kind != other_kind:
            differences.append(f"{label}: dbt {kind}, buhin {other_kind}")
        if columns != other_columns:
            differences.append(f"{label}: columns {[c for c in zip(columns, other_columns) if c[0] != c[1]][:3]}")
            continue
        counts = [connection.execute(f"select count(*) from {x}").fetchone()[0] for x in (a, b)]
        rows += counts[0]
        apart = connection.execute(
            f"select count(*) from ((from {a} except all from {b}) union all (from {b} except all from {a}))")
        apart = apart.fetchone()[0]
        if counts[0] != counts[1] or apart:
            differences.append(f"{label}: {counts[0]} and {counts[1]} rows, {apart} in one only")
    return len(tables), rows


if __name__ == "__main__":
    main()

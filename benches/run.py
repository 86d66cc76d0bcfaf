#!/usr/bin/env python3
"""Measures `buhin run` on DuckDB against the same compiled SQL executed by hand in one connection.

    python3 gen_project.py 1000 /some/project      (a project whose sources are in a DuckDB file)
    benches/run.py /some/project DATABASE --buhin target/release/buhin [--runs 3] [--threads 2]

Each side works on a fresh copy of the project and of its database file, in turns. By hand means: the `compiled_code` of
every view and table in the order of the manifest's graph, each as one `create or replace`, by Python's duckdb package in
one connection with as many threads. buhin's time is all of `buhin run`, reading and compiling the project included. Needs
the duckdb package of the version that buhin loads, or one that reads its files.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("database", help="the database file, as the profile names it, relative to the project")
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    buhin = str(pathlib.Path(args.buhin).resolve())
    walls = {"buhin": [], "by hand": []}
    with tempfile.TemporaryDirectory() as folder:
        statements = plan(buhin, args.project, pathlib.Path(folder) / "plan")
        for run in range(args.runs):
            copy = fresh(args.project, pathlib.Path(folder) / f"buhin-{run}")
            command = [buhin, "run", "--no-cache", "--quiet", "--threads", str(args.threads)]
            walls["buhin"].append(timed(lambda: subprocess.run(command, cwd=copy, check=True)))
            copy = fresh(args.project, pathlib.Path(folder) / f"hand-{run}")
            walls["by hand"].append(timed(lambda: by_hand(copy / args.database, statements, args.threads)))
    medians = {name: statistics.median(runs) for name, runs in walls.items()}
    print(f"{len(statements)} statements, {args.threads} threads, medians of {args.runs}:")
    for name, seconds in medians.items():
        print(f"  {name:<8} {seconds:7.2f} s  {seconds / medians['by hand']:.2f} times by hand")
    for name, runs in walls.items():
        print(f"  {name}: " + " ".join(f"{seconds:.2f}" for seconds in runs))


def fresh(project: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    return shutil.copytree(project, to, ignore=shutil.ignore_patterns("target", "logs"))


def timed(work) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def plan(buhin: str, project: pathlib.Path, folder: pathlib.Path) -> list[str]:
    """The statements of a whole build, in order."""
    copy = fresh(project, folder)
    subprocess.run([buhin, "compile", "--quiet", "--no-deploy"], cwd=copy, check=True)
    nodes = json.loads((copy / "target/manifest.json").read_text())["nodes"]
    models = {name: node for name, node in nodes.items() if node["resource_type"] == "model"}
    built, statements = set(), []

    def build(name: str) -> None:
        if name in built or name not in models:
            return
        built.add(name)
        node = models[name]
        for parent in node["depends_on"]["nodes"]:
            build(parent)
        kind = {"view": "view", "table": "table", "incremental": "table"}.get(node["config"]["materialized"])
        if kind:
            statements.append(f"create or replace {kind} {node['relation_name']} as (\n{node['compiled_code']}\n)")

    sys.setrecursionlimit(100_000)
    for name in models:
        build(name)
    schemas = {node["schema"] for node in models.values()}
    return [f'create schema if not exists "{schema}"' for schema in sorted(schemas)] + statements


def by_hand(database: pathlib.Path, statements: list[str], threads: int) -> None:
    import duckdb

    with duckdb.connect(str(database), config={"threads": threads}) as connection:
        for statement in statements:
            connection.execute(statement)


if __name__ == "__main__":
    main()

"""Real engines, real walls: what buhin emits is fed to the engines that can run on one machine.

    python3 scripts/engines                     all engines, all shapes
    python3 scripts/engines --engine sqlite --shape filter_chain
    python3 scripts/engines --quick             a few minutes: the shapes that show most
    python3 scripts/engines --install           makes target/engines/venv, and asks apt-get for servers if it may

Projects are made in the shapes of `shapes.py` and compiled by buhin for each engine three times: all parts inlined into
one statement, as buhin plans it, and all parts as tables. The inlined form is to meet the engine's own error or a limit of
time or memory (marked in `shapes.py`); the planned one must pass, with the rows of all tables.

Engines that this machine lacks are named and skipped; with `--require-all` that is an error. BigQuery's analyzer
has no rows and no limits: there every statement of all three forms must be accepted, and where the analyzer gives up the
answer is `unknown`.

Exit code: 0 if all is as it must be, 1 if not, 2 if it could not be tried.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import venv

import equal
import making
import meter
import shapes
import traps
import warehouses
import whole

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = {
    "duckdb": ["duckdb==2.0.0", "sqlglot==30.30.0"],
    "clickhouse": ["chdb==4.4.0"],
    "datafusion": ["datafusion==55.0.0"],
    "spark": ["pyspark==4.3.0"],
    "bigquery": ["zetasql==0.1.5"],
}
SERVER_PACKAGES = {
    "postgres": ["postgresql"],
    "mariadb": ["mariadb-server-core", "mariadb-client-core"],
    "spark": ["default-jre-headless"],
}
VARIANTS = {"tables": "table", "planned": "auto", "inlined": "ephemeral"}
QUICK = ["filter_chain", "join_ladder", "wide_union", "layered_warehouse"]
# They take a minute to start, and long for each statement.
SLOW = ["spark", "bigquery"]


@dataclasses.dataclass
class Cell:
    """One engine and one shape."""

    engine: str
    shape: str
    size: int
    parts: int
    inlined: str
    planned: str
    cuts: int
    rows: str
    wrong: list[str]


def main() -> int:
    args = arguments()
    # Whoever stops this stops the engines, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    asked_names = args.engine or [name for name in warehouses.NAMES if not (args.quick and name in SLOW)]
    if args.install:
        install(asked_names)
    if not pathlib.Path(args.buhin).exists():
        print(f"there is no {args.buhin}: build it, or name it with --buhin", file=sys.stderr)
        return 2
    python = os.path.abspath(args.python or ROOT / "target/engines/venv/bin/python")
    if not pathlib.Path(python).exists():
        python = sys.executable
    cells: list[Cell] = []
    skipped: dict[str, str] = {}
    versions: dict[str, str] = {}
    fallen: list[str] = []
    tried = 0
    randoms: dict[str, equal.Tally] = {}
    wholes: list[str] = []
    if args.quick and not args.engine:
        skipped = dict.fromkeys(SLOW, "slow; left to the full run")
    for name in asked_names:
        try:
            engine = warehouses.start(name, python)
        except warehouses.Missing as missing:
            skipped[name] = str(missing)
            print(f"{name}: skipped: {missing}", file=sys.stderr)
            continue
        versions[name] = engine.version
        try:
            count = asked_for(args)
            for trap in count.traps:
                began = time.monotonic()
                wrong = caught(engine, name, trap, args)
                fallen += wrong
                tried += 1
                state = "WRONG" if wrong else "ok"
                print(f"{state:5} {name:10} trap: {trap} ({time.monotonic() - began:.1f} s)", file=sys.stderr, flush=True)
            for shape in count.shapes:
                began = time.monotonic()
                cell = one(engine, name, shape, args)
                cells.append(cell)
                print(line(cell, time.monotonic() - began), file=sys.stderr, flush=True)
            for project in count.projects:
                began = time.monotonic()
                cell = whole.one(engine, name, project, python, args)
                wholes.append(cell.line(time.monotonic() - began))
                fallen += [f"{name}, {project}, {what}" for what in cell.wrong]
                print("\n      ".join([wholes[-1], *cell.wrong]), file=sys.stderr, flush=True)
                for part, why in cell.foreign.items() if args.verbose else ():
                    print(f"      {part}: {why}", file=sys.stderr)
            if count.randoms and name in equal.ENGINES:
                began = time.monotonic()
                randoms[name] = equal.many(engine, name, count.randoms, args)
                fallen += randoms[name].wrong
                print(f"{randoms[name].line(name)} ({time.monotonic() - began:.1f} s)", file=sys.stderr, flush=True)
        finally:
            engine.stop()
    if args.json:
        print(json.dumps({"engines": versions, "skipped": skipped, "cells": [vars(cell) for cell in cells]}, indent=1))
    else:
        print(table(cells, versions, skipped))
        if tried:
            print(f"\nTraps: {tried} tried")
        for told in wholes:
            print(told)
        for name, tally in randoms.items():
            print(tally.line(name))
    wrong = fallen + [f"{cell.engine} {cell.shape}: {what}" for cell in cells for what in cell.wrong]
    if args.require_all:
        wrong += [f"{name} is missing: {why}" for name, why in skipped.items()]
    for what in wrong:
        print(f"wrong: {what}", file=sys.stderr)
    return 1 if wrong else 0 if cells or tried or randoms or wholes else 2


@dataclasses.dataclass
class Asked:
    """What is to be tried on each engine."""

    traps: list[str]
    shapes: list[str]
    projects: list[str]
    randoms: int


def asked_for(args: argparse.Namespace) -> Asked:
    """All parts of the suite, unless flags name some."""
    named = args.trap or args.shape or args.project or args.random is not None
    every = Asked(list(traps.TRAPS), QUICK if args.quick else list(shapes.SHAPES), [] if args.quick else whole.PROJECTS, 15 if args.quick else 50)
    if args.only:
        keep = {name: getattr(every, name) if name == args.only else type(getattr(every, name))() for name in vars(every)}
        every = Asked(**keep)
    if named:
        return Asked(args.trap or [], args.shape or [], args.project or [], args.random or 0)
    return every


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="engines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", action="append", choices=warehouses.NAMES, help="only this engine; may be repeated")
    parser.add_argument("--shape", action="append", choices=list(shapes.SHAPES), help="only this shape; may be repeated")
    parser.add_argument("--trap", action="append", choices=list(traps.TRAPS), help="only this trap; may be repeated")
    parser.add_argument("--only", choices=["traps", "shapes", "projects", "randoms"], help="one part of the suite")
    parser.add_argument("--project", action="append", choices=whole.PROJECTS, help="only this whole project; may be repeated")
    parser.add_argument("--verbose", action="store_true", help="also what engines say of texts that are not their SQL")
    parser.add_argument("--random", type=int, metavar="N", help="only random projects, so many of them")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the first random project's seed (1)")
    parser.add_argument("--quick", action="store_true", help="a few minutes: no Spark, no BigQuery, fewer shapes and random projects")
    parser.add_argument("--buhin", default=str(ROOT / "target/release/buhin"), metavar="PATH", help="the program to try")
    parser.add_argument("--python", metavar="PATH", help="the Python that has the engines' packages")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.add_argument("--require-all", action="store_true", help="an engine that is missing is an error")
    parser.add_argument("--install", action="store_true", help="get what is missing from PyPI and, as root, from apt-get")
    parser.add_argument("--cpu", type=float, metavar="S", help="CPU seconds for the inlined form, twice as many for the others (8, or 4 if quick)")
    parser.add_argument("--memory", type=float, default=2000, metavar="MB", help="memory for a script (2000)")
    parser.add_argument("--size", type=int, help="another size of the shapes, to find a limit by hand")
    parser.add_argument("--form", action="append", choices=list(VARIANTS), help="only this form, to find a limit by hand")
    parser.add_argument("--keep", metavar="DIR", help="leave projects and scripts here")
    args = parser.parse_args()
    args.cpu = args.cpu or (4 if args.quick else 8)
    return args


def one(engine, name: str, shape_name: str, args: argparse.Namespace) -> Cell:
    """Compiles a shape for an engine in three forms and runs them."""
    shape = shapes.SHAPES[shape_name]
    size = args.size or shape.walls.get(name) or shape.smaller.get(name, shape.size)
    parts = shape.make(size)
    cell = Cell(name, shape_name, size, len(parts), "", "", 0, "", [])
    outcomes: dict[str, warehouses.Outcome] = {}
    for variant, materialized in VARIANTS.items():
        if args.form and variant not in args.form:
            outcomes[variant] = warehouses.Outcome(unknown="not asked for")
            continue
        schema = f"shop_{variant}"
        made = compiled(parts, warehouses.profile(name, schema), materialized, args, f"{name}-{shape_name}-{variant}")
        if made.problem:
            outcomes[variant] = warehouses.Outcome(error=f"buhin: {made.problem}")
            continue
        if variant == "planned":
            cell.cuts = made.objects - 1
        wide = 1 if variant == "inlined" else 2
        if name in ("spark", "bigquery"):
            # A statement costs the one a second before it begins, and the other's answers are long in coming.
            wide *= 8
        limits = meter.Limits(args.cpu * wide, args.memory, args.cpu * wide * 8)
        query = warehouses.root_query(name, schema, parts[-1].name)
        outcomes[variant] = engine.run(schema, made.script, query, limits)
    cell.inlined, cell.planned = told(outcomes["inlined"]), told(outcomes["planned"])
    tables, planned, inlined = outcomes["tables"], outcomes["planned"], outcomes["inlined"]
    if tables.error:
        cell.wrong.append(f"as tables: {tables.error[:200]}")
    if planned.error:
        cell.wrong.append(f"as planned: {planned.error[:200]}")
    if name == "bigquery":
        cell.rows = "-"
        if inlined.error:
            cell.wrong.append(f"inlined: {inlined.error[:200]}")
        return cell
    if tables.rows is not None and planned.rows is not None:
        same = sorted(tables.rows) == sorted(planned.rows) and len(tables.rows) > 0
        same = same and (inlined.rows is None or sorted(inlined.rows) == sorted(tables.rows))
        cell.rows = "equal" if same else "DIFFER"
        if not same:
            cell.wrong.append("rows differ from those of all tables")
    if name in shape.walls and not (inlined.error or inlined.unknown or args.size):
        cell.wrong.append("the inlined form meets no limit; it should")
    return cell


def compiled(parts, profile: dict, materialized: str, args: argparse.Namespace, name: str) -> making.Made:
    """A shape, compiled with all parts but the last materialized so."""
    return making.deployed(lambda folder: shapes.write(folder, parts, profile, materialized), args, name)


def caught(engine, name: str, trap_name: str, args: argparse.Namespace) -> list[str]:
    """Runs a trap in all its forms, each script twice; says what went wrong."""
    trap = traps.TRAPS[trap_name]
    if (trap.engines is not None and name not in trap.engines) or name in trap.but:
        return []
    wrong = []
    # What is put into one and what buhin decides are the forms in which most goes wrong.
    for form in [form for form in trap.forms if form in ("inline", "auto") or not args.quick]:
        schema = "shop_trap"
        profile = warehouses.profile(name, schema)
        made = []
        for later in (False, True) if trap.later else (False,):
            write = lambda folder: shapes.write_models(folder, trap.texts(name, later), profile, form)  # noqa: B023, E731
            made.append(making.deployed(write, args, f"{name}-{trap_name.replace(' ', '_')}-{form}"))
        problem = next((it.problem for it in made if it.problem), "")
        if not problem:
            first, second = made[0].script, made[-1].script
            limits = meter.Limits(60, args.memory, 300)
            script, attempt = (first, second) if trap.fails else (first + "\n" + second, "")
            outcome = engine.run(schema, script, warehouses.root_query(name, schema, "root"), limits, attempt)
            problem = outcome.error
            if not problem and name != "bigquery" and outcome.rows != trap.rows:
                problem = f"rows are {outcome.rows}"
        if problem:
            wrong.append(f"{name}, trap {trap_name!r}, {form}: {problem[:300]}")
    return wrong


def told(outcome: warehouses.Outcome) -> str:
    """An outcome in a few words."""
    if outcome.unknown:
        return "unknown"
    if outcome.error:
        return short(outcome.error)
    return f"passes, {outcome.cpu:.1f} s"


def short(error: str) -> str:
    """The telling part of an engine's error."""
    error = re.sub(r"^(psql:\S+ |\w*Exception: |\w*Error: |RuntimeError: |An error occurred while calling \S+ )+", "", error)
    known = re.search(
        r"\[[A-Z_]{8,}[^\]]*\]|\(?TOO_[A-Z_]+\)?|Too deep[^.]*\.? ?(Maximum: \d+)?|Max iterations[^.,]*|at most \d+ tables in a join"
        r"|too many [a-zA-Z ]*|Too many [a-zA-Z ]*|stack depth limit exceeded|StackOverflowError|out of memory|more than [^,]*"
        r"|Thread stack overrun|Expression tree is too large|Max query size exceeded|the process ended: \w+"
        r"|RecursionLimitExceeded|Max expression depth[^.]*|AST is too big[^.]*|parser stack overflow|Memory limit",
        error,
    )
    text = known.group(0) if known else error
    return text if len(text) <= 60 else text[:59] + "…"


def line(cell: Cell, seconds: float) -> str:
    mark = "WRONG" if cell.wrong else "ok"
    return (
        f"{mark:5} {cell.engine:10} {cell.shape:18} {cell.size:5}  inlined: {cell.inlined} | planned: {cell.planned}, "
        f"{cell.cuts} cuts, rows {cell.rows or '?'} ({seconds:.1f} s)"
    )


def table(cells: list[Cell], versions: dict[str, str], skipped: dict[str, str]) -> str:
    """All cells as a table in Markdown."""
    head = ["shape", "engine", "parts", "all inlined", "as planned", "cuts", "rows"]
    order = list(shapes.SHAPES)
    rows = [
        [cell.shape, cell.engine, str(cell.parts), cell.inlined, cell.planned, str(cell.cuts), cell.rows or "?"]
        for cell in sorted(cells, key=lambda it: order.index(it.shape))
    ]
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    said = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |" for row in [head, *rows]]
    said.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    said.insert(0, "Engines: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + "\n")
    said += [f"\nSkipped: {name}: {why}" for name, why in skipped.items()]
    return "\n".join(said)


def install(names: list[str]) -> None:
    """The engines' packages into a place of their own, and servers if this is Debian and we may.

    What can't be had is said, and then missing; whether that is an error is decided where engines are started.
    """
    place = ROOT / "target/engines/venv"
    packages = [package for name in names for package in PACKAGES.get(name, [])]
    servers = [package for name in names for package in SERVER_PACKAGES.get(name, []) if not there(name)]
    try:
        if packages and not (place / "bin/python").exists():
            venv.create(place, with_pip=True)
        pip = [place / "bin/python", "-m", "pip", "install", "-q", "--timeout", "30", "--retries", "2"]
        # One by one: a package that can't be had leaves the others.
        for package in packages:
            if subprocess.run([*pip, package]).returncode:
                print(f"{package} can't be installed", file=sys.stderr)
        if servers and os.geteuid() == 0 and shutil.which("apt-get"):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "update", "-qq"], env=environment)
            command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *servers]
            if subprocess.run(command, env=environment).returncode:
                print(f"{', '.join(servers)} can't be installed", file=sys.stderr)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"engines can't be installed: {error}", file=sys.stderr)


def there(name: str) -> bool:
    """True if the programs of an engine are on this machine."""
    if name == "postgres":
        return any(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")) or shutil.which("postgres") is not None
    if name == "mariadb":
        return shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin") is not None
    return shutil.which("java") is not None


if __name__ == "__main__":
    sys.exit(main())

"""Whole projects on an engine: it must accept every statement that buhin emits for them.

The demo at the repository's root and the made-up project of `benches/gen_project.py` are DuckDB's SQL; `retarget.py` puts
their authors' texts into the engine's dialect. A text that the engine refuses alone, before buhin has done anything with it,
is told by name and stands in for a table; all others must pass in each form: as planned, all inlined, all views, all
tables, all temporary, with tests, and as single statements.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import making
import meter
import shapes
import statements
import warehouses

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = ["auto", "ephemeral", "view", "table", "temp"]
PROJECTS = ["demo", "synthetic"]
DEMO = ["dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "snapshots", "data_tests", "analyses"]


@dataclasses.dataclass
class Cell:
    """One engine and one project."""

    engine: str
    project: str
    parts: int = 0
    statements: int = 0
    unknown: int = 0
    foreign: dict[str, str] = dataclasses.field(default_factory=dict)
    """Parts whose own text the engine refuses, and how."""
    wrong: list[str] = dataclasses.field(default_factory=list)

    def line(self, seconds: float) -> str:
        mark = "WRONG" if self.wrong else "ok"
        own = f", {len(self.foreign)} texts are not its SQL: {', '.join(sorted(self.foreign))}" if self.foreign else ""
        unknown = f", {self.unknown} forms unknown" if self.unknown else ""
        return f"{mark:5} {self.engine:10} {self.project}: {self.parts} parts, {self.statements} statements{unknown}{own} ({seconds:.1f} s)"


def one(engine, name: str, project: str, python: str, args: argparse.Namespace) -> Cell:
    """Puts a project into the engine's dialect, and has it accept all forms."""
    cell = Cell(name, project)
    try:
        told = retargeted(project, name, python, args)
    except Failed as failed:
        cell.wrong.append(str(failed)[-400:])
        return cell
    cell.foreign.update(told["failed"])
    limits = meter.Limits(args.cpu * 20, args.memory, args.cpu * 100)
    parts = [part for part in told["parts"] if part["name"] not in cell.foreign]
    try:
        cell.foreign.update(refused(engine, name, parts, told["tables"], limits))
    except Failed as failed:
        cell.wrong.append(str(failed)[:400])
        return cell
    parts = [part for part in parts if part["name"] not in cell.foreign]
    cell.parts = len(parts)
    for form in FORMS:
        schema = f"shop_{form}"
        profile = warehouses.profile(name, schema)
        write = lambda folder: write_project(folder, parts, profile, form)  # noqa: B023, E731
        leaf = tuple(leaves(parts)[:3]) if form == "auto" else ()
        # The script has dropped a temporary part's table when tests would look at it.
        made = making.deployed(write, args, f"{name}-{project}-{form}", alone=leaf, tests=form != "temp")
        if made.problem:
            cell.wrong.append(f"{form}: buhin: {made.problem}")
            continue
        given = {name for part in parts for name in part["reads"]} - {part["name"] for part in parts}
        tables = "\n".join(stub(name, schema, table, told["tables"][table]) + ";" for table in sorted(given))  # noqa: B023
        more = [*made.tests, *made.alone.values()]
        script = "\n".join([tables, made.script, *(text.strip().rstrip(";") + "\n;" for text in more)])
        outcome = engine.run(schema, script, "select 1", limits)
        cell.statements += len(statements.of(made.script, name)) + len(more)
        cell.unknown += outcome.unknown is not None
        if outcome.error:
            cell.wrong.append(f"{form}: {outcome.error[:400]}")
    return cell


class Failed(Exception):
    """A project that can't be put into another dialect."""


def retargeted(project: str, engine: str, python: str, args: argparse.Namespace) -> dict:
    """What `retarget.py` says of a project."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="buhin-whole-"))
    try:
        if project == "demo":
            for path in DEMO:
                if (ROOT / path).is_dir():
                    shutil.copytree(ROOT / path, folder / path)
                else:
                    shutil.copy(ROOT / path, folder)
        else:
            command = [sys.executable, str(ROOT / "benches/gen_project.py"), "100", str(folder)]
            checked(subprocess.run(command, capture_output=True, text=True))
        for path in [*folder.rglob("*.sql"), *folder.rglob("*.yml")]:
            text = path.read_text()
            new = re.sub(r"""(materialized['"]?\s*[:=]\s*['"]?)(view|ephemeral|auto|incremental)\b""", r"\1table", text)
            if new != text:
                path.write_text(new)
        (folder / "buhin.yml").write_text("version: 1\nmaterialization: {default: table}\n")
        checked(making.buhin(args, folder, "compile"))
        done = subprocess.run([python, str(pathlib.Path(__file__).parent / "retarget.py"), str(folder), engine], capture_output=True, text=True)
        return json.loads(checked(done))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def checked(done: subprocess.CompletedProcess) -> str:
    if done.returncode:
        raise Failed(warehouses.tidy(done.stderr))
    return done.stdout


def refused(engine, name: str, parts: list[dict], tables: dict[str, str], limits: meter.Limits) -> dict[str, str]:
    """The parts whose own text the engine doesn't take, with what it says."""
    schema = "shop_own"
    stubs = "\n".join(stub(name, schema, table, make) + ";" for table, make in tables.items())
    found = {}
    outcome = engine.run(schema, stubs, "select 1", limits)
    if outcome.error:
        raise Failed(f"tables for the parts to read: {outcome.error}")
    for _ in parts:
        # All in one script; after an error the one that is to blame is left out.
        own = {part["name"]: own_text(part, name, schema) for part in parts if part["name"] not in found}
        script = stubs + "\n" + "\n".join(own.values())
        outcome = engine.run(schema, script, "select 1", limits)
        if not outcome.error:
            return found
        found |= culprit(engine, stubs, own, limits)
    return found


def culprit(engine, stubs: str, own: dict[str, str], limits: meter.Limits) -> dict[str, str]:
    """The first part at which the engine stops, found by halves."""
    names = list(own)
    low, high, error = 0, len(names), ""
    while low < high:
        middle = (low + high) // 2
        script = stubs + "\n" + "\n".join(own[name] for name in names[: middle + 1])
        outcome = engine.run("shop_own", script, "select 1", limits)
        if outcome.error:
            high, error = middle, outcome.error
        else:
            low = middle + 1
    if low == len(names):
        raise Failed("the engine refuses the texts together, and takes each")
    return {names[low]: error[:300]}


def own_text(part: dict, name: str, schema: str) -> str:
    """A part's table made of its own text."""
    kind = "engine = Memory " if name == "clickhouse" else ""
    probe = warehouses.relation(name, schema, f"probe_{part['name']}")
    read = lambda match: warehouses.relation(name, schema, match.group(1))  # noqa: E731
    return f"create table {probe} {kind}as\n{re.sub(r'<<(.+?)>>', read, part['sql'])}\n;"


def stub(name: str, schema: str, table: str, make: str) -> str:
    """An empty table."""
    make = make.replace("<<table>>", warehouses.relation(name, schema, table))
    return make + (" ENGINE=Memory" if name == "clickhouse" else "")


def leaves(parts: list[dict]) -> list[str]:
    """Parts that nobody reads."""
    read = {name for part in parts for name in part["reads"]}
    return [part["name"] for part in parts if part["name"] not in read]


def write_project(folder: pathlib.Path, parts: list[dict], profile: dict, form: str) -> None:
    """The project with all parts in one form; those that nobody reads are tables."""
    names = {part["name"] for part in parts}
    last = set(leaves(parts))
    models, given = {}, set()
    for part in parts:
        given |= set(part["reads"]) - names
        call = lambda match: "{{ ref('%s') }}" % match[1] if match[1] in names else "{{ source('raw', '%s') }}" % match[1]  # noqa: E731
        head = "{{ config(materialized='table') }}\n" if part["name"] in last else ""
        models[part["name"]] = head + re.sub(r"<<(.+?)>>", call, part["sql"]) + "\n"
    shapes.write_models(folder, models, profile, form)
    tables = [{"name": name} for name in sorted(given)]
    tested = [{"name": name, "columns": [{"name": column(name, models), "data_tests": ["not_null", "unique"]}]} for name in sorted(names)]
    tested = [model for model in tested if model["columns"][0]["name"]]
    properties = {
        "version": 2,
        "sources": [{"name": "raw", "schema": profile["schema"], "tables": tables}],
        "models": tested,
    }
    (folder / "models/sources.yml").write_text(json.dumps(properties))


def column(name: str, models: dict[str, str]) -> str:
    """A plain column at the head of a part's last SELECT, or nothing."""
    found = re.findall(r"^select\s+(?:distinct\s+)?(\w+)\s*(?:,|\n\s*from\b)", models[name], re.I | re.M)
    return found[-1] if found else ""

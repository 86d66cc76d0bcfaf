"""Random projects on an engine: rows equal those of all tables, and every statement keeps its budgets or is refused rightly."""

from __future__ import annotations

import argparse
import dataclasses

import making
import meter
import randoms
import statements
import warehouses

# BigQuery's analyzer has no rows.
ENGINES = [name for name in warehouses.NAMES if name != "bigquery"]


@dataclasses.dataclass
class Tally:
    """What became of many random projects."""

    tried: int = 0
    bound: int = 0
    """Those with budgets that all statements keep."""
    refused: int = 0
    """Those whose budgets can't be kept, and buhin says so."""
    wrong: list[str] = dataclasses.field(default_factory=list)

    def line(self, name: str) -> str:
        state = "WRONG" if self.wrong else "ok"
        return (
            f"{state:5} {name:10} random projects: {self.tried}, of which {self.bound} keep budgets "
            f"and {self.refused} can't; {len(self.wrong)} wrong"
        )


def many(engine, name: str, count: int, args: argparse.Namespace) -> Tally:
    """Tries `count` projects from `--seed` on."""
    tally = Tally()
    for seed in range(args.seed, args.seed + count):
        tally.tried += 1
        try:
            one(engine, name, seed, args, tally)
        except Wrong as wrong:
            tally.wrong.append(f"{name}, random project, --seed {seed} --random 1: {str(wrong)[:500]}")
    return tally


class Wrong(Exception):
    """What should not be."""


def one(engine, name: str, seed: int, args: argparse.Namespace, tally: Tally) -> None:
    """A project as planned, and its leaves as single statements, against all tables."""
    project = randoms.make(seed, name)
    leaf = project.leaves()[-1]
    # What is random would be rolled again by a statement that inlines everything.
    alone = (leaf,) if not project.dice else ()
    rows: dict[str, list] = {}
    for form in ("tables", "planned"):
        tables, schema = form == "tables", f"shop_{form}"
        profile = warehouses.profile(name, schema)
        write = lambda folder: project.write(folder, profile, tables)  # noqa: B023, E731
        made = making.deployed(write, args, f"{name}-random-{seed}-{form}", not tables, () if tables else alone)
        if made.refused and not tables:
            impossible(project, name, args, made.problem)
            tally.refused += 1
            return
        if made.problem:
            raise Wrong(f"{form}: buhin: {made.problem}")
        query = project.query(lambda part: warehouses.relation(name, schema, part))  # noqa: B023
        rows[form] = sorted(run(engine, schema, made.script, query, args, form))
    if rows["tables"] != rows["planned"]:
        raise Wrong(f"rows differ: as tables {rows['tables'][:8]}, as planned {rows['planned'][:8]}")
    for part, sql in made.alone.items():
        at = project.leaves().index(part)
        one = statements.of(sql, name)[0]
        query = project.query(lambda _: f"(\n{one}\n) answer", [part])  # noqa: B023
        # MariaDB takes a WITH within a table's brackets only where a database is chosen.
        script = f"use `{schema}`;" if name == "mariadb" else ""
        found = [[at, *row[1:]] for row in run(engine, schema, script, query, args, "standalone")]
        if sorted(found) != [row for row in rows["tables"] if row[0] == at]:
            raise Wrong(f"rows of the statement of `{part}` alone differ: {sorted(found)[:8]}")
    within(project, made.plan, name, args, tally)


def run(engine, schema: str, script: str, query: str, args: argparse.Namespace, form: str) -> list:
    outcome = engine.run(schema, script, query, meter.Limits(60, args.memory, 300))
    if outcome.rows is None:
        raise Wrong(f"{form}: {outcome.error or outcome.unknown}")
    return outcome.rows


def within(project: randoms.Random, plan: list[dict], name: str, args: argparse.Namespace, tally: Tally) -> None:
    """Every statement keeps the project's budgets; or buhin says that it doesn't, and all tables can't either."""
    over = beyond(project, plan)
    if not over:
        tally.bound += bool(project.budgets)
        return
    said = {row["name"] for row in plan if row["too_complex"]}
    silent = sorted({part for part, _ in over} - said)
    if silent:
        raise Wrong(f"over its budget without a word: {silent}, budgets {project.budgets}")
    tally.refused += 1
    impossible(project, name, args, str(over))


def impossible(project: randoms.Random, name: str, args: argparse.Namespace, why: str) -> None:
    """A refusal is right if all tables don't keep the budgets either."""
    stored = dataclasses.replace(project, states={part: "table" if state == "auto" else state for part, state in project.states.items()})
    profile = warehouses.profile(name, "shop_planned")
    made = making.deployed(lambda folder: stored.write(folder, profile, False), args, f"{name}-random-{project.seed}-stored", True)
    if not beyond(project, made.plan):
        raise Wrong(f"refused although tables keep the budgets {project.budgets}: {why}")


def beyond(project: randoms.Random, plan: list[dict]) -> list[tuple[str, str]]:
    """The parts whose statements are over a budget, with its name."""
    return [
        (row["name"], budget)
        for row in plan
        if row["materialization"] != "inline" and (row["measures"] or {}).get("statement")
        for budget, most in project.budgets.items()
        if row["measures"]["statement"][budget] > most
    ]

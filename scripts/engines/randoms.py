"""Random projects full of traps: whatever becomes of their parts, the rows must be those of all tables.

A project is made from a seed and an engine, so that `--seed` brings each back. Parts have the columns id, k and v; they
clash in names with each other's CTEs, end in comments and semicolons, hold NULLs and duplicates, roll dice, cut with LIMIT,
and read each other once and twice. `buhin.yml` gives budgets at random, from roomy to so tight that none can be kept.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random
from collections.abc import Callable

import shapes

NAMES = ["orders", "base", "select", "t", "final", "x_y", "a", "b", "n", "top", "Mixed", "few", "rank"]
ODD_NAMES = ["注文", "月次 売上", "part's"]
HEADS = ["", "", "", "-- with base as (\n", "/* 集計 ; */ ", "{# gone #}\n\n"]
TAILS = ["", "", "\n", " -- the end", ";", " ; -- ; done", "\n/* with x as ( */\n", " -- from 'it''s\n;\n"]
STATES = ["auto"] * 6 + ["ephemeral", "view", "table", "temp"]
DICE = {
    "clickhouse": "rand64()",
    "mariadb": "rand()",
    "spark": "rand()",
    "datafusion": "random()",
}
WHOLE = {"mariadb": "signed", "clickhouse": "Nullable(Int64)"}
BUDGETS = {
    "nodes": (40, 600), "joins": (2, 8), "expression": (8, 60), "depth": (2, 8), "ctes": (1, 8), "unions": (2, 6),
    "stages": (2, 12), "text": (400, 3000), "relations": (2, 6), "views": (1, 3), "nesting": (3, 8),
}  # fmt: skip


@dataclasses.dataclass
class Random:
    """A project: its parts' texts and states in the order of their dependencies, who reads whom, and budgets."""

    seed: int
    texts: dict[str, str]
    states: dict[str, str]
    reads: dict[str, list[str]]
    budgets: dict[str, int]
    dice: bool = False

    def leaves(self) -> list[str]:
        """The parts that nobody reads; they can be read from outside, so they are never inlined by their author."""
        read = {name for inputs in self.reads.values() for name in inputs}
        return [name for name in self.texts if name not in read]

    def write(self, folder: pathlib.Path, profile: dict, tables: bool) -> None:
        """Writes the project; `tables` if all parts are to be tables, without budgets."""
        models = {
            name: f"{{{{ config(materialized='{'table' if tables else self.states[name]}') }}}}\n{text}"
            for name, text in self.texts.items()
        }
        shapes.write_models(folder, models, profile, "table")
        settings: dict = {"version": 1}
        if not tables and self.budgets:
            settings["limits"] = self.budgets
        (folder / "buhin.yml").write_text(json.dumps(settings))

    def query(self, table: Callable[[str], str], leaves: list[str] | None = None) -> str:
        """All rows of all leaves, or of some; `table` says what to read for a part."""
        selects = [
            f"select {at} as part, coalesce(id, -1) as id, coalesce(k, -1) as k, coalesce(v, -1) as v from {table(name)}"
            for at, name in enumerate(leaves or self.leaves())
        ]
        return "\nunion all\n".join(selects)


def make(seed: int, engine: str) -> Random:
    """The project of a seed for an engine."""
    dice = random.Random(f"{seed} {engine}")
    # Spark has no such names; MariaDB keeps a view's text with the names of its CTEs, but without their quotes.
    names = NAMES + ([] if engine in ("spark", "mariadb") else ODD_NAMES)
    names = dice.sample(names, dice.randint(3, 10))
    made = Random(seed % 1_000_000, {}, {}, {}, {})
    # Parts whose rows can differ from run to run; who reads them must do it in a way that shows no more than that they
    # were run once.
    rolled: set[str] = set()
    for at, name in enumerate(names):
        calm = [it for it in names[:at] if it not in rolled]
        state = dice.choice(STATES)
        if rolled and dice.random() < 0.5:
            one = two = dice.choice(sorted(rolled))
            text = check_of_dice(dice, one)
        elif dice.random() < 0.15 and engine in DICE | {"postgres": "", "sqlite": "", "duckdb": ""}:
            one = two = dice.choice(calm) if calm and dice.random() < 0.7 else shapes.SRC
            text = roll(engine, one)
            # Who fixes such a part as a view or inline gets what he asks for, here as in dbt.
            state = dice.choice(["auto", "auto", "auto", "table", "temp"])
            rolled.add(name)
        else:
            one, two = (dice.choice(calm) if calm and dice.random() < 0.9 else shapes.SRC for _ in range(2))
            text, both = plain(dice, engine, one, two)
            two = two if both else one
        made.texts[name] = dice.choice(HEADS) + text + dice.choice(TAILS)
        made.reads[name] = sorted({one, two} - {shapes.SRC})
        made.states[name] = state
    # What nobody has looked at yet differs from run to run.
    for name in [it for it in made.leaves() if it in rolled]:
        made.texts.pop(name), made.states.pop(name), made.reads.pop(name)
    if not made.leaves() or any(name in rolled for name in made.leaves()):
        return make(seed + 1_000_000, engine)
    for name in made.leaves():
        if made.states[name] in ("ephemeral", "temp"):
            made.states[name] = "table"
    made.dice = bool(rolled & set(made.texts))
    lasting(made)
    if dice.random() < 0.8:
        for budget in dice.sample(sorted(BUDGETS), dice.randint(1, 3)):
            made.budgets[budget] = dice.randint(*BUDGETS[budget])
    return made


def lasting(made: Random) -> None:
    """No view that outlives the session may read a temporary table: such parts become tables."""
    temporary: set[str] = set()
    for name in made.texts:
        inputs = [it for it in made.reads[name] if it in temporary]
        if made.states[name] == "view":
            for it in inputs:
                free(made, temporary, it)
        elif made.states[name] == "ephemeral" and inputs:
            temporary.add(name)
        elif made.states[name] == "temp":
            temporary.add(name)


def free(made: Random, temporary: set[str], name: str) -> None:
    """Makes tables of the temporary tables that a part is or inlines."""
    temporary.discard(name)
    if made.states[name] == "temp":
        made.states[name] = "table"
    elif made.states[name] == "ephemeral":
        for it in made.reads[name]:
            if it in temporary:
                free(made, temporary, it)


def call(name: str) -> str:
    """The `ref()` or `source()` that reads a part."""
    return "{{ source('raw', 'src') }}" if name == shapes.SRC else '{{ ref("' + name + '") }}'


def whole(engine: str, sql: str) -> str:
    """A number as the 64 bits that all columns have."""
    return f"cast({sql} as {WHOLE.get(engine, 'bigint')})"


def roll(engine: str, name: str) -> str:
    """A part that gives other rows each time."""
    number = DICE.get(engine, "random()")
    return f"select id, k, v, {number} as r from {call(name)}"


def check_of_dice(dice: random.Random, name: str) -> str:
    """A part that reads one with dice twice, and has rows where it finds that they were rolled twice."""
    ref = call(name)
    return dice.choice(
        [
            f"select p.id as id, p.k as k, p.v as v from {ref} p where p.r not in (select q.r from {ref} q where q.r is not null)",
            f"with one as (select * from {ref}), two as (select * from {ref})\n"
            "select id, k, v from one where r not in (select r from two where r is not null)\n"
            f"union all select min(id) as id, min(k) as k, min(v) as v from {ref}",
        ]
    )


def plain(dice: random.Random, engine: str, one: str, two: str) -> tuple[str, bool]:
    """A part that reads one or two others, and whether it is two."""
    a, b = call(one), call(two)
    big = lambda sql: whole(engine, sql)  # noqa: E731
    number = dice.randint(1, 9)
    # Aliases are no names of parts: ClickHouse finds a table by its own name even where it has an alias.
    single = [
        f"select id, k, v + {number} as v from {a} where coalesce(v, 0) % 3 <> 1",
        f"select id, nullif(k, {number % 5}) as k, nullif(v, {number}) as v from {a}",
        f"select min(p.id) as id, p.k as k, {big('sum(p.v) % 1000')} as v from {a} p group by p.k having count(*) > 0",
        f"select p.id as id, p.k as k, {big('row_number() over (partition by p.k order by p.id, p.v)')} as v from {a} p\n"
        "where p.id is not null and p.v is not null",
        f"select id, k, v from (with src as (select * from {a}) select * from src where id is not null) src",
        f"select id, k, v from {a} where id is not null and k is not null and v is not null order by id, k, v limit {number}",
        f"select distinct id, k, v from {a}",
        f"select id, k, case when v > {number} then v - {number} when v is null then -5 else v + k end as v from {a}",
        f"with t as (select id, k, v from {a}), most as (select k, {big('max(v)')} as v from t group by k)\n"
        "select t.id as id, t.k as k, most.v as v from t join most on t.k = most.k",
        f"select id, k, v from {a} where '/* ' <> 'it''s -- ;'",
    ]
    if engine == "mariadb":
        # There a WITH within brackets can't see the CTEs around it: inlined, such a part doesn't find what it reads.
        single = [text for text in single if "(with src" not in text]
    double = [
        f"select p.id as id, min(q.k) as k, {big('sum(p.v + q.v) % 1000')} as v\nfrom {a} p join {b} q on p.id = q.id group by p.id",
        f"select id, k, v from {a}\nunion all\nselect id, k, v from {b}",
        f"with base as (select * from {a}), orders as (select * from {b} where id > 1)\n"
        "select id, k, v from base union all select id, k, v from orders",
        f"select p.id as id, p.k as k, p.v as v from {a} p where p.id in (select q.id from {b} q where q.id is not null)",
        f"select id, k, v + (select {big('count(*)')} from {b}) as v -- {b}\nfrom {a}",
        f"select p.id as id, coalesce(q.k, p.k) as k, p.v as v from {a} p\n"
        f"left join (select id, min(k) as k from {b} group by id) q on p.id = q.id",
    ]
    if dice.random() < 0.5:
        return dice.choice(single), False
    return dice.choice(double), True

"""Projects made of many small parts, in the shapes that meet an engine's limits once they are inlined into one.

A part reads `{0}`, `{1}` …; what these stand for is its list of inputs: names of other parts, or `SRC`. All parts have
the columns id, k and v, and all arithmetic stays far below 64 bits, so every engine must give the same rows.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random
from collections.abc import Callable

SRC = "src"
ROWS = [(i, i % 5, i * 7 % 23) for i in range(1, 41)]


@dataclasses.dataclass
class Part:
    """One file of `models/`."""

    name: str
    inputs: list[str]
    sql: str

    def text(self) -> str:
        """The part's text with `ref()` and `source()`."""
        calls = [
            "{{ source('raw', 'src') }}" if name == SRC else "{{ ref('" + name + "') }}" for name in self.inputs
        ]
        return self.sql.format(*calls) + "\n"


def chain(size: int, sql: str) -> list[Part]:
    """Each part reads the one before; `{i}` in the text is its number."""
    parts: list[Part] = []
    for i in range(size):
        before = parts[-1].name if parts else SRC
        text = sql.replace("{i}", str(i))
        parts.append(Part(f"step_{i:04}", [before, before] if "{1}" in text else [before], text))
    return parts


def filter_chain(size: int) -> list[Part]:
    return chain(size, "select id, k, v + 1 as v from {0} where v > {i} - 100000")


def aggregate_chain(size: int) -> list[Part]:
    return chain(size, "select id, max(k) as k, sum(v) as v from {0} group by id")


def window_chain(size: int) -> list[Part]:
    return chain(size, "select id, k, sum(v) over (partition by id, k) as v from {0}")


def join_ladder(size: int) -> list[Part]:
    return chain(size, "select a.id as id, a.k as k, a.v + b.v as v from {0} a join {1} b on a.id = b.id")


def union_ladder(size: int) -> list[Part]:
    return chain(
        size,
        "select id, k, v + 1 as v from {0} where k <= 2\nunion all\n"
        "select id, k, v + 2 as v from {1} where k > 2",
    )


def aggregate_ladder(size: int) -> list[Part]:
    return chain(
        size,
        "with top as (select k, max(v) as most from {1} group by k)\n"
        "select a.id as id, a.k as k, a.v + top.most as v from {0} a join top on a.k = top.k",
    )


def expression_growth(size: int) -> list[Part]:
    return chain(size, "select id, k, case when v > {i} then v + 1 else v + k end as v from {0}")


def deep_expressions(size: int) -> list[Part]:
    deep = "v"
    for i in range(25):
        deep = f"({deep} + {i % 7})"
    return chain(size, f"select id, k, {deep} as v from {{0}}")


def case_chain(size: int) -> list[Part]:
    whens = " ".join(f"when k = {i} then {i * 7 % 1000}" for i in range(1200))
    return chain(size, f"select id, k, v + case {whens} else -1 end as v from {{0}} where k >= 0 - {{i}}")


def in_chain(size: int) -> list[Part]:
    values = ", ".join(str(i) for i in range(4000))
    return chain(size, f"select id, k, v + 1 as v from {{0}} where v + {{i}} in ({values})")


def wide_columns(size: int, width: int = 60) -> list[Part]:
    parts = [Part("wide_0000", [SRC], "select id, k, " + ", ".join(f"v + {i} as c{i}" for i in range(width)) + " from {0}")]
    for step in range(1, size):
        columns = ", ".join(f"c{i} + c{(i + step) % width} as c{i}" for i in range(width))
        parts.append(Part(f"wide_{step:04}", [parts[-1].name], f"select id, k, {columns} from {{0}}"))
    parts.append(Part("wide_last", [parts[-1].name], "select id, k, c0 + c1 as v from {0}"))
    return parts


def wide_union(size: int) -> list[Part]:
    parts = [Part(f"branch_{i:04}", [SRC], f"select id, k, v + {i} as v from {{0}} where k <> {i}") for i in range(size)]
    branches = "\nunion all\n".join(f"select id, k, v from {{{i}}}" for i in range(size))
    return [*parts, Part("everything", [part.name for part in parts], branches)]


def wide_join(size: int) -> list[Part]:
    """Groups of eight are joined, then the groups: no part joins many, the whole joins them all."""
    parts: list[Part] = []
    groups: list[str] = []
    for group in range((size + 7) // 8):
        leaves = range(group * 8, min(size, group * 8 + 8))
        parts += [Part(f"leaf_{i:04}", [SRC], f"select id, k, v + {i} as v from {{0}} where k <> {i} + 5") for i in leaves]
        parts.append(joined(f"group_{group:04}", [f"leaf_{i:04}" for i in leaves]))
        groups.append(parts[-1].name)
    return [*parts, joined("together", groups)]


def joined(name: str, inputs: list[str]) -> Part:
    """All inputs joined by id."""
    tables = "{0} t0" + "".join(f"\njoin {{{i}}} t{i} on t{i}.id = t0.id" for i in range(1, len(inputs)))
    total = " + ".join(f"t{i}.v" for i in range(len(inputs)))
    return Part(name, inputs, f"select t0.id as id, t0.k as k, {total} as v from {tables}")


def layered_warehouse(size: int) -> list[Part]:
    """Staging, then layers of filters, aggregates, joins, unions and windows over one or two parts each."""
    dice = random.Random(2026)
    width = 4
    parts = [Part(f"stg_{i}", [SRC], f"select id, k, v + {i} as v from {{0}} where k >= 0") for i in range(width)]
    layer = [part.name for part in parts]
    kinds = [
        "select id, k, case when v > {i} then v else k end as v from {0}",
        "select id, max(k) as k, sum(v) as v from {0} group by id",
        "select a.id as id, b.k as k, a.v + b.v as v from {0} a join {1} b on a.id = b.id",
        "select a.id as id, a.k as k, a.v + b.v as v from {0} a join {1} b on a.id = b.id",
        "select id, k, v from {0} where k <= 2\nunion all\nselect id, k, v from {1} where k > 2",
        "select id, k, sum(v) over (partition by id) as v from {0}",
        "with top as (select k, max(v) as most from {1} group by k)\n"
        "select a.id as id, a.k as k, a.v + top.most as v from {0} a join top on a.k = top.k",
    ]
    for depth in range(max(1, size // width)):
        made = []
        for at in range(width):
            sql = dice.choice(kinds).replace("{i}", str(at))
            count = 2 if "{1}" in sql else 1
            inputs = [dice.choice(layer) for _ in range(count)]
            made.append(Part(f"int_{depth:02}_{at}", inputs, sql))
        parts += made
        layer = [part.name for part in made]
    parts.append(joined("mart", layer))
    return reachable(parts)


def reachable(parts: list[Part]) -> list[Part]:
    """The parts that the last one is made of."""
    needed = {parts[-1].name}
    kept = []
    for part in reversed(parts):
        if part.name in needed:
            kept.append(part)
            needed.update(part.inputs)
    return kept[::-1]


@dataclasses.dataclass
class Shape:
    """A way in which projects grow, and how large it must be to meet the limit of each engine.

    An engine that is not named gets `size`, and need not have a limit there. `smaller` are sizes for engines that have
    no limit and take long.
    """

    make: Callable[[int], list[Part]]
    size: int
    walls: dict[str, int]
    smaller: dict[str, int] = dataclasses.field(default_factory=dict)


SHAPES: dict[str, Shape] = {
    "filter_chain": Shape(filter_chain, 40, {"clickhouse": 110, "mariadb": 70, "spark": 60, "datafusion": 90}),
    "aggregate_chain": Shape(aggregate_chain, 40, {"clickhouse": 110, "mariadb": 70}),
    "window_chain": Shape(window_chain, 40, {"clickhouse": 110, "mariadb": 70}),
    "join_ladder": Shape(join_ladder, 12, {"sqlite": 17, "clickhouse": 13, "mariadb": 16, "datafusion": 16}),
    "union_ladder": Shape(union_ladder, 12, {"sqlite": 17, "mariadb": 15}, {"datafusion": 8}),
    "aggregate_ladder": Shape(aggregate_ladder, 12, {"sqlite": 17, "mariadb": 12, "clickhouse": 12, "datafusion": 12}),
    "wide_union": Shape(wide_union, 40, {"clickhouse": 60, "mariadb": 80}, {"spark": 10}),
    "wide_join": Shape(wide_join, 40, {"sqlite": 72, "mariadb": 72}, {"spark": 16}),
    "case_chain": Shape(case_chain, 6, {"clickhouse": 11}, {"bigquery": 1, "spark": 3}),
    "in_chain": Shape(in_chain, 6, {"clickhouse": 14}, {"bigquery": 1}),
    "deep_expressions": Shape(deep_expressions, 6, {"postgres": 170}),
    "expression_growth": Shape(expression_growth, 12, {"sqlite": 24, "postgres": 24, "mariadb": 22}),
    "wide_columns": Shape(wide_columns, 6, {"sqlite": 24, "postgres": 24, "mariadb": 20}),
    "layered_warehouse": Shape(layered_warehouse, 24, {"clickhouse": 60, "mariadb": 80, "datafusion": 60}),
}


def write(folder: pathlib.Path, parts: list[Part], profile: dict, materialized: str) -> None:
    """Writes a project that any dbt reads; every part but the last is `materialized` so."""
    models = {part.name: part.text() for part in parts}
    last = parts[-1].name
    models[last] = "{{ config(materialized='table') }}\n" + models[last]
    write_models(folder, models, profile, materialized)


def write_models(folder: pathlib.Path, models: dict[str, str], profile: dict, materialized: str) -> None:
    """The same from texts by name."""
    (folder / "models").mkdir(parents=True)
    for name, text in models.items():
        (folder / "models" / f"{name}.sql").write_text(text)
    # JSON is YAML.
    sources = {"version": 2, "sources": [{"name": "raw", "schema": profile["schema"], "tables": [{"name": "src"}]}]}
    (folder / "models/sources.yml").write_text(json.dumps(sources))
    project = {
        "name": "shape",
        "version": "1.0.0",
        "profile": "shape",
        "models": {"shape": {"+materialized": materialized}},
    }
    (folder / "dbt_project.yml").write_text(json.dumps(project))
    (folder / "profiles.yml").write_text(json.dumps({"shape": {"target": "dev", "outputs": {"dev": profile}}}))

"""Small projects that go wrong where SQL is put together carelessly, and the rows they must give all the same.

Each is run with its parts inlined, as views, as tables, as temporary tables and as planned; the script is run twice, for
the second run finds what the first has made. The last part is `root`, a table with the columns id, k and v.
The numbers are those of docs/traps.md.
"""

from __future__ import annotations

import dataclasses

SRC = "{{ source('raw', 'src') }}"


@dataclasses.dataclass
class Trap:
    """A project by its parts, and the rows of `root`.

    `<dice>` in a text is the engine's function that gives another number each time, `<clock>` its clock.
    """

    models: dict[str, str]
    rows: list[list[int]]
    engines: set[str] | None = None
    but: set[str] = dataclasses.field(default_factory=set)
    forms: tuple[str, ...] = ("inline", "view", "table", "temp", "auto")
    later: dict[str, str] = dataclasses.field(default_factory=dict)
    """Parts that have another text when the script is run for the second time."""
    fails: bool = False
    """The second script must fail, and leave the rows of the first."""

    def texts(self, engine: str, later: bool) -> dict[str, str]:
        """The parts for an engine, in the second script or the first."""
        models = self.models | (self.later if later else {})
        clock = "now64(9)" if engine == "clickhouse" else "current_timestamp"
        dice = {"clickhouse": "rand64()", "mariadb": "rand()", "spark": "rand()", "bigquery": "rand()"}.get(engine, "random()")
        return {name: text.replace("<dice>", dice).replace("<clock>", clock) for name, text in models.items()}


def root(sql: str) -> str:
    return "{{ config(materialized='table') }}\n" + sql


LONG = "orders_of_members_who_have_bought_something_in_the_last_week_of_the_"

TRAPS: dict[str, Trap] = {
    "order and limit meet a union": Trap(
        {
            "first": f"select id, k, v from {SRC} order by id limit 1",
            "last": f"select id, k, v from {SRC} order by id desc limit 1",
            "root": root("select id, k, v from {{ ref('first') }}\nunion all\nselect id, k, v from {{ ref('last') }}"),
        },
        [[1, 1, 7], [40, 0, 4]],
    ),
    "a CTE named like the source": Trap(
        {
            "few": f"with src as (select * from {SRC} where id < 3) select id, k, v from src",
            "root": root("with src as (select id, k, v from {{ ref('few') }}) select id, k, v from src"),
        },
        [[1, 1, 7], [2, 2, 14]],
    ),
    "a part named like a CTE of its reader": Trap(
        {
            "few": f"select id, k, v from {SRC} where id < 3",
            "root": root("with few as (select id, k, v + 1 as v from {{ ref('few') }}) select id, k, v from few"),
        },
        [[1, 1, 8], [2, 2, 15]],
    ),
    "a recursive part beside others": Trap(
        {
            "numbers": "with recursive n as (select 1 as id union all select id + 1 from n where id < 3) select id from n",
            "src_few": f"with src as (select * from {SRC} where id < 5) select id, k, v from src",
            "root": root(
                "select s.id as id, s.k as k, s.v as v from {{ ref('src_few') }} s join {{ ref('numbers') }} n on n.id = s.id"
            ),
        },
        [[1, 1, 7], [2, 2, 14], [3, 3, 21]],
        but={"spark", "bigquery", "clickhouse"},
    ),
    "a recursive reader of a part": Trap(
        {
            "seeds": f"with src as (select * from {SRC} where id < 2) select id, k, v from src",
            "root": root(
                "with recursive n as (select id, k, v from {{ ref('seeds') }} "
                "union all select id + 1, k, v from n where id < 3) select id, k, v from n"
            ),
        },
        [[1, 1, 7], [2, 1, 7], [3, 1, 7]],
        but={"spark", "bigquery", "clickhouse", "mariadb"},
    ),
    "WITH inside, the same names": Trap(
        {
            "a": f"with t as (select id, k, v from {SRC} where id = 1) select id, k, v from t",
            "b": f"with t as (select id, k, v from {SRC} where id = 2) select id, k, v from t",
            "root": root(
                "with t as (select id, k, v from {{ ref('a') }})\n"
                "select t.id as id, b.k as k, t.v as v from t cross join {{ ref('b') }} b"
            ),
        },
        [[1, 2, 7]],
    ),
    "a WITH that reads the row outside": Trap(
        {
            "some": f"select s.id, s.k, s.v from {SRC} s where exists (with a as (select 1 as one from {SRC} t where t.id = s.id and t.id < 3) select one from a)",
            "root": root("select id, k, v from {{ ref('some') }}"),
        },
        [[1, 1, 7], [2, 2, 14]],
        engines={"postgres", "sqlite", "duckdb", "spark"},
    ),
    "a comment at the end": Trap(
        {
            "a": f"select id, k, v from {SRC} where id < 2 -- (the end",
            "root": root("select id, k, v from {{ ref('a') }} -- )"),
        },
        [[1, 1, 7]],
    ),
    "a comment of #": Trap(
        {
            "a": f"select id, k, v # it's (\nfrom {SRC} where id < 2 # )",
            "root": root("select id, k, v from {{ ref('a') }}"),
        },
        [[1, 1, 7]],
        engines={"mariadb", "clickhouse", "bigquery"},
    ),
    "comments that nest": Trap(
        {
            "a": f"select id, k, v from {SRC} where id < 2 /* a /* ) */ ' */",
            "root": root("select id, k, v from {{ ref('a') }}"),
        },
        [[1, 1, 7]],
        engines={"postgres", "duckdb", "clickhouse", "datafusion", "spark"},
    ),
    "comments that do not nest": Trap(
        {
            "a": f"select id, k, v /* a /* ( */ from {SRC} where id < 2",
            "root": root("select id, k, v from {{ ref('a') }}"),
        },
        [[1, 1, 7]],
        engines={"sqlite", "mariadb", "bigquery"},
    ),
    "a semicolon at the end and in a string": Trap(
        {
            "a": f"select id, k, v from {SRC} where id < 2 and ';' = ';' ; -- ;\n;",
            "root": root("select id, k, v from {{ ref('a') }};"),
        },
        [[1, 1, 7]],
    ),
    "dollars quote": Trap(
        {
            "a": f"select id, k, v from {SRC} where id < 2 and $$ it's ) -- $$ <> ''",
            "root": root("select id, k, v from {{ ref('a') }}"),
        },
        [[1, 1, 7]],
        engines={"postgres", "duckdb", "datafusion"},
    ),
    "a backslash is a character": Trap(
        {
            "a": f"select id, k, v from {SRC} where id < 2 and '\\' <> ')'",
            "root": root("select id, k, v from {{ ref('a') }}"),
        },
        [[1, 1, 7]],
        engines={"postgres", "sqlite", "duckdb", "datafusion"},
    ),
    "a backslash escapes": Trap(
        {
            "a": f"select id, k, v from {SRC} where id < 2 and '\\')' <> '('",
            "root": root("select id, k, v from {{ ref('a') }}"),
        },
        [[1, 1, 7]],
        engines={"mariadb", "clickhouse", "spark", "bigquery"},
    ),
    "long names that begin alike": Trap(
        {
            LONG[:58] + "_n": f"select id, k, v from {SRC} where id = 1",
            LONG[:58] + "_s": f"select id, k, v from {SRC} where id = 2",
            "root": root(
                "select id, k, v from {{ ref('%s_n') }} union all select id, k, v from {{ ref('%s_s') }}" % (LONG[:58], LONG[:58])
            ),
        },
        [[1, 1, 7], [2, 2, 14]],
    ),
    "names in several cases": Trap(
        {
            "Few": f"select id, k, v from {SRC} where id < 2",
            "root": root("with FEW_MORE as (select id, k, v from {{ ref('Few') }}) select id, k, v from FEW_MORE"),
        },
        [[1, 1, 7]],
    ),
    "names that are words of SQL": Trap(
        {
            "rank": f"select id, k, v from {SRC} where id < 2",
            "order": "select id, k, v from {{ ref('rank') }}",
            "system": "select id, k, v from {{ ref('order') }}",
            "root": root("select id, k, v from {{ ref('system') }}"),
        },
        [[1, 1, 7]],
    ),
    "read twice in a statement": Trap(
        {
            "few": f"select id, k, v from {SRC} where id < 3",
            "twice": "select a.id as id, b.k as k, a.v as v from {{ ref('few') }} a join {{ ref('few') }} b on a.id = b.id",
            "root": root("select t.id as id, t.k as k, t.v + f.v as v from {{ ref('twice') }} t join {{ ref('few') }} f on f.id = t.id"),
        },
        [[1, 1, 14], [2, 2, 28]],
    ),
    "columns under the part's own name": Trap(
        {
            "few": f"select id, k, v from {SRC} where id < 2",
            "root": root("select few.id as id, few.k as k, few.v as v from {{ ref('few') }} as few where few.id > 0"),
        },
        [[1, 1, 7]],
    ),
    "columns under the table's name without an alias": Trap(
        {
            "few": f"select id, k, v from {SRC} where id < 2",
            "root": root("select few.id as id, few.k as k, few.v as v from {{ ref('few') }} where few.id > 0"),
        },
        [[1, 1, 7]],
        # Who inlines a part of his own accord has no table of its name, in dbt either.
        forms=("view", "table", "temp", "auto"),
    ),
    "1 dice read twice in a statement": Trap(
        {
            "dice": f"select id, k, v, <dice> as r from {SRC}",
            "root": root("select a.id as id, a.k as k, a.v as v from {{ ref('dice') }} a join {{ ref('dice') }} b on a.r = b.r where a.id < 3 and b.id < 3"),
        },
        [[1, 1, 7], [2, 2, 14]],
        forms=("table", "temp", "auto"),
    ),
    "4 dice in a column that is read twice": Trap(
        {
            "dice": f"select id, k, v, <dice> as r from {SRC} where id < 3",
            "root": root("select id, k, v from {{ ref('dice') }} where r = r"),
        },
        [[1, 1, 7], [2, 2, 14]],
        forms=("table", "temp", "auto"),
    ),
    "5 dice read by two statements": Trap(
        {
            "dice": f"select id, k, v, <dice> as r from {SRC} where id < 3",
            "one": root("select id, k, v, r from {{ ref('dice') }}"),
            "two": root("select id, k, v, r from {{ ref('dice') }}"),
            "root": root("select a.id as id, a.k as k, b.v as v from {{ ref('one') }} a join {{ ref('two') }} b on a.r = b.r"),
        },
        [[1, 1, 7], [2, 2, 14]],
        forms=("table", "temp", "auto"),
    ),
    "6 the clock read by two statements": Trap(
        {
            "clock": f"select id, k, v, <clock> as seen from {SRC} where id < 3",
            "one": root("select id, k, v, seen from {{ ref('clock') }}"),
            "two": root("select id, k, v, seen from {{ ref('clock') }}"),
            "root": root("select a.id as id, a.k as k, b.v as v from {{ ref('one') }} a join {{ ref('two') }} b on a.id = b.id and a.seen = b.seen"),
        },
        [[1, 1, 7], [2, 2, 14]],
        forms=("table", "temp", "auto"),
    ),
    "7 a limit without an order, read by two statements": Trap(
        {
            "some": f"select id, k, v from {SRC} limit 3",
            "one": root("select id from {{ ref('some') }}"),
            "two": root("select id from {{ ref('some') }}"),
            "root": root("select 1 as id, 1 as k, count(*) as v from {{ ref('one') }} a join {{ ref('two') }} b on a.id = b.id"),
        },
        [[1, 1, 3]],
        forms=("table", "temp", "auto"),
    ),
    "28 columns of one name": Trap(
        {
            "both": f"select a.id, b.id, a.v from {SRC} a join {SRC} b on a.id = b.id",
            "root": root("select 1 as id, 1 as k, count(*) as v from {{ ref('both') }}"),
        },
        [[1, 1, 40]],
        # Author's own CTE of that kind is refused there.
        but={"mariadb"},
        forms=("inline", "auto"),
    ),
    "29 columns without a name": Trap(
        {
            "nameless": f"select id + 1, k + 1 from {SRC}",
            "root": root("select 1 as id, 1 as k, count(*) as v from {{ ref('nameless') }}"),
        },
        [[1, 1, 40]],
        forms=("inline", "auto"),
    ),
    "30 a null without a type": Trap(
        {
            "empty": f"select id, k, v, null as x from {SRC} where id < 3",
            "root": root("select id, k, v from {{ ref('empty') }} where x is null"),
        },
        [[1, 1, 7], [2, 2, 14]],
        # A table's column must have a type there.
        forms=("inline", "view", "auto"),
    ),
    "33 a view above what is stored for the run": Trap(
        {
            "low": f"select id, k, v from {SRC} where id < 3",
            "lens": "{{ config(materialized='view') }}\nselect id, k, v from {{ ref('low') }}",
            "root": root("select id, k, v from {{ ref('lens') }}"),
        },
        [[1, 1, 7], [2, 2, 14]],
        forms=("inline", "view", "table", "auto"),
    ),
    "36 a column of another type in the next run": Trap(
        {
            "few": f"select id, k, v, 1 as x from {SRC} where id < 3",
            "root": root("select id, k, v from {{ ref('few') }}"),
        },
        [[1, 1, 7], [2, 2, 14]],
        later={"few": f"select 'x' as x, id, k, v from {SRC} where id < 3"},
    ),
    "37 a table is made again": Trap(
        {
            "few": f"select id, k, v from {SRC} where id < 2",
            "root": root("select id, k, v from {{ ref('few') }}"),
        },
        [[1, 1, 7], [2, 2, 14]],
        later={"few": f"select id, k, v from {SRC} where id < 3"},
    ),
    "38 a run that fails leaves the rows of the last": Trap(
        {
            "few": f"select id, k, v from {SRC} where id < 3",
            "root": root("select id, k, v from {{ ref('few') }}"),
        },
        [[1, 1, 7], [2, 2, 14]],
        later={"root": root("select id, k, v from {{ ref('few') }} where exists (select 1 from no_such_table)")},
        fails=True,
        engines={"postgres", "sqlite", "duckdb", "clickhouse", "datafusion"},
    ),
    "40 a part that nobody uses is not there": Trap(
        {
            "broken": "select id from no_such_table",
            "root": root(f"-- depends_on: {{{{ ref('broken') }}}}\nselect id, k, v from {SRC} where id < 2"),
        },
        [[1, 1, 7]],
        forms=("inline",),
    ),
    "42 what a left join does not find": Trap(
        {
            "odd": f"select id, k, v from {SRC} where id = 1",
            "wide": f"select s.id as id, s.k as k, coalesce(o.v, -1) as v from {SRC} s left join {{{{ ref('odd') }}}} o on s.id = o.id where s.id < 3",
            "root": root("select id, k, v from {{ ref('wide') }}"),
        },
        [[1, 1, 7], [2, 2, -1]],
        but={"clickhouse"},
    ),
    "42 what a left join does not find, on ClickHouse": Trap(
        {
            "odd": f"select id, k, v from {SRC} where id = 1",
            "wide": f"select s.id as id, s.k as k, coalesce(o.v, -1) as v from {SRC} s left join {{{{ ref('odd') }}}} o on s.id = o.id where s.id < 3",
            "root": root("select id, k, v from {{ ref('wide') }}"),
        },
        # Its own way, `join_use_nulls = 0`; the same in all forms.
        [[1, 1, 7], [2, 2, 0]],
        engines={"clickhouse"},
    ),
}

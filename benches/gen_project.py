#!/usr/bin/env python3
"""Makes a dbt project of about N parts, for measuring compilers side by side; dbt and buhin both read it.

    benches/gen_project.py 1000 /some/folder

Staging parts (a third of them views, the rest ephemeral) read one source table each, intermediate parts join
and union them, marts aggregate; every part has a description, described columns and tests. The same N always
gives the same files.
"""

import argparse
import pathlib

COLUMNS = ["event_id", "member_id", "kind", "amount", "happened_at"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    args = parser.parse_args()
    staging, between = args.parts * 3 // 10, args.parts * 4 // 10
    marts = args.parts - staging - between
    files = {
        "dbt_project.yml": PROJECT,
        "profiles.yml": PROFILES,
        "macros/money.sql": MACROS,
        "models/staging/_sources.yml": sources(staging),
    }
    for at in range(staging):
        files[f"models/staging/stg_{at:05}.sql"] = stage(at)
    for at in range(between):
        files[f"models/intermediate/int_{at:05}.sql"] = intermediate(at, staging)
    for at in range(marts):
        files[f"models/marts/mart_{at:05}.sql"] = mart(at, between)
    for folder, prefix, count in [("staging", "stg", staging), ("intermediate", "int", between), ("marts", "mart", marts)]:
        for first in range(0, count, 25):
            names = [f"{prefix}_{at:05}" for at in range(first, min(first + 25, count))]
            files[f"models/{folder}/_{folder}_{first:05}.yml"] = properties(names)
    for path, text in files.items():
        path = args.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{staging} staging, {between} intermediate, {marts} marts in {args.folder}")


PROJECT = """\
name: measured
version: "1.0.0"
profile: measured
models:
  measured:
    staging: {+materialized: ephemeral}
    intermediate: {+materialized: ephemeral}
    marts: {+materialized: table, +tags: [daily]}
vars: {first_day: "2026-01-01"}
"""

PROFILES = """\
measured:
  target: dev
  outputs:
    dev: {type: duckdb, path: "target/measured.duckdb", schema: main, threads: 2}
"""

MACROS = """\
{% macro yen(column, digits=0) -%}
  round({{ column }} * 100, {{ digits }})
{%- endmacro %}

{% macro by_kind(kinds) -%}
  {%- for kind in kinds %}
    sum(case when kind = '{{ kind }}' then amount else 0 end) as amount_{{ kind }}{{ "," if not loop.last }}
  {%- endfor %}
{%- endmacro %}
"""


def sources(count: int) -> str:
    tables = "".join(f"      - name: events_{at:05}\n        description: Raw events {at}\n" for at in range(count))
    return f"version: 2\nsources:\n  - name: raw\n    tables:\n{tables}"


def stage(at: int) -> str:
    config = "{{ config(materialized='view') }}\n" if at % 3 == 0 else ""
    return f"""{config}-- Events {at}, with clean names.
with source as (
    select * from {{{{ source('raw', 'events_{at:05}') }}}}
),

renamed as (
    select
        id as event_id,
        member as member_id,
        lower(kind) as kind,
        {{{{ yen('price') }}}} as amount,
        cast(at as timestamp) as happened_at
    from source
    where at >= '{{{{ var("first_day") }}}}'
)

select * from renamed
"""


def intermediate(at: int, staging: int) -> str:
    if at % 4 == 3:
        reads = [f"stg_{(at * step + step) % staging:05}" for step in (1, 3, 5)]
        selects = [f"select {', '.join(COLUMNS)} from {{{{ ref('{name}') }}}}" for name in reads]
        return "\nunion all\n".join(selects) + "\n"
    config = "{{ config(materialized='view') }}\n" if at % 5 == 0 else ""
    earlier = f"\nleft join {{{{ ref('int_{at - 1:05}') }}}} as before on before.event_id = a.event_id" if at % 6 == 4 else ""
    return f"""{config}select
    a.event_id,
    a.member_id,
    a.kind,
    a.amount + coalesce(b.amount, 0) as amount,
    a.happened_at
from {{{{ ref('stg_{at % staging:05}') }}}} as a
left join {{{{ ref('stg_{(at * 7 + 3) % staging:05}') }}}} as b
    on a.event_id = b.event_id{earlier}
"""


def mart(at: int, between: int) -> str:
    reads = [f"int_{(at * 5 + step * 11) % between:05}" for step in range(1 + at % 3)]
    events = "\n    union all\n".join(f"    select * from {{{{ ref('{name}') }}}}" for name in reads)
    return f"""with events as (
{events}
)

select
    member_id, -- 会員
    count(*) as events,
    {{{{ by_kind(['order', 'cancel', 'favourite', 'mail']) }}}},
    max(happened_at) as last_at
from events
{{% if target.name == 'prod' %}}where happened_at < current_date{{% endif %}}
group by member_id
"""


def properties(names: list[str]) -> str:
    text = "version: 2\nmodels:\n"
    for name in names:
        columns = ["member_id", "events", "last_at"] if name.startswith("mart") else COLUMNS
        text += f"  - name: {name}\n    description: A made-up part, {name}\n    columns:\n"
        for column in columns:
            text += f"      - name: {column}\n        description: The column {column} of {name}\n"
            if column in ("event_id", "member_id"):
                text += "        data_tests: [not_null]\n"
    return text


if __name__ == "__main__":
    main()

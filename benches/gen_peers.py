#!/usr/bin/env python3
"""Deterministic generator of synthetic SQL modelling projects.

    gen_peers.py OUT_DIR --models N [--flavour dbt|sqlmesh|dataform]
                   [--seed 7] [--rows 50] [--data sql|csv|none] [--threads 4]

The same (N, seed) always gives the same graph and byte-identical files, whatever
the flavour, so that tools can be compared on one graph.  Only the standard
library is used.

Shape of the graph
    sources            max(8, N/20) raw tables, --rows rows each
    staging      20 %  one source each, renames and casts
    intermediate 50 %  six levels, each model refs 2-4 earlier models
    marts        30 %  three levels, each model refs 2-4 earlier models
Every model has a unique, non-null `entity_id`, the shared columns region,
status, event_date, amount, quantity, and 4-8 numeric columns of its own, so that
all joins are 1:1 and the whole project runs on DuckDB in small tables.
Materializations: staging = view; intermediate = 70 % table, 20 % view, 10 %
ephemeral (never more than 3 inlined layers deep); marts = table, 5 % incremental.

Files written besides the project itself
    graph.json     {"models": {name: {layer, materialized, refs, sources, columns}}}
    raw_data.sql   DuckDB DDL + rows of the sources (--data sql, the default)
    seeds/*.csv    the same rows as dbt seeds       (--data csv, dbt flavour only)
"""
import argparse
import json
import os
import random

SHARED = ["entity_id", "region", "status", "event_date", "amount", "quantity"]
REGIONS = ["apac", "emea", "latam", "nam"]
STATUSES = ["active", "pending", "closed", "returned"]
DOMAINS = ["sales", "billing", "support", "logistics", "product", "growth", "risk", "people"]
SRC_COLS = [
    ("id", "integer"), ("region_cd", "varchar"), ("status_txt", "varchar"),
    ("occurred_at", "timestamp"), ("amount_cents", "bigint"), ("qty", "integer"),
    ("disc_pct", "double"), ("note", "varchar"), ("is_deleted", "boolean"),
]


# --------------------------------------------------------------------- graph

class Model:
    __slots__ = ("name", "layer", "level", "domain", "mat", "refs", "source", "cols",
                 "inline_depth", "seed", "extra_tests")

    def __init__(self, name, layer, level, domain):
        self.name, self.layer, self.level, self.domain = name, layer, level, domain
        self.mat, self.refs, self.source, self.cols = "table", [], None, []
        self.inline_depth, self.seed, self.extra_tests = 0, 0, []


def build_graph(n, seed):
    rng = random.Random(seed * 1_000_003 + n)
    n_src = max(8, n // 20)
    sources = ["src_%s_%04d" % (DOMAINS[i % len(DOMAINS)], i) for i in range(n_src)]
    n_stg = max(4, n * 20 // 100)
    n_int = max(4, n * 50 // 100)
    n_mart = n - n_stg - n_int
    models, by_level = [], {}

    def add(name, layer, level, domain):
        m = Model(name, layer, level, domain)
        m.seed = rng.randrange(1 << 30)
        models.append(m)
        by_level.setdefault(level, []).append(m)
        return m

    for i in range(n_stg):
        d = DOMAINS[i % len(DOMAINS)]
        m = add("stg_%s_%05d" % (d, i), "staging", 0, d)
        m.mat, m.inline_depth = "view", 1
        m.source = sources[i % n_src]
        m.cols = ["unit_price", "discount_rate", "is_returned", "note_length", "net_amount"]

    def pick_parents(level, k):
        # mostly the level just below, sometimes anything earlier
        below = by_level[level - 1]
        earlier = [x for lv in range(level) for x in by_level[lv]]
        chosen = []
        while len(chosen) < k:
            pool = below if (not chosen or rng.random() < 0.6) else earlier
            c = rng.choice(pool)
            if c not in chosen:
                chosen.append(c)
            elif len(earlier) <= k:
                break
        return chosen

    def fill(count, layer, prefix, first_level, n_levels):
        done = 0
        for lv in range(n_levels):
            todo = count * (lv + 1) // n_levels - done
            for _ in range(todo):
                idx = done
                d = DOMAINS[rng.randrange(len(DOMAINS))]
                level = first_level + lv
                m = Model("%s_%s_%05d" % (prefix, d, idx), layer, level, d)
                m.seed = rng.randrange(1 << 30)
                parents = pick_parents(level, rng.choice([2, 2, 3, 3, 4]))
                m.refs = [p.name for p in parents]
                r = rng.random()
                if layer == "intermediate":
                    m.mat = "ephemeral" if r < 0.10 else "view" if r < 0.30 else "table"
                else:
                    m.mat = "incremental" if r < 0.05 else "table"
                if m.mat in ("view", "ephemeral"):
                    m.inline_depth = 1 + max(p.inline_depth for p in parents)
                    if m.inline_depth > 3:
                        m.mat, m.inline_depth = "table", 0
                r = rng.random()
                if r < 0.30:
                    m.extra_tests.append("status")
                if r > 0.85:
                    m.extra_tests.append("rel")
                models.append(m)
                by_level.setdefault(level, []).append(m)
                m.cols = model_columns(m)
                done += 1

    fill(n_int, "intermediate", "int", 1, 6 if n_int >= 12 else 2)
    first = max(by_level) + 1
    fill(n_mart, "marts", "mart", first, 3 if n_mart >= 6 else 1)
    return sources, models


def model_columns(m):
    r = random.Random(m.seed)
    tag = m.name.rsplit("_", 1)[1].lstrip("0") or "0"
    pre = "i" if m.layer == "intermediate" else "m"
    names = ["region_rank", "rolling_amount", "region_share", "blended_score"]
    extra = ["quantity_gap", "event_weight", "peer_ratio", "trend_index"]
    names += extra[: r.randrange(0, 5)]
    return ["%s%s_%s" % (pre, tag, x) for x in names]


# -------------------------------------------------------------------- dialects

class Dbt:
    def ref(self, n): return "{{ ref('%s') }}" % n
    def src(self, n): return "{{ source('raw', '%s') }}" % n

    def macro(self, name, *args):
        return "{{ %s(%s) }}" % (name, ", ".join("'%s'" % a for a in args))

    def flags(self, col, prefix, edges):
        return ("{%% for e in %s %%}\n        case when %s > {{ e }} then 1 else 0 end as %s_{{ e }}"
                "{%% if not loop.last %%},{%% endif %%}\n        {%% endfor %%}" % (edges, col, prefix))

    def statuses(self): return "{{ quoted_list(var('live_statuses')) }}"

    def incremental(self):
        return ("\n    {% if is_incremental() %}\n    where event_date >= (select max(event_date) from {{ this }})"
                "\n    {% endif %}")


class SqlMesh:
    def ref(self, n): return "analytics.%s" % n
    def src(self, n): return "raw.%s" % n
    def macro(self, name, *args): return "@%s(%s)" % (name, ", ".join(args))

    def flags(self, col, prefix, edges):
        return "@EACH([%s], e -> case when %s > e then 1 else 0 end as @{prefix_%s}_@e)".replace(
            "@{prefix_%s}", "%s") % (", ".join(map(str, edges)), col, prefix)

    def statuses(self): return ", ".join("'%s'" % s for s in STATUSES[:3])
    def incremental(self): return ""


class Dataform:
    def ref(self, n): return '${ref("%s")}' % n
    def src(self, n): return '${ref("raw", "%s")}' % n

    def macro(self, name, *args):
        return "${macros.%s(%s)}" % (name, ", ".join('"%s"' % a for a in args))

    def flags(self, col, prefix, edges):
        return ("${[%s].map(e => `case when %s > ${e} then 1 else 0 end as %s_${e}`).join(\",\\n        \")}"
                % (", ".join(map(str, edges)), col, prefix))

    def statuses(self): return "${macros.quoted_list(macros.live_statuses)}"

    def incremental(self):
        return ("\n    ${when(incremental(), `where event_date >= (select max(event_date) from ${self()})`)}")


# ------------------------------------------------------------------------- SQL

def staging_sql(m, d):
    r = random.Random(m.seed)
    money = d.macro("cents_to_units", "amount_cents") if r.random() < 0.5 else \
        "cast(amount_cents as double) / 100.0"
    return f"""-- {m.name}: cleaned rows of {m.source}, one row per id.
with source_rows as (
    select
        id,
        region_cd,
        status_txt,
        occurred_at,
        amount_cents,
        qty,
        disc_pct,
        note,
        is_deleted
    from {d.src(m.source)}
),

renamed as (
    select
        cast(id as integer) as entity_id,
        lower(trim(region_cd)) as region,
        case
            when lower(status_txt) in ('active', 'act', 'a') then 'active'
            when lower(status_txt) in ('pending', 'pend', 'p') then 'pending'
            when lower(status_txt) in ('returned', 'ret', 'r') then 'returned'
            else 'closed'
        end as status,
        cast(occurred_at as date) as event_date,
        {money} as amount,
        cast(qty as integer) as quantity,
        coalesce(disc_pct, 0) as discount_rate,
        length(coalesce(note, '')) as note_length,
        coalesce(is_deleted, false) as was_deleted
    from source_rows
),

deduplicated as (
    select
        *,
        row_number() over (
            partition by entity_id
            order by event_date desc, amount desc
        ) as row_num
    from renamed
    where not was_deleted
)

select
    entity_id,
    region,
    status,
    event_date,
    amount,
    quantity,
    case when quantity > 0 then amount / quantity else 0 end as unit_price,
    discount_rate,
    case when status = 'returned' then 1 else 0 end as is_returned,
    note_length,
    amount * (1 - discount_rate) as net_amount
from deduplicated
where row_num = 1
"""


def derived_sql(m, index, d):
    """SQL of an intermediate or mart model."""
    r = random.Random(m.seed + 1)
    parents = [index[p] for p in m.refs]
    base, joins = parents[0], parents[1:]
    b_cols = r.sample(base.cols, min(3, len(base.cols)))
    use_macros = m.layer == "marts" or r.random() < 0.7
    parts = []
    where = r.choice([
        "where status in (%s)" % d.statuses() if use_macros else "where status <> 'unknown'",
        "where quantity >= 0 and amount is not null",
        "where event_date >= cast('2019-01-01' as date)",
    ])
    if m.mat == "incremental":
        where = d.incremental().strip("\n ") or where
    parts.append("base as (\n    select\n        " + ",\n        ".join(SHARED + b_cols) +
                 "\n    from %s\n    %s\n)" % (d.ref(base.name), where))
    metrics = []
    for k, p in enumerate(joins, 1):
        cols = r.sample(p.cols, min(2, len(p.cols)))
        sel = ["entity_id", "amount as amount_%d" % k, "quantity as quantity_%d" % k]
        sel += ["coalesce(cast(%s as double), 0) as p%d_%d" % (c, k, j) for j, c in enumerate(cols)]
        metrics += [(k, j) for j in range(len(cols))]
        parts.append("joined_%d as (\n    select\n        %s\n    from %s\n)"
                     % (k, ",\n        ".join(sel), d.ref(p.name)))
    div = (lambda a, b: d.macro("safe_divide", a, b)) if use_macros else \
        (lambda a, b: "case when %s = 0 then 0 else %s / %s end" % (b, a, b))
    parts.append("""region_totals as (
    select
        region,
        status,
        count(*) as region_rows,
        sum(amount) as region_amount,
        max(event_date) as last_event_date
    from base
    group by region, status
    having count(*) > 0
)""")
    score = " + ".join("coalesce(joined_%d.p%d_%d, 0) * %.2f" % (k, k, j, r.uniform(0.05, 0.4))
                       for k, j in metrics) or "0"
    jl = "\n    ".join("left join joined_%d on base.entity_id = joined_%d.entity_id" % (k, k)
                       for k in range(1, len(joins) + 1))
    q_sum = " + ".join("coalesce(joined_%d.quantity_%d, 0)" % (k, k) for k in range(1, len(joins) + 1)) or "0"
    a_sum = " + ".join("coalesce(joined_%d.amount_%d, 0)" % (k, k) for k in range(1, len(joins) + 1)) or "0"
    parts.append(f"""enriched as (
    select
        base.entity_id,
        base.region,
        base.status,
        base.event_date,
        base.amount,
        base.quantity,
        {", ".join("base." + c + " as b_%d" % i for i, c in enumerate(b_cols))},
        {q_sum} as peer_quantity,
        {a_sum} as peer_amount,
        {score} as raw_score,
        region_totals.region_rows,
        region_totals.region_amount,
        row_number() over (
            partition by base.region
            order by base.event_date desc, base.entity_id
        ) as rank_in_region,
        sum(base.amount) over (
            partition by base.region
            order by base.event_date, base.entity_id
            rows between 6 preceding and current row
        ) as rolling
    from base
    {jl}
    left join region_totals
        on base.region = region_totals.region
        and base.status = region_totals.status
)""")
    exprs = {
        "region_rank": "rank_in_region",
        "rolling_amount": "round(rolling, 4)",
        "region_share": div("amount", "region_amount"),
        "blended_score": "round(raw_score + 0.1 * coalesce(cast(b_0 as double), 0), 6)",
        "quantity_gap": "quantity - peer_quantity",
        "event_weight": div("region_rows", "rank_in_region"),
        "peer_ratio": div("amount", "peer_amount"),
        "trend_index": "case when rolling > amount * 3 then 1 else 0 end",
    }
    own = ["%s as %s" % (exprs[c.split("_", 1)[1]], c) for c in m.cols]
    if use_macros and r.random() < 0.5:
        parts.append("flagged as (\n    select\n        entity_id,\n        %s\n    from enriched\n)"
                     % d.flags("amount", "over", [10, 100, 500]))
        tail = "\n    from enriched\n    inner join flagged using (entity_id)\n    where flagged.over_10 >= 0"
        shared = ["enriched." + c for c in SHARED]
    else:
        tail, shared = "\n    from enriched", list(SHARED)
    parts.append("final as (\n    select\n        " + ",\n        ".join(shared + own) + tail + "\n)")
    head = "-- %s (%s): %s\n" % (m.name, m.domain, ", ".join(m.refs))
    return head + "with " + ",\n\n".join(parts) + "\n\nselect * from final\n"


# ----------------------------------------------------------------------- output

class Out:
    def __init__(self, root):
        self.root, self.bytes, self.files = root, 0, 0

    def put(self, rel, text):
        p = os.path.join(self.root, rel)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        with open(p, "w", encoding="utf-8", newline="\n") as f:
            f.write(text)
        self.bytes += len(text)
        self.files += 1


def describe(col):
    return "The %s of the row." % col.replace("_", " ")


def source_rows(si, rows):
    for i in range(1, rows + 1):
        yield (i, REGIONS[(i * 7 + si) % 4].upper(), STATUSES[(i * 5 + si * 3) % 4],
               "2024-%02d-%02d 0%d:00:00" % (1 + (i + si) % 12, 1 + (i * 3 + si) % 28, i % 10),
               (i * 977 + si * 131) % 100000, (i * 3 + si) % 20, ((i + si) % 10) / 100.0,
               "note %d" % (i * si % 1000), False)


def raw_sql(sources, rows):
    out = ["create schema if not exists raw;"]
    ddl = ", ".join("%s %s" % c for c in SRC_COLS)
    for si, s in enumerate(sources):
        vals = ", ".join("(%d, '%s', '%s', timestamp '%s', %d, %d, %s, '%s', %s)"
                         % (a, b, c, t, e, f, g, h, str(i).lower())
                         for a, b, c, t, e, f, g, h, i in source_rows(si, rows))
        out.append("create or replace table raw.%s (%s);" % (s, ddl))
        out.append("insert into raw.%s values %s;" % (s, vals))
    return "\n".join(out) + "\n"


def raw_csv(si, rows):
    lines = [",".join(c for c, _ in SRC_COLS)]
    lines += [",".join(str(x).lower() if isinstance(x, bool) else str(x) for x in row)
              for row in source_rows(si, rows)]
    return "\n".join(lines) + "\n"


def write_dbt(out, sources, models, index, a):
    d = Dbt()
    out.put("dbt_project.yml", f"""name: peers
version: '1.0.0'
config-version: 2
profile: peers
model-paths: ["models"]
macro-paths: ["macros"]
seed-paths: ["seeds"]
clean-targets: ["target"]
vars:
  live_statuses: ["active", "pending", "closed"]
models:
  peers:
    staging:
      +materialized: view
      +tags: ["staging"]
    intermediate:
      +materialized: table
      +tags: ["intermediate"]
    marts:
      +materialized: table
      +tags: ["marts"]
seeds:
  peers:
    +schema: raw
""")
    out.put("profiles.yml", f"""peers:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{{{ env_var('PEERS_DUCKDB', 'peers.duckdb') }}}}"
      schema: analytics
      threads: {a.threads}
""")
    out.put("macros/helpers.sql", """{% macro safe_divide(num, den) -%}
case when coalesce({{ den }}, 0) = 0 then 0 else cast({{ num }} as double) / {{ den }} end
{%- endmacro %}

{% macro cents_to_units(col) -%}
cast({{ col }} as double) / 100.0
{%- endmacro %}

{% macro quoted_list(items) -%}
{% for i in items %}'{{ i }}'{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
{{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
""")
    y = ["version: 2", "", "sources:", "  - name: raw", "    schema: raw", "    tables:"]
    for s in sources:
        y += ["      - name: %s" % s, '        description: "Raw table %s."' % s, "        columns:"]
        for c, t in SRC_COLS:
            y += ["          - name: %s" % c, "            data_type: %s" % t]
    out.put("models/staging/_sources.yml", "\n".join(y) + "\n")
    groups = {}
    for m in models:
        folder = "models/%s/%s" % (m.layer, m.domain)
        cfg = ["materialized='%s'" % m.mat]
        if m.mat == "incremental":
            cfg.append("unique_key='entity_id'")
        cfg.append("tags=['%s']" % m.domain)
        body = staging_sql(m, d) if m.layer == "staging" else derived_sql(m, index, d)
        out.put("%s/%s.sql" % (folder, m.name), "{{ config(%s) }}\n\n%s" % (", ".join(cfg), body))
        groups.setdefault(folder, []).append(m)
    for folder, ms in sorted(groups.items()):
        y = ["version: 2", "", "models:"]
        for m in ms:
            y += ["  - name: %s" % m.name,
                  '    description: "The %s model %s of the %s domain; one row per entity."'
                  % (m.layer, m.name, m.domain),
                  "    config:", "      meta:", "        owner: team_%s" % m.domain, "    columns:"]
            for c in SHARED + m.cols:
                y += ["      - name: %s" % c, '        description: "%s"' % describe(c)]
                if c == "entity_id":
                    y += ["        data_tests:", "          - unique", "          - not_null"]
                    if "rel" in m.extra_tests and m.refs:
                        y += ["          - relationships:", "              arguments:",
                              "                to: ref('%s')" % m.refs[0],
                              "                field: entity_id"]
                elif c == "status" and "status" in m.extra_tests:
                    y += ["        data_tests:", "          - accepted_values:", "              arguments:",
                          "                values: [%s]" % ", ".join(STATUSES)]
        out.put("%s/_schema.yml" % folder, "\n".join(y) + "\n")
    if a.data == "csv":
        for si, s in enumerate(sources):
            out.put("seeds/%s.csv" % s, raw_csv(si, a.rows))


def write_sqlmesh(out, sources, models, index, a):
    d = SqlMesh()
    out.put("config.yaml", """gateways:
  local:
    connection:
      type: duckdb
      database: peers.duckdb
    state_connection:
      type: duckdb
      database: state.duckdb
default_gateway: local
model_defaults:
  dialect: duckdb
  start: 2024-01-01
disable_anonymized_analytics: true
""")
    out.put("macros/__init__.py", "")
    out.put("macros/helpers.py", '''from sqlmesh import macro


@macro()
def safe_divide(evaluator, num, den):
    n, d = num.sql(), den.sql()
    return f"case when coalesce({d}, 0) = 0 then 0 else cast({n} as double) / {d} end"


@macro()
def cents_to_units(evaluator, col):
    return f"cast({col.sql()} as double) / 100.0"
''')
    y = []
    for s in sources:
        y += ["- name: raw.%s" % s, "  columns:"] + ["    %s: %s" % c for c in SRC_COLS]
    out.put("external_models.yaml", "\n".join(y) + "\n")
    for m in models:
        kind = {"view": "VIEW", "table": "FULL", "incremental": "FULL", "ephemeral": "EMBEDDED"}[m.mat]
        cols = ",\n    ".join("%s = '%s'" % (c, describe(c)) for c in SHARED + m.cols)
        audits = ["unique_values(columns := (entity_id))", "not_null(columns := (entity_id))"]
        if "status" in m.extra_tests:
            audits.append("accepted_values(column := status, is_in := (%s))"
                          % ", ".join("'%s'" % s for s in STATUSES))
        audit = "" if kind == "EMBEDDED" else "\n  audits (\n    %s\n  )," % ",\n    ".join(audits)
        head = f"""MODEL (
  name analytics.{m.name},
  kind {kind},
  owner team_{m.domain},
  tags ({m.layer}, {m.domain}),
  grain entity_id,{audit}
  description 'The {m.layer} model {m.name} of the {m.domain} domain.',
  column_descriptions (
    {cols}
  )
);

"""
        body = staging_sql(m, d) if m.layer == "staging" else derived_sql(m, index, d)
        out.put("models/%s/%s/%s.sql" % (m.layer, m.domain, m.name), head + body)


def write_dataform(out, sources, models, index, a):
    d = Dataform()
    out.put("workflow_settings.yaml", """defaultProject: peers
defaultLocation: US
defaultDataset: analytics
defaultAssertionDataset: assertions
""")
    out.put("package.json", '{\n  "name": "peers",\n  "private": true,\n  "dependencies": {"@dataform/core": "*"}\n}\n')
    out.put("includes/macros.js", """function safe_divide(num, den) {
  return `case when coalesce(${den}, 0) = 0 then 0 else cast(${num} as float64) / ${den} end`;
}
function cents_to_units(col) {
  return `cast(${col} as float64) / 100.0`;
}
function quoted_list(items) {
  return items.map(i => `'${i}'`).join(", ");
}
const live_statuses = ["active", "pending", "closed"];
module.exports = { safe_divide, cents_to_units, quoted_list, live_statuses };
""")
    out.put("definitions/sources.js", "\n".join(
        'declare({ schema: "raw", name: "%s", description: "Raw table %s." });' % (s, s) for s in sources) + "\n")
    for m in models:
        typ = {"view": "view", "ephemeral": "view", "table": "table", "incremental": "incremental"}[m.mat]
        cols = ",\n    ".join('%s: "%s"' % (c, describe(c)) for c in SHARED + m.cols)
        head = f"""config {{
  type: "{typ}",
  tags: ["{m.layer}", "{m.domain}"],
  description: "The {m.layer} model {m.name} of the {m.domain} domain.",
  columns: {{
    {cols}
  }},
  assertions: {{ uniqueKey: ["entity_id"], nonNull: ["entity_id"] }}
}}

"""
        body = staging_sql(m, d) if m.layer == "staging" else derived_sql(m, index, d)
        out.put("definitions/%s/%s/%s.sqlx" % (m.layer, m.domain, m.name), head + body)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("out")
    p.add_argument("--models", "-n", type=int, default=100)
    p.add_argument("--flavour", choices=["dbt", "sqlmesh", "dataform"], default="dbt")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--rows", type=int, default=50, help="rows per source table")
    p.add_argument("--data", choices=["sql", "csv", "none"], default="sql")
    p.add_argument("--threads", type=int, default=4)
    a = p.parse_args()
    sources, models = build_graph(a.models, a.seed)
    index = {m.name: m for m in models}
    out = Out(a.out)
    {"dbt": write_dbt, "sqlmesh": write_sqlmesh, "dataform": write_dataform}[a.flavour](
        out, sources, models, index, a)
    if a.data == "sql":
        out.put("raw_data.sql", raw_sql(sources, a.rows))
    out.put("graph.json", json.dumps({"models": {
        m.name: {"layer": m.layer, "level": m.level, "materialized": m.mat, "refs": m.refs,
                 "sources": [m.source] if m.source else [], "columns": SHARED + m.cols}
        for m in models}}, indent=1) + "\n")
    edges = sum(len(m.refs) for m in models)
    print("%s: %d models, %d sources, %d refs, %d levels, %d files, %.1f MB"
          % (a.flavour, len(models), len(sources), edges, 1 + max(m.level for m in models),
             out.files, out.bytes / 1e6))


if __name__ == "__main__":
    main()

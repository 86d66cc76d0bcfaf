{# DuckDB. #}
{% macro duckdb__any_value(expression) -%} arbitrary({{ expression }}) {%- endmacro %}
{% macro duckdb__current_timestamp() -%} now() {%- endmacro %}
{% macro duckdb__snapshot_get_time() -%} {{ current_timestamp() }}::timestamp {%- endmacro %}
{% macro duckdb__snapshot_string_as_time(timestamp) %}{{ return("'" ~ timestamp ~ "'::timestamp") }}{% endmacro %}
{% macro duckdb__date(year, month, day) -%} make_date({{ year }}, {{ month }}, {{ day }}) {%- endmacro %}
{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) %}

    {# DuckDB has no interval of a quarter; a week is counted in days. #}
    {%- set unit = datepart | lower -%}
    {%- set times, unit = {'quarter': (' * 3', 'month'), 'week': (' * 7', 'day')}.get(unit, ('', unit)) -%}
    {%- set count = 'cast(' ~ interval ~ ' as bigint)' -%}
    ({{ from_date_or_timestamp }} + {{ '(' ~ count ~ times ~ ')' if times else count }} * interval 1 {{ unit }}){% endmacro %}
{% macro duckdb__datediff(first_date, second_date, datepart) -%}
    {% if datepart == 'week' %}
            ({{ datediff(first_date, second_date, 'day') }} // 7 + case
            when date_part('dow', ({{ first_date }})::timestamp) <= date_part('dow', ({{ second_date }})::timestamp) then
                case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
            else
                case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
        end)
    {% else %}
        (date_diff('{{ datepart }}', {{ first_date }}::timestamp, {{ second_date }}::timestamp ))
    {% endif %}
{%- endmacro %}
{% macro duckdb__generate_series(upper_bound) %}
    select
        generate_series as generated_number
    from generate_series(1, {{ upper_bound }})
{% endmacro %}
{% macro duckdb__last_day(date, datepart) -%}
    {%- if datepart == 'quarter' -%}
    {%- set next = dbt.dateadd('month', '3', dbt.date_trunc(datepart, date)) -%}
    -- duckdb dateadd does not support quarter interval.
    cast(
        {{ dbt.dateadd('day', '-1', next) }}
        as date)
    {%- else -%}
    {{ dbt.default_last_day(date, datepart) }}
    {%- endif -%}
{%- endmacro %}
{% macro duckdb__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set ordered = order_by_clause or '' -%}
    {% if limit_num -%}
    list_aggr(
        (array_agg(
            {{ measure }}
            {{ ordered }}
        ))[1:{{ limit_num }}],
        'string_agg',
        {{ delimiter_text }}
        )
    {%- else %}
    string_agg(
        {{ measure }},
        {{ delimiter_text }}
        {{ ordered }}
        )
    {%- endif %}
{%- endmacro %}
{% macro duckdb__split_part(string_text, delimiter_text, part_number) %}
    string_split({{ string_text }}, {{ delimiter_text }})[ {{ part_number }} ]
{% endmacro %}
{% macro duckdb__get_columns_in_relation(relation) %}{{ return(adapter.get_columns_in_relation(relation)) }}{% endmacro %}
{% macro register_upstream_external_models() %}
    {% set seen = [] -%}
    {%- for id in selected_resources if execute and id in graph.nodes -%}
        {%- for parent in graph.nodes[id].depends_on.nodes if parent not in selected_resources and parent not in seen -%}
            {%- do seen.append(parent) -%}
            {%- set node = graph.nodes.get(parent) -%}
            {%- if node and node.config.materialized == 'external' -%}
                {%- set file = target.get('external_root', '.') ~ '/' ~ node.alias ~ '.' ~ node.config.get('format', 'parquet') -%}
                {%- set view = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
                {%- do run_query('create schema if not exists ' ~ view.without_identifier()) -%}
                {%- do run_query('create or replace view ' ~ view ~ " as select * from '" ~ node.config.get('location', file) ~ "'") -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor %}
{% endmacro %}

{# Microsoft Fabric and Synapse: most of it is SQL Server's. #}
{% macro fabric__any_value(expression) %}{{ return(sqlserver__any_value(expression)) }}{% endmacro %}
{% macro fabric__array_append(array, new_element) %}{{ return(sqlserver__array_append(array, new_element)) }}{% endmacro %}
{% macro fabric__array_concat(array_1, array_2) -%}
    {%- set is_empty -%}
    COALESCE(JSON_VALUE(%s, '$[0]'), JSON_QUERY(%s, '$[0]')) IS NULL
    {%- endset -%}
    CASE
        WHEN {{ is_empty | replace('%s', array_1) }} THEN
            CASE
                WHEN {{ is_empty | replace('%s', array_2) }} THEN '[]'
                ELSE {{ array_2 }}
            END
        WHEN {{ is_empty | replace('%s', array_2) }} THEN {{ array_1 }}
        ELSE CONCAT(
            LEFT({{ array_1 }}, LEN({{ array_1 }}) - 1),
            ',',
            STUFF({{ array_2 }}, 1, 1, '')
        )
    END
{%- endmacro %}
{% macro fabric__array_construct(inputs, data_type) -%}
    {%- set type = ' RETURNING JSON' if data_type | lower == 'json' else '' %}
    JSON_ARRAY({{ inputs | join(', ') if inputs else 'NULL' }}{{ type }})
{%- endmacro %}
{% macro fabric__bool_or(expression) -%}
    MAX(
        CASE
            WHEN {{ expression }} THEN 1
            ELSE 0
        END
    )
{%- endmacro %}
{% macro fabric__cast_bool_to_text(field) %}{{ return(sqlserver__cast_bool_to_text(field)) }}{% endmacro %}
{% macro fabric__concat(fields) %}{{ return(sqlserver__concat(fields)) }}{% endmacro %}
{% macro fabric__current_timestamp() %}{{ return(sqlserver__current_timestamp()) }}{% endmacro %}
{% macro fabric__snapshot_string_as_time(timestamp) %}{{ return(sqlserver__snapshot_string_as_time(timestamp)) }}{% endmacro %}
{% macro fabric__date(year, month, day) %}{{ return(modules.datetime.date(year, month, day)) }}{% endmacro %}
{% macro fabric__date_trunc(datepart, date) %}{{ return(sqlserver__date_trunc(datepart, date)) }}{% endmacro %}
{% macro fabric__dateadd(datepart, interval, from_date_or_timestamp) %}{{ return(sqlserver__dateadd(datepart, interval, from_date_or_timestamp)) }}{% endmacro %}
{% macro fabric__get_intervals_between(start_date, end_date, datepart) %}{{ return(dbt.default__get_intervals_between(start_date, end_date, datepart)) }}{% endmacro %}
{% macro fabric__date_spine(datepart, start_date, end_date) %}

    {% set count = fabric__get_intervals_between(start_date, end_date, datepart) %}

    with raw_data as (
        {{ fabric__generate_series(count) }}
    ),
    all_periods as (
        select (
            {{ dbt.dateadd(datepart, 'row_number() over (order by generated_number) - 1', start_date) }}
        ) as date_{{ datepart }}
        from raw_data
    )

    select *
    from all_periods
    where date_{{ datepart }} < {{ end_date }}

{% endmacro %}
{% macro fabric__generate_series(upper_bound) %}
    {% set powers = dbt.get_powers_of_two(upper_bound) %}

    {% set blank = '\n            \n        ' %}
    {% for power in range(1, 100) %}
        {{ blank if power == powers }}
    {% endfor %}

    {% set bits = range(powers) %}
    with fabric_powers_of_two as (
        select 0 as generated_number
        union all
        select 1
    ),
    fabric_generated_series as (
        select
            {% for i in bits %}
            p{{ i }}.generated_number * power(2, {{ i }})
            {{ ' + ' if not loop.last }}
            {% endfor %}
            + 1 as generated_number
        from
            {% for i in bits %}
            fabric_powers_of_two as p{{ i }}
            {{ ' cross join ' if not loop.last }}
            {% endfor %}
    )

    select generated_number
    from fabric_generated_series
    where generated_number <= {{ upper_bound }}
{% endmacro %}
{% macro fabric__hash(field) %}
    lower(convert(varchar(50), hashbytes('md5', coalesce(convert(varchar(max), {{ field }}), '')), 2))
{% endmacro %}
{% macro fabric__last_day(date, datepart) %}{{ return(sqlserver__last_day(date, datepart)) }}{% endmacro %}
{% macro fabric__length(expression) %}{{ return(sqlserver__length(expression)) }}{% endmacro %}
{% macro fabric__listagg(measure, delimiter_text, order_by_clause, limit_num) %}{{ return(sqlserver__listagg(measure, delimiter_text, order_by_clause, limit_num)) }}{% endmacro %}
{% macro fabric__position(substring_text, string_text) %}{{ return(sqlserver__position(substring_text, string_text)) }}{% endmacro %}
{% macro fabric__safe_cast(field, type) %}{{ return(sqlserver__safe_cast(field, type)) }}{% endmacro %}
{# `string_split` takes one character, so the delimiter becomes one that no text has. #}
{% macro fabric__split_part(string_text, delimiter_text, part_number) %}
    (
        select value
        from
            (select
                value,
                row_number() over (order by ordinal asc) as forward_index,
                row_number() over (order by ordinal desc) as backward_index
            from string_split(
                replace({{ string_text }}, {{ delimiter_text }}, char(1)),
                char(1), 1
            )) as SplitData
        where {{ 'forward' if part_number > 0 else 'backward' }}_index = {{ part_number | abs }}
    )
{% endmacro %}
{% macro fabric__type_timestamp() -%} datetime2(6) {%- endmacro %}
{% macro fabric__information_schema_name(database) -%} information_schema {%- endmacro %}
{% macro fabric__information_schema_hints() %}{% endmacro %}
{% macro fabric__get_binding_char() %}{{ return('?') }}{% endmacro %}
{% macro fabric__get_use_database_sql(database) -%}
    {%- if database is not none -%}
    USE [{{ database | replace('[', '') | replace(']', '') | replace('"', '') }}];
    {%- endif -%}
{%- endmacro %}
{% macro fabric__get_limit_sql(sql, limit) %}{{ return(sqlserver__get_limit_sql(sql, limit)) }}{% endmacro %}
{% macro fabric__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    with __dbt_sbq_tmp as (
        {{ select_sql }}
    )
    select * from __dbt_sbq_tmp
    where 0 = 1
{% endmacro %}
{% macro fabric__get_columns_in_query(select_sql) %}
    {%- call statement('get_columns_in_query', fetch_result=True, auto_begin=False) -%}
    with __dbt_sbq as
    (
        {{ select_sql }}
    )
    select top 0 *
    from __dbt_sbq
    where 0 = 1
    {%- endcall -%}
    {%- set answer = load_result('get_columns_in_query') -%}
    {{ return(answer.table.columns | map(attribute='name') | list if answer else []) }}
{% endmacro %}
{# There is no `true` in T-SQL. #}
{% macro fabric__test_accepted_values(model, column_name, values, quote=True) %}

with all_values as (

    select
        {{ column_name }} as value_field,
        count(*) as n_records

    from {{ model }}
    group by {{ column_name }}

)

select *
from all_values
where value_field not in (
    {% for value in values -%}
        {%- if quote -%}
        '{{ value }}'
        {%- elif value is boolean or value | string | upper in ('TRUE', 'FALSE') -%}
        {{ '\n        ' }}'{{ value | string | upper }}'
        {%- else -%}
        {{ value }}
        {%- endif -%}
        {{ ',' if not loop.last }}
    {%- endfor %}
)

{% endmacro %}

{# Microsoft SQL Server, and what Fabric takes over from it. #}
{% macro sqlserver__generate_schema_name(custom_schema_name, node) -%}
    {%- if adapter.behavior.dbt_sqlserver_use_default_schema_concat or var('dbt_sqlserver_use_default_schema_concat', false) -%}
        {{ default__generate_schema_name(custom_schema_name, node) }}
    {%- else -%}
        {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
{% macro sqlserver__any_value(expression) -%}

    min({{ expression }})

{%- endmacro %}
{% macro sqlserver__array_append(array, new_element) -%} JSON_MODIFY({{ array }}, 'append $', {{ new_element }}) {%- endmacro %}
{% macro sqlserver__array_construct(inputs, data_type) -%} JSON_ARRAY({{ inputs | join(' , ') }}) {%- endmacro %}
{% macro sqlserver__cast_bool_to_text(field) %}
    case {{ field }}
        when 1 then 'true'
        when 0 then 'false'
        else null
    end
{% endmacro %}
{% macro sqlserver__concat(fields) %}{{ return('concat(' ~ fields | join(', ') ~ ')' if fields | length > 1 else fields | join) }}{% endmacro %}
{% macro sqlserver__current_timestamp() -%} CAST(SYSDATETIME() AS DATETIME2(6)) {%- endmacro %}
{% macro sqlserver__snapshot_string_as_time(timestamp) %}{{ return("CONVERT(DATETIME2(6), '" ~ timestamp ~ "')") }}{% endmacro %}
{% macro sqlserver__date_trunc(datepart, date) %}
    CAST(DATEADD({{ datepart }}, DATEDIFF({{ datepart }}, 0, {{ date }}), 0) AS DATE)
{% endmacro %}
{% macro sqlserver__dateadd(datepart, interval, from_date_or_timestamp) %}

    dateadd(
        {{ datepart }},
        {{ interval }},
        cast({{ from_date_or_timestamp }} as datetime2(6))
        )

{% endmacro %}
{% macro sqlserver__hash(field) %}
    lower(convert(varchar(50), hashbytes('md5', coalesce(convert(varchar(8000), {{ field }}), '')), 2))
{% endmacro %}
{% macro sqlserver__last_day(date, datepart) -%}
    {%- if datepart == 'month' -%}
        EOMONTH ( {{ date }})
    {%- elif datepart in ('quarter', 'year') -%}
        {%- set shown = 'QUARTER' if datepart == 'quarter' else datepart -%}
        CAST(DATEADD({{ datepart | upper }}, DATEDIFF({{ shown }}, 0, {{ date }}) + 1, -1) AS DATE)
    {%- else -%}
        {{ dbt.default_last_day(date, datepart) }}
    {%- endif -%}
{%- endmacro %}
{% macro sqlserver__length(expression) %}

    len( {{ expression }} )

{%- endmacro %}
{% macro sqlserver__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    string_agg({{ measure }}, {{ delimiter_text }})
    {%- if order_by_clause is not none %}
            within group ({{ order_by_clause }})
    {%- endif %}
{%- endmacro %}
{% macro sqlserver__position(substring_text, string_text) %}

    CHARINDEX(
        {{ substring_text }},
        {{ string_text }}
    )

{%- endmacro %}
{% macro sqlserver__safe_cast(field, type) %}
    try_cast({{ field }} as {{ type }})
{% endmacro %}
{# Pieces are made nodes of a small document, which every version can count. #}
{% macro sqlserver__split_part(string_text, delimiter_text, part_number) %}
    {% set wanted = part_number if part_number >= 0 else 'position() = last()' ~ part_number ~ '+1][1' %}
        LTRIM(CAST(('<X>'+REPLACE({{ string_text }},{{ delimiter_text }} ,'</X><X>')+'</X>') AS XML).value('(/X)[{{ wanted }}]', 'VARCHAR(128)'))
    
{% endmacro %}
{% macro sqlserver__information_schema_name(database) -%} information_schema {%- endmacro %}
{% macro sqlserver__get_binding_char() %}{{ return('?') }}{% endmacro %}
{% macro information_schema_hints() %}{{ return(adapter.dispatch('information_schema_hints')()) }}{% endmacro %}
{% macro default__information_schema_hints() %}{% endmacro %}
{% macro sqlserver__information_schema_hints() %}with (nolock){% endmacro %}
{% macro get_use_database_sql(database) %}{{ return(adapter.dispatch('get_use_database_sql', 'dbt')(database)) }}{% endmacro %}
{% macro sqlserver__get_use_database_sql(database) -%} USE {{ adapter.quote(database | replace('"', '')) }}; {%- endmacro %}
{% macro sqlserver__get_limit_sql(sql, limit) %}
    {%- if limit is none or limit == -1 -%}
        {{ sql }}
    {%- elif sql.strip().splitlines()[-1].strip().lower().startswith('order by') -%}
        {{ sql }}
        offset 0 rows  fetch first {{ limit }} rows only
    {%- else -%}
        {{ sql }}
        order by (select null) offset 0 rows fetch first {{ limit }} rows only
    {%- endif -%}
{% endmacro %}
{# A statement with CTEs can't be a subquery here. #}
{% macro sqlserver__select_starts_with_cte(select_sql) %}
    {%- set plain = modules.re.sub('(?s)/\\*.*?\\*/|--[^\n]*\n', '', select_sql) -%}
    {{ return(plain.strip().lower().startswith('with')) }}
{% endmacro %}
{% macro sqlserver__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {% if sqlserver__select_starts_with_cte(select_sql) %}
        {{ select_sql }}
    {% else -%}
        select * from (
        {{ select_sql }}
    ) dbt_sbq_tmp
    where 1 = 0
    {%- endif -%}

{% endmacro %}
{% macro sqlserver__get_columns_in_query(select_sql) %}
    {%- call statement('get_columns_in_query', fetch_result=True, auto_begin=False) -%}
    {%- if sqlserver__select_starts_with_cte(select_sql) -%}
    exec sp_describe_first_result_set @tsql = N'{{ escape_single_quotes(select_sql) }}'
    {%- else -%}
    select top 0 * from (
        {{ select_sql }}
    ) as __dbt_sbq
    where 0 = 1
    {%- endif -%}
    {%- endcall -%}
    {%- set answer = load_result('get_columns_in_query') -%}
    {{ return(answer.table.columns | map(attribute='name') | list if answer else []) }}
{% endmacro %}
{% macro sqlserver__make_temp_relation(base_relation, suffix='__dbt_temp') %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}{% endmacro %}
{% macro sqlserver__openquery(server_name, remote_sql) -%}
    {%- set text = remote_sql | replace('\r', '') | replace("'", "''") -%}
    {%- if execute and not (server_name or '') | trim -%}
        {{ exceptions.raise_compiler_error("openquery: server_name must not be empty, got: '" ~ server_name ~ "'") }}
    {%- elif execute and not (remote_sql or '') | trim -%}
        {{ exceptions.raise_compiler_error('openquery: remote_sql must not be empty') }}
    {%- elif execute and text | length > 8000 -%}
        {{ exceptions.raise_compiler_error('openquery: the query has ' ~ text | length ~ ' characters after escaping, and OPENQUERY takes 8000') }}
    {%- endif -%}
    OPENQUERY({{ adapter.quote(server_name) }}, '{{ text }}')
{%- endmacro %}

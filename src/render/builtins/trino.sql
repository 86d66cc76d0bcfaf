{# Trino, and what Athena takes over from it. #}
{% macro trino__any_value(expression) -%} min({{ expression }}) {%- endmacro %}
{% macro trino__array_append(array, new_element) -%} {{ array_concat(array, array_construct([new_element])) }} {%- endmacro %}
{% macro trino__array_concat(array_1, array_2) -%} concat({{ array_1 }}, {{ array_2 }}) {%- endmacro %}
{% macro trino__array_construct(inputs, data_type) %}{{ return('array[ ' ~ inputs | join(' , ') ~ ' ]' if inputs else 'null') }}{% endmacro %}
{% macro trino__current_timestamp() -%} current_timestamp {%- endmacro %}
{% macro trino__snapshot_string_as_time(timestamp) %}{{ return("timestamp '" ~ timestamp ~ "'") }}{% endmacro %}
{% macro trino__dateadd(datepart, interval, from_date_or_timestamp) -%} date_add('{{ datepart }}', {{ interval }}, {{ from_date_or_timestamp }}) {%- endmacro %}
{% macro trino__datediff(first_date, second_date, datepart) -%}
    {%- set first, last = 'CAST(' ~ first_date ~ ' AS TIMESTAMP)', 'CAST(' ~ second_date ~ ' AS TIMESTAMP)' -%}
    {%- set calendar = {'quarter': 4, 'month': 12} -%}
    {%- set clock = {'hour': ('day', 24), 'minute': ('hour', 60), 'second': ('minute', 60)} -%}
    {%- if datepart == 'year' -%}
        (year({{ last }}) - year({{ first }}))
    {%- elif datepart in calendar -%}
        ({{ datediff(first_date, second_date, 'year') }} * {{ calendar[datepart] }}) + {{ datepart }}({{ last }}) - {{ datepart }}({{ first }})
    {%- elif datepart in clock -%}
        ({{ datediff(first_date, second_date, clock[datepart][0]) }} * {{ clock[datepart][1] }} + {{ datepart }}({{ last }}) - {{ datepart }}({{ first }}))
    {%- elif datepart == 'day' -%}
        ((to_milliseconds((CAST({{ last }} AS DATE) - CAST({{ first }} AS DATE)))) / 86400000)
    {%- elif datepart == 'week' -%}
        ({{ datediff(first_date, second_date, 'day') }} / 7 + case
            when dow({{ first }}) <= dow({{ last }}) then
                case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
            else
                case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
        end)
    {%- elif datepart == 'millisecond' -%}
        (to_milliseconds(({{ last }} - {{ first }})))
    {%- elif execute -%}
        {{ exceptions.raise_compiler_error("Unsupported datepart for macro datediff in Trino: '" ~ datepart ~ "'") }}
    {%- endif -%}
{%- endmacro %}
{% macro trino__date_spine(datepart, start_date, end_date) %}


    {# All dates from the first to the last, whatever they are written as. #}


    with rawdata as (

        {{ dbt.generate_series(dbt.get_intervals_between(start_date, end_date, datepart)) }}

    ),

    all_periods as (

        select (
            {{ dbt.dateadd(datepart, 'row_number() over (order by 1) - 1', 'cast(' ~ start_date ~ ' as date)') }}
        ) as date_{{ datepart }}
        from rawdata

    ),

    filtered as (

        select *
        from all_periods
    where date_{{ datepart }} <= cast({{ end_date }} as date)

    )

    select * from filtered

{% endmacro %}
{% macro trino__hash(field) -%} lower(to_hex(md5(to_utf8(cast({{ field }} as varchar))))) {%- endmacro %}
{% macro trino__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set all = ' array_agg(' ~ measure ~ ' ' ~ (order_by_clause or '') ~ ') ' -%}
    {%- set kept = ' slice(' ~ all ~ ', 1, ' ~ limit_num ~ ') ' if limit_num else all -%}
    {%- do return(' array_join(' ~ kept ~ ', ' ~ delimiter_text ~ ') ') -%}
{%- endmacro %}
{% macro trino__right(string_text, length_expression) %}
    case when {{ length_expression }} = 0
        then ''
    else
        substr({{ string_text }}, -1 * ({{ length_expression }}))
    end
{%- endmacro %}
{% macro trino__safe_cast(field, type) -%} try_cast({{ field }} as {{ type }}) {%- endmacro %}
{% macro trino__split_part(string_text, delimiter_text, part_number) %}
  {% if part_number >= 0 %}
    {{ dbt.default__split_part(string_text, delimiter_text, part_number) }}
  {% else %}
    {{ dbt._split_part_negative(string_text, delimiter_text, part_number) }}
  {% endif %}
{% endmacro %}
{% macro trino__type_float() -%} double {%- endmacro %}
{% macro trino__type_int() -%} integer {%- endmacro %}
{% macro trino__type_numeric() -%} decimal(28, 6) {%- endmacro %}
{% macro trino__type_string() -%} varchar {%- endmacro %}
{% macro trino__get_binding_char() %}{{ return('?' if target.get('prepared_statements_enabled', true) | as_bool else '%s') }}{% endmacro %}
{% macro is_galaxy_functions_schema(relation) %}{{ return(relation.database | lower == 'galaxy' and relation.schema | lower == 'functions') }}{% endmacro %}
{# Starburst Galaxy has one schema for functions, whose name takes no prefix. #}
{% macro trino__generate_schema_name(custom_schema_name, node) -%}
    {%- set wanted = custom_schema_name | trim if custom_schema_name is not none else '' -%}
    {{ wanted if wanted | lower == 'functions' and node is not none and node.database | lower == 'galaxy' else dbt.default__generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}

{# PostgreSQL, and what Redshift takes over from it. #}
{% macro postgres__any_value(expression) -%} min({{ expression }}) {%- endmacro %}
{% macro postgres__current_timestamp() -%} now() {%- endmacro %}
{% macro postgres__snapshot_get_time() -%} {{ current_timestamp() }}::timestamp without time zone {%- endmacro %}
{% macro postgres__snapshot_string_as_time(timestamp) %}{{ return("'" ~ timestamp ~ "'::timestamp without time zone") }}{% endmacro %}
{% macro postgres__information_schema_name(database) -%} information_schema {%- endmacro %}
{% macro postgres__current_timestamp_backcompat() %}
    current_timestamp::{{ type_timestamp() }}
{% endmacro %}
{% macro postgres__current_timestamp_in_utc_backcompat() %}
    (current_timestamp at time zone 'utc')::{{ type_timestamp() }}
{% endmacro %}
{% macro postgres__dateadd(datepart, interval, from_date_or_timestamp) %}

    {{ from_date_or_timestamp }} + ((interval '1 {{ datepart }}') * ({{ interval }}))

{% endmacro %}
{% macro postgres__datediff(first_date, second_date, datepart) -%}
    {%- set first, second = '(' ~ first_date ~ ')::', '(' ~ second_date ~ ')::' -%}
    {%- set coarser = {'quarter': ('year', ' * 4'), 'month': ('year', ' * 12'), 'hour': ('day', ' * 24'), 'minute': ('hour', ' * 60'), 'second': ('minute', ' * 60'), 'millisecond': ('minute', ' * 60000'), 'microsecond': ('minute', ' * 60000000')} -%}
    {%- set type = 'date' if datepart in ('year', 'quarter', 'month') else 'timestamp' -%}
    {%- set before, after = ('floor(', ')') if datepart in ('second', 'millisecond', 'microsecond') else ('', '') -%}
    {%- set steps -%}
        {{ before }}date_part('{{ datepart }}', {{ second }}{{ type }}){{ after }} - {{ before }}date_part('{{ datepart }}', {{ first }}{{ type }}){{ after }}
    {%- endset -%}
    {% if datepart == 'year' %}
        ({{ steps }})
    {% elif datepart == 'day' %}
        ({{ second }}date - {{ first }}date)
    {% elif datepart == 'week' %}
        ({{ datediff(first_date, second_date, 'day') }} / 7 + case
            when date_part('dow', {{ first }}timestamp) <= date_part('dow', {{ second }}timestamp) then
                case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
            else
                case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
        end)
    {% elif datepart in coarser %}
        ({{ datediff(first_date, second_date, coarser[datepart][0]) }}{{ coarser[datepart][1] }} + {{ steps }})
    {% else %}
        {{ exceptions.raise_compiler_error("Unsupported datepart for macro datediff in postgres: '" ~ datepart ~ "'") }}
    {% endif %}
{%- endmacro %}
{% macro postgres__equals(expr1, expr2) -%}
{%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn %}
    ({{ expr1 }} IS NOT DISTINCT FROM {{ expr2 }})
{%- else -%}
    ({{ expr1 }} = {{ expr2 }})
{%- endif %}
{%- endmacro %}
{% macro postgres__last_day(date, datepart) -%}
    {%- if datepart == 'quarter' -%}
    {%- set next = dbt.dateadd('month', '3', dbt.date_trunc(datepart, date)) -%}
    -- postgres dateadd does not support quarter interval.
    cast(
        {{ dbt.dateadd('day', '-1', next) }}
        as date)
    {%- else -%}
    {{ dbt.default_last_day(date, datepart) }}
    {%- endif -%}
{%- endmacro %}
{% macro postgres__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set ordered = order_by_clause or '' -%}
    {% if limit_num -%}
    array_to_string(
        (array_agg(
            {{ measure }}
            {{ ordered }}
        ))[1:{{ limit_num }}],
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
{% macro postgres__split_part(string_text, delimiter_text, part_number) %}

  {% if part_number >= 0 %}
    {{ dbt.default__split_part(string_text, delimiter_text, part_number) }}
  {% else %}
    {{ dbt._split_part_negative(string_text, delimiter_text, part_number) }}
  {% endif %}

{% endmacro %}

{# Amazon Athena, where it differs from Trino. #}
{% macro athena__any_value(expression) -%} arbitrary({{ expression }}) {%- endmacro %}
{% macro athena__array_append(array, new_element) -%} {{ array }} || {{ new_element }} {%- endmacro %}
{% macro athena__array_concat(array_1, array_2) -%} {{ array_1 }} || {{ array_2 }} {%- endmacro %}
{% macro athena__array_construct(inputs, data_type) -%}
    {% if inputs %}
    array[ {{ inputs | join(' , ') }} ]
    {% else %}
    {{ safe_cast('array[]', 'array(' ~ data_type ~ ')') }}
    {% endif %}
{%- endmacro %}
{# Iceberg's tables keep microseconds, and nothing else. #}
{% macro cast_timestamp(timestamp_col) -%}
    {%- set own = model.get('config', {}) -%}
    {%- set precise = own.get('table_type', 'hive') == 'iceberg' and own.get('materialized', 'table') not in ['view', 'ephemeral'] -%}
    cast({{ timestamp_col }} as timestamp{{ '(6)' if precise }})
{%- endmacro %}
{% macro athena__current_timestamp() -%} {{ cast_timestamp('now()') }} {%- endmacro %}
{% macro end_of_time() -%} {{ return(adapter.dispatch('end_of_time')()) }} {%- endmacro %}
{% macro athena__end_of_time() -%} cast('9999-01-01' AS timestamp) {%- endmacro %}
{% macro athena__dateadd(datepart, interval, from_date_or_timestamp) %}{{ return(trino__dateadd(datepart, interval, from_date_or_timestamp)) }}{% endmacro %}
{% macro athena__datediff(first_date, second_date, datepart) %}{{ return(trino__datediff(first_date, second_date, datepart)) }}{% endmacro %}
{% macro athena__equals(expr1, expr2) -%}
{%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn %}
    ({{ expr1 }} IS NOT DISTINCT FROM {{ expr2 }})
{%- else -%}
    ({{ expr1 }} = {{ expr2 }})
{%- endif %}
{%- endmacro %}
{% macro athena__hash(field) %}{{ return(trino__hash(field)) }}{% endmacro %}
{% macro athena__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    array_join(
    {%- if limit_num %}
          slice(
    {%- endif %}
          array_agg(
              {{ measure }}{{ '\n                ' ~ order_by_clause if order_by_clause }}
          )
    {%- if limit_num %}
            , 1, {{ limit_num }}
          )
    {%- endif %}
        , {{ delimiter_text }}
    )
{%- endmacro %}
{% macro athena__right(string_text, length_expression) %}{{ return(trino__right(string_text, length_expression)) }}{% endmacro %}
{% macro athena__safe_cast(field, type) %}{{ return(trino__safe_cast(field, type)) }}{% endmacro %}
{% macro athena__type_float() -%} DOUBLE {%- endmacro %}
{% macro athena__type_int() -%} INTEGER {%- endmacro %}
{% macro athena__type_numeric() -%} DECIMAL(38,6) {%- endmacro %}
{% macro athena__type_string() -%} VARCHAR {%- endmacro %}
{# Athena names its types in one way where tables are made and in another where they are asked. #}
{% macro ddl_data_type(col_type, table_type='hive') -%}
    {%- set type = modules.re.sub('(?:varchar|character varying)(?:\\(\\d+\\))?', 'string', col_type) -%}
    {%- if 'array' in type or 'map' in type %}{% set type = type.replace('(', '<').replace(')', '>') %}{% endif -%}
    {%- set type = type.replace('integer', 'int') -%}
    {%- if table_type == 'iceberg' and 'binary' in type %}{% set type = 'binary' %}
    {%- elif table_type == 'iceberg' and 'timestamp' in type %}{% set type = 'timestamp' %}{% endif -%}
    {{ return(type) }}
{%- endmacro %}
{% macro dml_data_type(col_type) -%}
    {{ return(col_type.replace('string', 'varchar').replace('float', 'real')) }}
{%- endmacro %}

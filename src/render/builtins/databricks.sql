{# Databricks, where it differs from Spark. #}
{% macro databricks__generate_database_name(custom_database_name=none, node=none) %}{{ return(dbt.default__generate_database_name(custom_database_name, node)) }}{% endmacro %}
{% macro databricks__dateadd(datepart, interval, from_date_or_timestamp) %}
    {%- if adapter.has_dbr_capability('timestampdiff') -%}
    timestampadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
    {%- else -%}
    {{ spark__dateadd(datepart, interval, from_date_or_timestamp) }}
    {%- endif -%}
{% endmacro %}
{% macro databricks__datediff(first_date, second_date, datepart) %}
    {%- if adapter.has_dbr_capability('timestampdiff') -%}
    timestampdiff({{ datepart }}, {{ date_trunc(datepart, first_date) }}, {{ date_trunc(datepart, second_date) }})
    {%- else -%}
    {{ spark__datediff(first_date, second_date, datepart) }}
    {%- endif -%}
{% endmacro %}
{% macro databricks__split_part(string_text, delimiter_text, part_number) %}
    {#- `get()` gives null where there are fewer pieces. -#}
    {%- set part = spark__split_part(string_text, delimiter_text, part_number) -%}
    {%- set opening = ')[(' ~ ('' if part_number < 0 else part_number - 1 if part_number > 0 else part_number) -%}
    {%- set closed = part.replace('split(', 'get(split(', 1).replace(opening, '), ' ~ opening[3:], 1) -%}
    {{ return(closed.replace(')]', ')', 1)) }}
{% endmacro %}
{% macro databricks__make_intermediate_relation(base_relation, suffix) %}{{ return(spark__make_temp_relation(base_relation, suffix)) }}{% endmacro %}

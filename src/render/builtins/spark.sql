{# Apache Spark and Databricks. #}
{% macro spark__generate_database_name(custom_database_name=none, node=none) %}{% do return(none) %}{% endmacro %}
{% macro spark__any_value(expression) -%} first({{ expression }}) {%- endmacro %}
{% macro spark__current_timestamp() -%} current_timestamp() {%- endmacro %}
{% macro spark__snapshot_string_as_time(timestamp) %}{{ return("to_timestamp('" ~ timestamp ~ "')") }}{% endmacro %}
{% macro spark__array_append(array, new_element) -%} {{ array_concat(array, array_construct([new_element])) }} {%- endmacro %}
{% macro spark__array_concat(array_1, array_2) -%} concat({{ array_1 }}, {{ array_2 }}) {%- endmacro %}
{% macro spark__array_construct(inputs, data_type) -%} array( {{ inputs | join(' , ') }} ) {%- endmacro %}
{% macro assert_not_null(function, arg) %}{{ return(adapter.dispatch('assert_not_null', 'dbt')(function, arg)) }}{% endmacro %}
{% macro spark__assert_not_null(function, arg) %}

    coalesce({{ function }}({{ arg }}), nvl2({{ function }}({{ arg }}), assert_true({{ function }}({{ arg }}) is not null), null))

{% endmacro %}
{% macro spark__bool_or(expression) -%} max({{ expression }}) {%- endmacro %}
{% macro spark__concat(fields) -%} concat({{ fields | join(', ') }}) {%- endmacro %}
{% macro spark__date(year, month, day) -%}
    to_date('{{ modules.datetime.date(year, month, day).strftime('%Y-%m-%d') }}', 'yyyy-MM-dd')
{%- endmacro %}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) %}
    {%- set day = assert_not_null('date', from_date_or_timestamp) -%}
    {%- set clock_component -%}
        {# What the day leaves over. #}
        to_unix_timestamp({{ assert_not_null('to_timestamp', from_date_or_timestamp) }})
        - to_unix_timestamp({{ day }})
    {%- endset -%}
    {%- set days = {'day': 1, 'week': 7} -%}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12} -%}
    {%- set seconds = {'hour': '3600', 'minute': '60', 'second': '1', 'millisecond': '(1/1000000)', 'microsecond': '(1/1000000)'} -%}

    {%- if datepart in days or datepart in months -%}
        to_timestamp(
            to_unix_timestamp(
                {{ 'date_add' if datepart in days else 'add_months' }}(
                    {{ day }},
                    cast({{ interval }} * {{ days.get(datepart) or months[datepart] }} as int)
                )
            ) + {{ clock_component }}
        )

    {%- elif datepart in seconds -%}
        to_timestamp(
            {{ assert_not_null('to_unix_timestamp', from_date_or_timestamp) }}
            + cast({{ interval }} * {{ seconds[datepart] }} as int)
        )

    {%- else -%}
        {{ exceptions.raise_compiler_error("macro dateadd not implemented for datepart '" ~ datepart ~ "' on Spark") }}
    {%- endif -%}
{% endmacro %}
{% macro spark__datediff(first_date, second_date, datepart) %}
    {%- if datepart in ['day', 'week', 'month', 'quarter', 'year'] -%}
        {# Fail early if these are no dates. #}
        {% set first_date = assert_not_null('date', first_date) %}
        {% set second_date = assert_not_null('date', second_date) %}
    {%- endif -%}
    {%- set seconds = {'hour': '3600', 'minute': '60', 'second': '1', 'millisecond': '(1/1000)', 'microsecond': '(1/1000000)'} -%}

    {%- if datepart == 'day' -%}
        datediff({{ second_date }}, {{ first_date }})
    {%- elif datepart == 'year' -%}
        year({{ second_date }}) - year({{ first_date }})
    {%- elif datepart == 'week' -%}
        case when {{ first_date }} < {{ second_date }}
            then floor(datediff({{ second_date }}, {{ first_date }})/7)
            else ceil(datediff({{ second_date }}, {{ first_date }})/7)
            end

        -- did we cross a week boundary (Sunday)?
        + case
            when {{ first_date }} < {{ second_date }} and dayofweek({{ second_date }}) < dayofweek({{ first_date }}) then 1
            when {{ first_date }} > {{ second_date }} and dayofweek({{ second_date }}) > dayofweek({{ first_date }}) then -1
            else 0 end

    {%- elif datepart == 'month' -%}
        case when {{ first_date }} < {{ second_date }}
            then floor(months_between(date({{ second_date }}), date({{ first_date }})))
            else ceil(months_between(date({{ second_date }}), date({{ first_date }})))
            end

        -- did we cross a month boundary?
        + case
            when {{ first_date }} < {{ second_date }} and dayofmonth({{ second_date }}) < dayofmonth({{ first_date }}) then 1
            when {{ first_date }} > {{ second_date }} and dayofmonth({{ second_date }}) > dayofmonth({{ first_date }}) then -1
            else 0 end

    {%- elif datepart == 'quarter' -%}
        case when {{ first_date }} < {{ second_date }}
            then floor(months_between(date({{ second_date }}), date({{ first_date }}))/3)
            else ceil(months_between(date({{ second_date }}), date({{ first_date }}))/3)
            end

        -- did we cross a quarter boundary?
        + case
            when {{ first_date }} < {{ second_date }} and (
                (dayofyear({{ second_date }}) - (quarter({{ second_date }}) * 365/4))
                < (dayofyear({{ first_date }}) - (quarter({{ first_date }}) * 365/4))
            ) then 1
            when {{ first_date }} > {{ second_date }} and (
                (dayofyear({{ second_date }}) - (quarter({{ second_date }}) * 365/4))
                > (dayofyear({{ first_date }}) - (quarter({{ first_date }}) * 365/4))
            ) then -1
            else 0 end

    {%- elif datepart in seconds -%}
        {%- set last = assert_not_null('to_unix_timestamp', assert_not_null('to_timestamp', second_date)) -%}
        {%- set start = assert_not_null('to_unix_timestamp', assert_not_null('to_timestamp', first_date)) -%}
        case when {{ first_date }} < {{ second_date }}
            then ceil((
                
                {{ last }}
                - {{ start }}
            ) / {{ seconds[datepart] }})
            else floor((
                {{ last }}
                - {{ start }}
            ) / {{ seconds[datepart] }})
            end

            {% if datepart == 'millisecond' %}
                + cast(date_format({{ second_date }}, 'SSS') as int)
                - cast(date_format({{ first_date }}, 'SSS') as int)
            {% endif %}

            {% if datepart == 'microsecond' %}
                {% set fraction = '[0-9]{4}-[0-9]{2}-[0-9]{2}.[0-9]{2}:[0-9]{2}:[0-9]{2}.([0-9]{6})' %}
                -- Spark doesn't really support microseconds, so this is a massive hack!
                -- It will only work if the timestamp-string is of the format
                -- 'yyyy-MM-dd-HH mm.ss.SSSSSS'
                + cast(regexp_extract({{ second_date }}, '{{ fraction }}', 1) as int)
                - cast(regexp_extract({{ first_date }}, '{{ fraction }}', 1) as int)
            {% endif %}

    {%- else -%}
        {{ exceptions.raise_compiler_error("macro datediff not implemented for datepart '" ~ datepart ~ "' on Spark") }}
    {%- endif -%}
{% endmacro %}
{% macro spark__escape_single_quotes(expression) -%} {{ expression | replace("'", "\\'") }} {%- endmacro %}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- if order_by_clause %}{{ exceptions.warn('order_by_clause is not supported for listagg on Spark/Databricks') }}{% endif -%}
    {%- set all = ' collect_list(' ~ measure ~ ') ' -%}
    {%- set kept = ' slice(' ~ all ~ ', 1, ' ~ limit_num ~ ') ' if limit_num else all -%}
    {%- do return(' array_join(' ~ kept ~ ', ' ~ delimiter_text ~ ') ') -%}
{%- endmacro %}
{% macro spark__make_temp_relation(base_relation, suffix) %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}).include(database=false, schema=false)) }}{% endmacro %}
{% macro spark__safe_cast(field, type) %}
{%- set plain = field.strip('"').strip("'") if (cast_from_string_unsupported_for(type) and field is string) else field -%}
cast({{ plain }} as {{ type }})
{% endmacro %}
{% macro cast_from_string_unsupported_for(type) %}{{ return(type.lower().startswith('struct') or type.lower().startswith('array') or type.lower().startswith('map')) }}{% endmacro %}
{% macro spark__split_part(string_text, delimiter_text, part_number) %}

    {% set delimiter_expr %}

        -- escape if starts with a special character
        case when regexp_extract({{ delimiter_text }}, '([^A-Za-z0-9])(.*)', 1) != '_'
            then concat('\\', {{ delimiter_text }})
            else {{ delimiter_text }} end

    {% endset %}
    {% if part_number >= 0 %}
        {% set part %}

        split(
            {{ string_text }},
            {{ delimiter_expr }}
            )[({{ part_number - 1 if part_number > 0 else part_number }})]

        {% endset %}
    {% else %}
        {% set part %}

        split(
            {{ string_text }},
            {{ delimiter_expr }}
            )[(
                length({{ string_text }})
                - length(
                    replace({{ string_text }},  {{ delimiter_text }}, '')
                ) + 1 + {{ part_number }}
            )]

        {% endset %}
    {% endif %}
    {{ return(part) }}
{% endmacro %}

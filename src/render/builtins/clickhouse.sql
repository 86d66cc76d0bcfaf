{# ClickHouse. #}
{% macro clickhouse__generate_database_name(custom_database_name=none, node=none) %}{% do return('') %}{% endmacro %}
{% macro clickhouse__any_value(expression) -%} any({{ expression }}) {%- endmacro %}
{% macro clickhouse__array_append(array, new_element) -%}
    arrayPushBack({{ array }}, {{ new_element }})
{% endmacro %}
{% macro clickhouse__array_concat(array_1, array_2) -%}
   arrayConcat({{ array_1 }}, {{ array_2 }})
{% endmacro %}
{% macro clickhouse__array_construct(inputs, data_type) -%}
    {% if inputs %}
    [ {{ inputs | join(' , ') }} ]
    {% else %}
    emptyArray{{ data_type }}()
    {% endif %}
{%- endmacro %}
{% macro clickhouse__bool_or(expression) -%} max({{ expression }}) > 0 {%- endmacro %}
{% macro clickhouse__cast_bool_to_text(field) %}
    multiIf({{ field }} > 0, 'true', {{ field }} = 0, 'false', NULL)
{% endmacro %}
{% macro clickhouse__current_timestamp() -%} now() {%- endmacro %}
{% macro clickhouse__snapshot_string_as_time(timestamp) %}{{ return("toDateTime('" ~ timestamp ~ "')") }}{% endmacro %}
{% macro clickhouse__hash(field) -%} lower(hex(MD5(toString({{ field }} )))) {%- endmacro %}
{% macro clickhouse__last_day(date, datepart) -%}
    {%- set next = dbt.dateadd(datepart, '1', dbt.date_trunc(datepart, date)) -%}
    {{ dbt.dateadd('day', '-1', next) }}
{%- endmacro %}
{% macro clickhouse__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set words = (order_by_clause or '').split() -%}
    {%- set sorted = words[:2] | join(' ') | lower == 'order by' -%}
    {%- if sorted -%}
        {%- if ',' in words %}{{ exceptions.raise_compiler_error('ClickHouse does not support multiple order by fields.') }}{% endif -%}
        {%- set direction = 'Reverse' if 'desc' in words[3:] | join | lower else '' -%}
        {{ '\n      ' * 4 ~ ('\n        \n      ' if direction else '') ~ '\n      \n\n      \n    ' }}
        {%- set all = 'arrayMap(x -> x.1, array' ~ direction ~ 'Sort(x -> x.2, arrayZip(array_agg(' ~ measure ~ '), array_agg(' ~ words[2] ~ '))))' -%}
    {%- else -%}
        {%- set all = 'array_agg(' ~ measure ~ ')' -%}
    {%- endif -%}
    {%- set kept = 'arraySlice(' ~ all ~ ', 1, ' ~ limit_num ~ ')' if limit_num else all -%}
    {{ '\n\n    ' }}arrayStringConcat({{ kept }}, {{ delimiter_text }}){{ '\n    ' if limit_num }}
{%- endmacro %}
{% macro clickhouse__replace(field, old_chars, new_chars) %}
   replaceAll({{ field }},'{{ old_chars }}','{{ new_chars }}')
{% endmacro %}
{% macro clickhouse__safe_cast(field, dtype) %}
    {%- set value = "defaultValueOfTypeName('" ~ dtype | replace("'", "\\'") ~ "')" if field == 'null' else field -%}
    CAST({{ value }} AS {{ dtype }})
{%- endmacro %}
{% macro clickhouse__split_part(string_text, delimiter_text, part_number) %}
    splitByString({{ delimiter_text }}, {{ string_text }})[{{ part_number }}]
{% endmacro %}
{# A row without a partner has null in it only if the query says so. #}
{% macro clickhouse__test_relationships(model, column_name, to, field) %}
{{- dbt.default__test_relationships(model, column_name, to, field)[:-1] -}}
-- end_of_sql
settings join_use_nulls = 1

{% endmacro %}
{% macro clickhouse__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {% set rows = clickhouse__place_limit(main_sql, limit) if limit != none else main_sql %}
    select
      {{ fail_calc }} as failures,
      {{ fail_calc }} {{ warn_if }} as should_warn,
      {{ fail_calc }} {{ error_if }} as should_error
    from (
      {{ rows }}
    ) dbt_internal_test

{%- endmacro %}
{# `limit` stands before `settings`; a comment marks where these begin. #}
{% macro clickhouse__place_limit(query, limit) -%}
   {% if 'settings' in query.lower() %}
        {% if '-- end_of_sql' not in query.lower() %}
            {{ exceptions.raise_compiler_error('-- end_of_sql must be set when using ClickHouse settings') }}
        {% endif %}
        {% set mark = '-- end_of_sql' %}
        {% set pieces = query.split(mark) %}
        {% set limited = pieces[:-2] + [pieces[-2] ~ '\n LIMIT ' ~ limit ~ '\n', pieces[-1]] %}
        {{ limited | join(mark) }}
    {% else %}
    {{ query }}
    {{ 'limit ' ~ limit }}
    {% endif %}
{%- endmacro %}
{% macro clickhouse__get_columns_in_query(select_sql) %}
    {%- call statement('get_columns_in_query', fetch_result=True, auto_begin=False) -%}
    select * from (
        {{ select_sql }}
    ) as __dbt_sbq
    limit 0
    {%- endcall -%}
    {%- set answer = load_result('get_columns_in_query') -%}
    {{ return(answer.table.columns | map(attribute='name') | list if answer else []) }}
{% endmacro %}
{% macro clickhouse__get_or_create_relation(database, schema, identifier, type) %}
    {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
    {%- if found -%}{%- do return([true, found]) -%}{%- endif -%}
    {%- do return([false, api.Relation.create(database=none, schema=schema, identifier=identifier, type=type)]) -%}
{% endmacro %}
{% macro clickhouse__make_temp_relation(base_relation, suffix) %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix, 'schema': base_relation.schema})) }}{% endmacro %}
{% macro is_incremental() %}
    {%- if not execute -%}{{ return(False) }}{%- endif -%}
    {%- set there = adapter.get_relation(this.database, this.schema, this.table) -%}
    {%- set incremental = model.config.materialized in ['incremental', 'distributed_incremental'] -%}
    {{ return(there is not none and there.type == 'table' and incremental and not should_full_refresh()) }}
{% endmacro %}

{# Clauses that a table is made with, from its config. #}
{% macro engine_clause() %}
  engine = {{ config.get('engine', default='MergeTree()') }}
{%- endmacro %}
{% macro clickhouse_columns_clause(label, columns) %}
    {%- set items = [columns] if columns is string else columns -%}
    {{- label }} ({{ items | join(',') }})
{%- endmacro %}
{% macro partition_cols(label) %}
    {%- set columns = config.get('partition_by') -%}
    {{- clickhouse_columns_clause(label, columns) if columns is not none }}
{%- endmacro %}
{% macro order_cols(label) %}
    {%- set columns, engine = config.get('order_by'), config.get('engine', default='MergeTree()') -%}
    {%- if 'MergeTree' in engine or engine in ['HDFS', 'MaterializedPostgreSQL', 'S3', 'EmbeddedRocksDB', 'Hive'] %}
    {{- '\n      ' if columns is none }}
    {{- clickhouse_columns_clause(label, 'tuple()' if columns is none else columns) }}
    {%- endif %}
{%- endmacro %}
{% macro primary_key_clause(label) %}
    {%- set key = config.get('primary_key') -%}
    {%- if key %}
    {{ label }} {{ key if key is string else '(' ~ key | join(', ') ~ ')' }}
    {%- endif %}
{%- endmacro %}
{% macro ttl_config(label) %}
    {%- if config.get('ttl') %}
    {{ label }} {{ config.get('ttl') }}
    {%- endif %}
{%- endmacro %}
{% macro codec_clause(codec_name) %}
  {%- if codec_name %}
      CODEC({{ codec_name }})
  {%- endif %}
{% endmacro %}
{% macro on_cluster_clause(relation, force_sync) %}
  {% set cluster = adapter.get_clickhouse_cluster_name() %}
  {%- if cluster is not none and adapter.should_on_cluster() and config.get('disable_on_cluster') | lower != 'true' %}
    ON CLUSTER {{ cluster ~ ' ' }}
    {%- if force_sync %}
    SYNC
    {%- endif %}
  {%- endif %}
{%- endmacro %}
{% macro clickhouse_s3source(config_name='', bucket='', path='', fmt='', structure='', aws_access_key_id='', aws_secret_access_key='', role_arn='', compression='', external_id='') %}
  {% if config_name and not config_name.lower().endswith('s3') %}
    {{ exceptions.raise_compiler_error("S3 configuration should end with 's3'") }}
  {% endif %}
  {% set own = config.get(config_name, {}) %}
  {{ adapter.s3source_clause(config_name=config_name, s3_model_config=own, bucket=bucket, path=path, fmt=fmt, structure=structure, aws_access_key_id=aws_access_key_id, aws_secret_access_key=aws_secret_access_key, role_arn=role_arn, compression=compression, external_id=external_id) }}
{% endmacro %}

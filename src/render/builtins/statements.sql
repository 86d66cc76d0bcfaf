{# Asking the warehouse, hooks, and helpers for incremental parts. #}
{% macro statement(name=none, fetch_result=False, auto_begin=True, language='sql') -%}
    {%- if execute -%}
        {%- set text = caller() -%}
        {%- set response, table = adapter.execute(text, auto_begin=auto_begin, fetch=fetch_result) -%}
        {%- if name is not none -%}{{ store_result(name, response=response, agate_table=table) }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) -%}
    {%- set text = caller() -%}
    {%- if name is not none -%}{{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}{%- endif -%}
{%- endmacro %}
{% macro run_query(sql) %}
    {% call statement('run_query_statement', fetch_result=true, auto_begin=false) %}
        {{ sql }}
    {% endcall %}
    {% do return(load_result('run_query_statement').table) %}
{% endmacro %}
{% macro run_hooks(hooks, inside_transaction=True) %}
    {% for hook in hooks if hook.transaction == inside_transaction %}
        {% set text = render(hook.sql) | trim %}
        {% if text %}{% call statement(auto_begin=inside_transaction) %}{{ text }}{% endcall %}{% endif %}
    {% endfor %}
{% endmacro %}
{% macro make_hook_config(sql, inside_transaction) %}
    {{ tojson({'sql': sql, 'transaction': inside_transaction}) }}
{% endmacro %}
{% macro before_begin(sql) %}
    {{ make_hook_config(sql, inside_transaction=False) }}
{% endmacro %}
{% macro in_transaction(sql) %}
    {{ make_hook_config(sql, inside_transaction=True) }}
{% endmacro %}
{% macro after_commit(sql) %}
    {{ make_hook_config(sql, inside_transaction=False) }}
{% endmacro %}
{% macro set_sql_header(config) -%} {{ config.set('sql_header', caller()) }} {%- endmacro %}

{% macro load_cached_relation(relation) %}{% do return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) %}{% endmacro %}
{% macro load_relation(relation) %}{{ return(load_cached_relation(relation)) }}{% endmacro %}
{% macro get_or_create_relation(database, schema, identifier, type) %}{{ return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) }}{% endmacro %}
{% macro default__get_or_create_relation(database, schema, identifier, type) %}
    {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
    {%- if found -%}{%- do return([true, found]) -%}{%- endif -%}
    {%- do return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) -%}
{% endmacro %}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}{{ return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) }}{% endmacro %}
{% macro default__make_intermediate_relation(base_relation, suffix) %}{{ return(default__make_temp_relation(base_relation, suffix)) }}{% endmacro %}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}{{ return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix)) }}{% endmacro %}
{% macro default__make_temp_relation(base_relation, suffix) %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}{% endmacro %}
{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}{{ return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) }}{% endmacro %}
{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) }}{% endmacro %}
{% macro create_schema(relation) -%}{{ adapter.dispatch('create_schema', 'dbt')(relation) }}{% endmacro %}
{% macro default__create_schema(relation) -%}
    {%- call statement('create_schema') -%}create schema if not exists {{ relation.without_identifier() }}{%- endcall -%}
{% endmacro %}
{% macro drop_schema(relation) -%}{{ adapter.dispatch('drop_schema', 'dbt')(relation) }}{% endmacro %}
{% macro default__drop_schema(relation) -%}
    {%- call statement('drop_schema') -%}drop schema if exists {{ relation.without_identifier() }} cascade{%- endcall -%}
{% endmacro %}
{% macro drop_relation(relation) -%}{{ return(adapter.dispatch('drop_relation', 'dbt')(relation)) }}{%- endmacro %}
{% macro default__drop_relation(relation) -%}
    {%- call statement('drop_relation', auto_begin=False) -%}drop {{ relation.type }} if exists {{ relation }} cascade{%- endcall -%}
{% endmacro %}
{% macro drop_relation_if_exists(relation) %}
    {% if relation is not none %}
        {{ adapter.drop_relation(relation) }}
    {% endif %}
{% endmacro %}
{% macro truncate_relation(relation) -%}{{ return(adapter.dispatch('truncate_relation', 'dbt')(relation)) }}{%- endmacro %}
{% macro default__truncate_relation(relation) -%}
    {%- call statement('truncate_relation') -%}truncate table {{ relation }}{%- endcall -%}
{% endmacro %}
{% macro rename_relation(from_relation, to_relation) -%}{{ return(adapter.dispatch('rename_relation', 'dbt')(from_relation, to_relation)) }}{%- endmacro %}
{% macro default__rename_relation(from_relation, to_relation) -%}
    {%- call statement('rename_relation') -%}alter table {{ from_relation }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}{%- endcall -%}
{% endmacro %}
{% macro check_schema_exists(information_schema, schema) %}{{ return(adapter.check_schema_exists(information_schema.database, schema)) }}{% endmacro %}
{% macro information_schema_name(database) %}{{ return(adapter.dispatch('information_schema_name', 'dbt')(database)) }}{% endmacro %}
{% macro default__information_schema_name(database) -%}
  {%- if database -%}
    {{ database }}.INFORMATION_SCHEMA
  {%- else -%}
    INFORMATION_SCHEMA
  {%- endif -%}
{%- endmacro %}
{% macro get_columns_in_relation(relation) %}{{ return(adapter.get_columns_in_relation(relation)) }}{% endmacro %}
{% macro get_columns_in_query(select_sql) %}{{ return(adapter.dispatch('get_columns_in_query', 'dbt')(select_sql)) }}{% endmacro %}
{% macro default__get_columns_in_query(select_sql) %}
    {%- set answer = run_query(get_empty_subquery_sql(select_sql)) -%}
    {{ return(answer.columns | map(attribute='name') | list if answer else []) }}
{% endmacro %}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) %}{{ return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) }}{% endmacro %}
{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {%- if select_sql_header is not none -%}
    {{ select_sql_header }}
    {%- endif -%}
    select * from (
        {{ select_sql }}
    ) as __dbt_sbq
    where false
    limit 0
{% endmacro %}
{% macro get_column_schema_from_query(select_sql, select_sql_header=none) %}{{ return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) }}{% endmacro %}
{% macro create_indexes(relation) %}{% endmacro %}
{% macro get_drop_index_sql(relation, index_name) %}{{ return(adapter.dispatch('get_drop_index_sql', 'dbt')(relation, index_name)) }}{% endmacro %}

{% macro get_quoted_csv(column_names) %}
    {%- set quoted = [] -%}
    {%- for name in column_names %}{% do quoted.append(adapter.quote(name)) %}{% endfor -%}
    {{ return(quoted | join(', ')) }}
{% endmacro %}
{% macro diff_columns(source_columns, target_columns) %}
    {%- set known = target_columns | map(attribute='column') | list -%}
    {%- set missing = [] -%}
    {%- for column in source_columns if column.name not in known %}{% do missing.append(column) %}{% endfor -%}
    {{ return(missing) }}
{% endmacro %}
{% macro diff_column_data_types(source_columns, target_columns) %}{{ return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) }}{% endmacro %}
{% macro default__diff_column_data_types(source_columns, target_columns) %}
    {%- set changed = [] -%}
    {%- for new in source_columns -%}
        {%- set old = target_columns | selectattr('name', 'equalto', new.name) | list | first -%}
        {%- if old and new.data_type != old.data_type and not new.can_expand_to(other_column=old) -%}
            {%- do changed.append({'column_name': old.name, 'new_type': new.data_type}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(changed) }}
{% endmacro %}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}{{ return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) }}{% endmacro %}
{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
    {%- if merge_update_columns and merge_exclude_columns -%}
        {{ exceptions.raise_compiler_error('Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config') }}
    {%- elif merge_update_columns -%}
        {{ return(merge_update_columns) }}
    {%- endif -%}
    {%- set excluded = (merge_exclude_columns or []) | map('lower') | list -%}
    {%- set kept = [] -%}
    {%- for column in dest_columns if column.column | lower not in excluded %}{% do kept.append(column.quoted) %}{% endfor -%}
    {{ return(kept) }}
{% endmacro %}
{% macro get_intersection_of_columns(first, second) %}
    {%- set names = second | map(attribute='name') | list -%}
    {{ return(first | selectattr('name', 'in', names) | list) }}
{% endmacro %}

{% macro convert_datetime(date_str, date_fmt) %}
    {%- set message = "The provided partition date '" ~ date_str ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
    {{ return(try_or_compiler_error(message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) }}
{% endmacro %}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') %}
    {%- set first = convert_datetime(start_date_str, in_fmt) -%}
    {%- set last = convert_datetime(start_date_str if end_date_str is none else end_date_str, in_fmt) -%}
    {%- set days = (last - first).days -%}
    {%- if days < 0 -%}
        {{ exceptions.raise_compiler_error('Partition start date is after the end date (' ~ first ~ ', ' ~ last ~ ')') }}
    {%- endif -%}
    {%- set dates = [] -%}
    {%- for day in range(0, days + 1) -%}
        {%- set date = modules.datetime.timedelta(days=day) + first -%}
        {%- do dates.append(date.strftime(out_fmt) if out_fmt else date) -%}
    {%- endfor -%}
    {{ return(dates) }}
{% endmacro %}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
    {%- set ends = (raw_partition_date | string).split(',') -%}
    {%- if ends | length > 2 -%}
        {{ exceptions.raise_compiler_error('Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: ' ~ raw_partition_date) }}
    {%- endif -%}
    {{ return(dates_in_range(ends[0], ends[1] if ends | length == 2 else none, in_fmt=date_fmt)) }}
{% endmacro %}
{% macro py_current_timestring() %}{% do return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) %}{% endmacro %}

{# What materializations of projects are made of. #}
{% macro create_table_as(temporary, relation, compiled_code, language='sql') -%}{{ adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code) }}{%- endmacro %}
{% macro default__create_table_as(temporary, relation, sql) -%}
    create {% if temporary %}temporary {% endif %}table {{ relation.include(database=(not temporary), schema=(not temporary)) }} as (
        {{ sql }}
    );
{%- endmacro %}
{% macro get_create_table_as_sql(temporary, relation, sql) -%}{{ adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql) }}{%- endmacro %}
{% macro default__get_create_table_as_sql(temporary, relation, sql) -%}{{ return(create_table_as(temporary, relation, sql)) }}{%- endmacro %}
{% macro create_view_as(relation, sql) -%}{{ adapter.dispatch('create_view_as', 'dbt')(relation, sql) }}{%- endmacro %}
{% macro default__create_view_as(relation, sql) -%}
    create view {{ relation }} as (
        {{ sql }}
    );
{%- endmacro %}
{% macro get_create_view_as_sql(relation, sql) -%}{{ adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql) }}{%- endmacro %}
{% macro default__get_create_view_as_sql(relation, sql) -%}{{ return(create_view_as(relation, sql)) }}{%- endmacro %}

{#- 日時のマクロ。日本には夏時間がないので、UTC との差は常に 9 時間 -#}

{# UTC の timestamp を日本時間にする #}
{% macro to_jst(column) -%}
    ({{ column }} + interval 9 hour)
{%- endmacro %}

{# エポック秒(UTC)を日本時間の timestamp にする #}
{% macro epoch_to_jst(column) -%}
    {{ to_jst("make_timestamp(" ~ column ~ " * 1000000)") }}
{%- endmacro %}

{# UTC の timestamp から日本時間の日付を取り出す #}
{% macro jst_date(column) -%}
    cast({{ to_jst(column) }} as date)
{%- endmacro %}

{# 集計の基準日 #}
{% macro as_of_date() -%}
    date '{{ var("as_of_date") }}'
{%- endmacro %}

{# 基準日の終わり(翌日の 0 時)。「< これ」で基準日までの出来事になる #}
{% macro as_of_end() -%}
    ({{ as_of_date() }} + interval 1 day)
{%- endmacro %}

{# 基準日から days 日前の日付 #}
{% macro days_before(days) -%}
    cast({{ as_of_date() }} - interval {{ days }} day as date)
{%- endmacro %}

{#- どの基準日で、どのモデルが作った行か。実行時刻は入れない(同じ入力からは同じ結果になるように) -#}
{% macro audit_columns() -%}
    {{ as_of_date() }} as as_of_date,
    '{{ this.identifier }}' as built_by
{%- endmacro %}

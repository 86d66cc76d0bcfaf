{% macro yen(column) -%}
cast({{ column }} as decimal(12, 0))
{%- endmacro %}

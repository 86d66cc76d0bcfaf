{#- 金額と比率のマクロ -#}

{# 税区分(1=標準 10%, 2=軽減 8%)から税率を返す #}
{% macro tax_rate(tax_class) -%}
    case {{ tax_class }} when 2 then 0.08 else 0.10 end
{%- endmacro %}

{# 税込み価格。1 円未満は切り捨て #}
{% macro tax_in_price(price, tax_class='tax_class') -%}
    cast(floor({{ price }} * (1 + {{ tax_rate(tax_class) }})) as bigint)
{%- endmacro %}

{# 0 で割らない割り算 #}
{% macro safe_divide(numerator, denominator, digits=4) -%}
    round(cast({{ numerator }} as double) / nullif({{ denominator }}, 0), {{ digits }})
{%- endmacro %}

{# codes = {コード: 列名の接尾辞} を横持ちの合計にする #}
{% macro pivot_sum(code_column, codes, amount='1', prefix='') -%}
    {%- for code, suffix in codes.items() %}
    coalesce(sum(case when {{ code_column }} = {{ code }} then {{ amount }} end), 0) as {{ prefix }}{{ suffix }}
    {%- if not loop.last %},{% endif -%}
    {%- endfor %}
{%- endmacro %}

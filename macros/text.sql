{#- 文字列のマクロ -#}

{# 前後の空白(全角を含む)を取り、空になったら NULL にする #}
{% macro clean_text(column) -%}
    nullif(trim({{ column }}, ' 　'), '')
{%- endmacro %}

{# 全角の英数字と記号を半角にする #}
{% macro to_halfwidth(column) -%}
    {%- set full = '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ＠．－＿　' -%}
    {%- set half = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@.-_ ' -%}
    translate({{ column }}, '{{ full }}', '{{ half }}')
{%- endmacro %}

{# コード値: 半角の大文字にそろえる #}
{% macro clean_code(column) -%}
    upper({{ clean_text(to_halfwidth(column)) }})
{%- endmacro %}

{# 複数の列から作る代理キー。NULL も 1 つの値として扱う #}
{% macro surrogate_key(columns) -%}
    md5(
        {%- for column in columns -%}
        coalesce(cast({{ column }} as varchar), '∅')
        {%- if not loop.last %} || '|' || {% endif -%}
        {%- endfor -%}
    )
{%- endmacro %}

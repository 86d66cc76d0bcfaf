{#- メールのマクロ -#}

{# 宛先として使える形のアドレスか #}
{% macro is_mail_address(column) -%}
    coalesce(regexp_full_match({{ column }}, '[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+'), false)
{%- endmacro %}

{# 差し込み用の呼び名。姓がなければ「お客さま」 #}
{% macro salutation(last_name) -%}
    coalesce({{ last_name }} || ' 様', 'お客さま')
{%- endmacro %}

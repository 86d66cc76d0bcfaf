{# NULL でも、空白(全角を含む)だけでもないこと #}
{% test not_blank(model, column_name) %}

select {{ column_name }}
from {{ model }}
where {{ clean_text(column_name) }} is null

{% endtest %}

-- depends_on: {{ ref('order_lines') }}
select
    {{ surrogate_key(['order_id', 'line_no']) }} as order_line_key,
    order_id,
    line_no,
    item_id,
    quantity,
    unit_price,
    tax_class
from {{ source('shop', 'order_lines') }}

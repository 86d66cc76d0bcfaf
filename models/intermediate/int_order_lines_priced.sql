-- 明細に注文の見出しを付け、金額(税抜き・税込み)を計算する
with lines as (

    select * from {{ ref('stg_order_lines') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

)

select
    lines.order_line_key,
    lines.order_id,
    lines.line_no,
    orders.member_id,
    orders.is_guest,
    orders.ordered_at_jst,
    orders.order_date,
    orders.device_code,
    orders.coupon_code,
    lines.item_id,
    lines.quantity,
    lines.unit_price,
    lines.tax_class,
    {{ tax_in_price('lines.unit_price', 'lines.tax_class') }} as unit_price_tax_in,
    lines.quantity * lines.unit_price as amount,
    lines.quantity * {{ tax_in_price('lines.unit_price', 'lines.tax_class') }} as amount_tax_in
from lines
-- 基準日より後の注文の明細は落ちる
inner join orders on lines.order_id = orders.order_id

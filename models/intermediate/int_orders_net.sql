-- 注文の単位にまとめる。取消が全数量に及ぶ注文は「全部取消」とする
select
    order_id,
    any_value(member_id) as member_id,
    bool_or(is_guest) as is_guest,
    min(ordered_at_jst) as ordered_at_jst,
    min(order_date) as order_date,
    any_value(device_code) as device_code,
    any_value(coupon_code) as coupon_code,
    count(*) as line_count,
    sum(gross_quantity) as gross_quantity,
    sum(gross_amount) as gross_amount,
    sum(cancelled_amount) as cancelled_amount,
    sum(net_amount) as net_amount,
    sum(net_amount_tax_in) as net_amount_tax_in,
    sum(net_quantity) = 0 as is_fully_cancelled
from {{ ref('int_order_lines_net') }}
group by order_id

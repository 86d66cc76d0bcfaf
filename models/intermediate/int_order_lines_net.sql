-- 明細ごとの、取消を引く前(gross)と引いた後(net)の金額
select
    lines.order_line_key,
    lines.order_id,
    lines.line_no,
    lines.member_id,
    lines.is_guest,
    lines.ordered_at_jst,
    lines.order_date,
    lines.device_code,
    lines.coupon_code,
    lines.item_id,
    lines.quantity as gross_quantity,
    lines.amount as gross_amount,
    lines.amount_tax_in as gross_amount_tax_in,
    coalesce(cancelled.cancelled_quantity, 0) as cancelled_quantity,
    coalesce(cancelled.cancelled_quantity, 0) * lines.unit_price as cancelled_amount,
    lines.quantity - coalesce(cancelled.cancelled_quantity, 0) as net_quantity,
    (lines.quantity - coalesce(cancelled.cancelled_quantity, 0)) * lines.unit_price as net_amount,
    (lines.quantity - coalesce(cancelled.cancelled_quantity, 0)) * lines.unit_price_tax_in as net_amount_tax_in,
    cancelled.cancel_date,
    cancelled.first_cancelled_at_jst,
    cancelled.last_cancelled_at_jst,
    cancelled.reason_code as cancel_reason_code
from {{ ref('int_order_lines_priced') }} as lines
left join {{ ref('int_cancelled_quantities') }} as cancelled
    on lines.order_line_key = cancelled.order_line_key

-- ブランド別の売上。取消の率が高いブランドを見つけるため、引く前と引いた後を並べる
select
    items.brand_id,
    items.brand_name,
    count(distinct lines.order_id) as order_count,
    sum(lines.gross_amount) as gross_amount,
    sum(lines.net_amount) as net_amount,
    {{ safe_divide('sum(lines.cancelled_amount)', 'sum(lines.gross_amount)') }} as cancel_rate,
    rank() over (order by sum(lines.net_amount) desc) as sales_rank,
    {{ safe_divide('sum(lines.net_amount)', 'sum(sum(lines.net_amount)) over ()') }} as sales_share
from {{ ref('int_order_lines_net') }} as lines
inner join {{ ref('int_items_enriched') }} as items on lines.item_id = items.item_id
group by items.brand_id, items.brand_name

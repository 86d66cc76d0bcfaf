{%- set roots = {10: 'fashion', 20: 'living', 30: 'food', 40: 'beauty'} -%}

-- 月 × 大カテゴリーの売上を横持ちにする。gross_* は取消を引く前、net_* は引いた後
select
    cast(date_trunc('month', lines.order_date) as date) as month_start,
    {{ pivot_sum('items.root_category_id', roots, 'lines.gross_amount', 'gross_') }},
    {{ pivot_sum('items.root_category_id', roots, 'lines.net_amount', 'net_') }},
    sum(lines.net_amount) as net_total
from {{ ref('int_order_lines_net') }} as lines
inner join {{ ref('int_items_enriched') }} as items on lines.item_id = items.item_id
group by date_trunc('month', lines.order_date)

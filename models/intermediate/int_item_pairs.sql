{{ config(materialized='ephemeral') }}

-- 一緒に買われた商品の組(向きあり)。2 回以上のものだけ
with bought as (

    select distinct order_id, item_id
    from {{ ref('int_order_lines_net') }}
    where net_quantity > 0

)

select
    a.item_id,
    b.item_id as paired_item_id,
    count(*) as pair_count,
    row_number() over (partition by a.item_id order by count(*) desc, b.item_id) as pair_rank
from bought as a
inner join bought as b
    on a.order_id = b.order_id
    and a.item_id <> b.item_id
group by a.item_id, b.item_id
having count(*) >= 2

-- 直近 28 日の人気。売れた数量とお気に入りの数を足して順位にする
with sold as (

    select item_id, sum(net_quantity) as sold_quantity
    from {{ ref('int_order_lines_net') }}
    where order_date > {{ days_before(28) }}
    group by item_id

),

favoured as (

    select item_id, count(*) as favourite_count
    from {{ ref('int_favourites_active') }}
    group by item_id

),

scored as (

    select
        items.item_id,
        items.root_category_id,
        coalesce(sold.sold_quantity, 0) as sold_quantity,
        coalesce(favoured.favourite_count, 0) as favourite_count,
        coalesce(sold.sold_quantity, 0) * 3 + coalesce(favoured.favourite_count, 0) as popularity_score
    from {{ ref('int_items_enriched') }} as items
    left join sold on items.item_id = sold.item_id
    left join favoured on items.item_id = favoured.item_id

)

select
    *,
    rank() over (order by popularity_score desc, item_id) as popularity_rank,
    rank() over (partition by root_category_id order by popularity_score desc, item_id) as category_rank
from scored

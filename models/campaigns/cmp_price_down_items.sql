-- 値下げ通知に載せられる商品: 最近値下げされ、いま売っているもの
select
    drops.item_id,
    items.item_name,
    items.item_short_name,
    items.brand_name,
    items.root_category_name,
    {{ tax_in_price('drops.previous_price', 'items.tax_class') }} as previous_price_tax_in,
    {{ tax_in_price('drops.current_price', 'items.tax_class') }} as current_price_tax_in,
    drops.drop_rate,
    drops.is_lowest_ever,
    drops.dropped_at_jst,
    popularity.popularity_rank
from {{ ref('int_item_price_drops') }} as drops
inner join {{ ref('int_items_enriched') }} as items
    on drops.item_id = items.item_id
inner join {{ ref('int_item_popularity') }} as popularity
    on drops.item_id = popularity.item_id
where items.is_on_sale_now

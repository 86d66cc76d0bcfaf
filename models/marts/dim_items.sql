-- 商品の属性と、いまの価格・人気
select
    items.item_id,
    items.item_name,
    items.brand_id,
    items.brand_name,
    items.category_path,
    items.root_category_id,
    items.root_category_name,
    items.sale_status,
    items.tax_class,
    items.list_price,
    coalesce(prices.price, items.list_price) as current_price,
    {{ tax_in_price('coalesce(prices.price, items.list_price)', 'items.tax_class') }} as current_price_tax_in,
    coalesce(prices.price < items.list_price, false) as is_discounted,
    popularity.favourite_count,
    popularity.sold_quantity as sold_quantity_28d,
    popularity.popularity_rank,
    items.released_on,
    {{ audit_columns() }}
from {{ ref('int_items_enriched') }} as items
left join {{ ref('int_item_price_history') }} as prices
    on items.item_id = prices.item_id
    and prices.is_current
left join {{ ref('int_item_popularity') }} as popularity
    on items.item_id = popularity.item_id

-- 商品にブランドとカテゴリーを足す
with items as (

    select * from {{ ref('stg_items') }}

),

brands as (

    select * from {{ ref('stg_brands') }}

),

categories as (

    select * from {{ ref('int_category_paths') }}

)

select
    items.item_id,
    items.item_name,
    items.item_short_name,
    items.brand_id,
    coalesce(brands.brand_name, '(ブランドなし)') as brand_name,
    items.category_id,
    categories.category_name,
    categories.category_path,
    categories.root_category_id,
    categories.root_category_name,
    items.list_price,
    items.tax_class,
    items.sale_status,
    items.is_on_sale_now,
    items.released_on
from items
left join brands on items.brand_id = brands.brand_id
left join categories on items.category_id = categories.category_id

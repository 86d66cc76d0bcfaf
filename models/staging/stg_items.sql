-- depends_on: {{ ref('items') }}
-- 商品: 名前を整え、飾り(【】と絵文字)を除いた短い名前も持つ
with source as (

    select * from {{ source('shop', 'items') }}

)

select
    item_id,
    {{ clean_text(to_halfwidth('item_name')) }} as item_name,
    {{ clean_text("regexp_replace(" ~ to_halfwidth('item_name') ~ ", '【[^】]*】|[🌸✨🎁🍵❄️🐻]', '', 'g')") }} as item_short_name,
    brand_id,
    category_id,
    list_price,
    tax_class,
    sale_status,
    sale_status = 1 as is_on_sale_now, /* 販売中か */
    released_on,
    {{ to_jst('updated_at') }} as updated_at_jst
from source

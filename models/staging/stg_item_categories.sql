-- depends_on: {{ ref('item_categories') }}
select
    category_id,
    parent_category_id,
    category_name,
    sort_order
from {{ source('shop', 'item_categories') }}

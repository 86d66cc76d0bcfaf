-- 価格の期間は重ならず、商品ごとに「今」はちょうど 1 つ
select
    item_id,
    'overlap' as problem
from {{ ref('int_item_price_history') }}
where valid_to <= valid_from

union all

select
    item_id,
    'current'
from {{ ref('int_item_price_history') }}
group by item_id
having count(*) filter (where is_current) <> 1

/*
  お気に入りに入れたときの価格と、今の価格を比べる。
  入れた時刻を含む期間の価格が「入れたときの価格」。
*/
with favourites as (

    select * from {{ ref('int_favourites_active') }}

),

history as (

    select * from {{ ref('int_item_price_history') }}

)

select
    favourites.member_id,
    favourites.item_id,
    favourites.added_at_jst,
    at_add.price as price_when_added,
    now.price as current_price,
    at_add.price - now.price as saving_amount
from favourites
inner join history as at_add
    on favourites.item_id = at_add.item_id
    and favourites.added_at_jst >= at_add.valid_from
    and (favourites.added_at_jst < at_add.valid_to or at_add.valid_to is null)
inner join history as now
    on favourites.item_id = now.item_id
    and now.is_current

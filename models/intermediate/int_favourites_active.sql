-- 基準日に生きているお気に入り。二重に押されたものは最初の 1 件にする
select
    favourites.member_id,
    favourites.item_id,
    favourites.added_at_jst
from {{ ref('stg_favourites') }} as favourites
where favourites.removed_at_jst is null
   or favourites.removed_at_jst >= {{ as_of_end() }}
qualify row_number() over (
    partition by favourites.member_id, favourites.item_id
    order by favourites.added_at_jst, favourites.favourite_id
) = 1

-- 二つの値下げ通知で、宛先と商品がどれだけ重なるか
with mass as (

    select member_id, item_id from {{ ref('cmp_mass_price_down') }}

),

personal as (

    select member_id, item_id from {{ ref('cmp_personal_price_down') }}

)

select
    (select count(distinct member_id) from mass) as mass_members,
    (select count(distinct member_id) from personal) as personal_members,
    count(distinct personal.member_id) as members_in_both,
    count(*) as same_offers
from personal
inner join mass
    on personal.member_id = mass.member_id
    and personal.item_id = mass.item_id

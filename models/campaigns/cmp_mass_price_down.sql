/*
  企画「価格見直しのお知らせ」(一斉配信)
  全員に同じ商品を送る。パーソナライズ版は cmp_personal_price_down。
*/
with recipients as (

    select member_id, email, salutation
    from {{ ref('cmp_mailable_members') }}
    where accepts_mass

),

offers as (

    -- 人気の順に、上限の数だけ
    select *
    from {{ ref('cmp_price_down_items') }}
    qualify row_number() over (order by popularity_rank) <= {{ var('price_down_max_items') }}

),

matched as (

    select
        recipients.member_id,
        recipients.email,
        'お客さま' as salutation,
        offers.item_id,
        offers.item_short_name,
        offers.brand_name,
        offers.previous_price_tax_in,
        offers.current_price_tax_in,
        offers.drop_rate,
        offers.is_lowest_ever,
        row_number() over (
            partition by recipients.member_id
            order by offers.popularity_rank
        ) as item_position
    from recipients
    cross join offers

)

select
    {{ surrogate_key(["'mass_price_down'", 'member_id', 'item_id']) }} as offer_key,
    1 as mail_type,
    'mass_price_down' as campaign_kind,
    member_id,
    email,
    salutation,
    item_position,
    item_id,
    item_short_name,
    brand_name,
    previous_price_tax_in,
    current_price_tax_in,
    drop_rate,
    is_lowest_ever
from matched
where item_position <= {{ var('price_down_max_items') }}

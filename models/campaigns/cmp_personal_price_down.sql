/*
  企画「お気に入り値下げのお知らせ」(パーソナライズ)
  会員ごとに、お気に入りのうち、入れたときより安くなった商品を送る。一斉版は cmp_mass_price_down。
*/
with recipients as (

    select member_id, email, salutation
    from {{ ref('cmp_mailable_members') }}
    where accepts_personal

),

offers as (

    select *
    from {{ ref('cmp_price_down_items') }}

),

matched as (

    select
        recipients.member_id,
        recipients.email,
        recipients.salutation,
        offers.item_id,
        offers.item_short_name,
        offers.brand_name,
        offers.previous_price_tax_in,
        offers.current_price_tax_in,
        offers.drop_rate,
        offers.is_lowest_ever,
        row_number() over (
            partition by recipients.member_id
            order by favourites.saving_amount desc, offers.popularity_rank
        ) as item_position
    from recipients
    inner join {{ ref('int_favourite_prices') }} as favourites
        on recipients.member_id = favourites.member_id
        and favourites.saving_amount > 0
    inner join offers on favourites.item_id = offers.item_id

)

select
    {{ surrogate_key(["'personal_price_down'", 'member_id', 'item_id']) }} as offer_key,
    2 as mail_type,
    'personal_price_down' as campaign_kind,
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

{{ config(materialized='table', tags=['pii']) }}

-- 配信システムに渡す一覧。1 人 1 通にし、重なったら「お気に入り値下げ > 掘り起こし > 一斉」の順で選ぶ
with price_down as (

    select * from {{ ref('cmp_personal_price_down') }}
    union all by name
    select * from {{ ref('cmp_mass_price_down') }}

),

price_down_mails as (

    select
        member_id,
        email,
        salutation,
        mail_type,
        campaign_kind,
        case mail_type when 2 then 1 else 3 end as priority,
        count(*) as item_count,
        string_agg(
            item_short_name || '(' || cast(previous_price_tax_in as varchar) || '円→'
            || cast(current_price_tax_in as varchar) || '円)',
            ' / ' order by item_position
        ) as body_items,
        any_value(case when item_position = 1 then item_short_name end) as first_item_name
    from price_down
    group by member_id, email, salutation, mail_type, campaign_kind

),

winback_mails as (

    select
        member_id,
        email,
        salutation,
        3 as mail_type,
        'winback' as campaign_kind,
        2 as priority,
        0 as item_count,
        best_category_name || 'の新着' as body_items,
        cast(null as varchar) as first_item_name
    from {{ ref('cmp_winback_targets') }}

),

all_mails as (

    select * from price_down_mails
    union all
    select * from winback_mails

)

select
    {{ surrogate_key(['member_id', 'campaign_kind']) }} as queue_key,
    member_id,
    email,
    mail_type,
    campaign_kind,
    priority,
    case campaign_kind
        when 'personal_price_down' then salutation || '、お気に入りの「' || first_item_name || '」が値下げしました🎉'
        when 'winback' then salutation || '、お元気ですか。店長より'
        else '【値下げ】' || first_item_name || ' ほか人気商品の価格を見直しました'
    end as subject,
    item_count,
    body_items,
    {{ audit_columns() }}
from all_mails
qualify row_number() over (partition by member_id order by priority) = 1

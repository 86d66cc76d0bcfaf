-- 会員の属性(名前や宛先は含まない)
select
    members.member_id,
    members.member_status,
    members.gender_code,
    members.age,
    case
        when members.age is null then '不明'
        when members.age < 20 then '10代'
        when members.age >= 70 then '70代以上'
        else cast(members.age // 10 * 10 as varchar) || '代'
    end as age_band,
    members.prefecture_name,
    members.region_name,
    members.channel_code,
    members.registered_at_jst,
    members.registered_month,
    members.withdrawn_at_jst,
    coalesce(subscriptions.accepts_mass, false) as accepts_mass,
    coalesce(subscriptions.accepts_personal, false) as accepts_personal,
    coalesce(subscriptions.accepts_follow, false) as accepts_follow,
    purchases.first_order_date,
    purchases.last_order_date,
    coalesce(purchases.order_count, 0) as order_count,
    coalesce(purchases.net_amount, 0) as net_amount,
    {{ audit_columns() }}
from {{ ref('int_members_as_of') }} as members
left join {{ ref('int_mail_subscriptions') }} as subscriptions
    on members.member_id = subscriptions.member_id
left join {{ ref('int_member_purchases') }} as purchases
    on members.member_id = purchases.member_id

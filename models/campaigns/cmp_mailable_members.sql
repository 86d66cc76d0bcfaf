-- 配信してよい会員と、宛先・呼び名・受信設定
with exclusions as (

    select distinct member_id from {{ ref('cmp_mail_exclusions') }}

)

select
    members.member_id,
    contacts.email,
    contacts.salutation,
    subscriptions.accepts_mass,
    subscriptions.accepts_personal,
    subscriptions.accepts_follow
from {{ ref('int_members_as_of') }} as members
inner join {{ ref('int_member_contacts') }} as contacts
    on members.member_id = contacts.member_id
inner join {{ ref('int_mail_subscriptions') }} as subscriptions
    on members.member_id = subscriptions.member_id
anti join exclusions on members.member_id = exclusions.member_id

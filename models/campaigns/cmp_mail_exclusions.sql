-- 配信してはいけない会員と、その理由(1 人に複数の理由があれば複数行)
with members as (

    select * from {{ ref('int_members_as_of') }}

),

contacts as (

    select * from {{ ref('int_member_contacts') }}

),

recent as (

    select * from {{ ref('int_mail_recent_counts') }}

)

select member_id, 1 as reason_code, '退会・休会' as reason
from members
where member_status <> 1

union all

select contacts.member_id, 2, '宛先が無効'
from contacts
inner join members on contacts.member_id = members.member_id
where not contacts.has_valid_email

union all

select member_id, 3, '過去にハードバウンス'
from recent
where has_hard_bounce

union all

select member_id, 4, '迷惑メールの報告'
from recent
where has_complained

union all

-- 頻度の上限: 直近の通数が上限に達した会員
select member_id, 5, '配信頻度の上限'
from recent
where recent_mail_count >= {{ var('mail_cap_count') }}

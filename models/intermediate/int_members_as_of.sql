-- 基準日の時点の会員。退会の日時が基準日より後なら、まだ会員として扱う
with members as (

    select * from {{ ref('stg_members') }}
    where registered_at_jst < {{ as_of_end() }}

)

select
    members.member_id,
    case
        when members.withdrawn_at_jst < {{ as_of_end() }} then 9
        when members.member_status = 9 then 1
        else members.member_status
    end as member_status,
    members.gender_code,
    members.birth_date,
    date_diff('year', members.birth_date, {{ as_of_date() }})
        - case
            when strftime(members.birth_date, '%m%d') > strftime({{ as_of_date() }}, '%m%d') then 1
            else 0
        end as age,
    members.prefecture_code,
    prefectures.prefecture_name,
    coalesce(prefectures.region_name, '不明') as region_name,
    members.channel_code,
    members.registered_at_jst,
    cast(date_trunc('month', members.registered_at_jst) as date) as registered_month,
    members.withdrawn_at_jst
from members
left join {{ ref('prefectures') }} as prefectures
    on members.prefecture_code = prefectures.prefecture_code

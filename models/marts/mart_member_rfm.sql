-- RFM: 最終購入(R)・回数(F)・金額(M)を 1〜5 に分け、会員をセグメントにする
with purchases as (

    select purchases.*
    from {{ ref('int_member_purchases') }} as purchases
    inner join {{ ref('int_members_as_of') }} as members
        on purchases.member_id = members.member_id
    where members.member_status <> 9

),

scored as (

    select
        *,
        -- 5 がいちばん良い
        ntile(5) over (order by days_since_last_order desc, member_id) as r_score,
        case
            when order_count >= 10 then 5
            when order_count >= 6 then 4
            when order_count >= 3 then 3
            when order_count = 2 then 2
            else 1
        end as f_score,
        ntile(5) over (order by net_amount, member_id) as m_score
    from purchases

)

select
    member_id,
    days_since_last_order,
    order_count,
    net_amount,
    r_score,
    f_score,
    m_score,
    case
        when r_score >= 4 and f_score >= 4 and m_score >= 4 then 1
        when r_score >= 3 and f_score >= 3 then 2
        when r_score >= 4 then 3
        when r_score = 1 then 9
        when r_score = 2 and f_score >= 3 then 4
        else 5
    end as segment_code,
    case
        when r_score >= 4 and f_score >= 4 and m_score >= 4 then '優良'
        when r_score >= 3 and f_score >= 3 then '常連'
        when r_score >= 4 then '新規・復帰'
        when r_score = 1 then '休眠'
        when r_score = 2 and f_score >= 3 then '離反の予兆'
        else '一般'
    end as segment_name
from scored

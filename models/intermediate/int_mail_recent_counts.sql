-- 配信頻度: 直近の日数に会員へ届いた通数と、これまでのハードバウンスの有無
select
    member_id,
    count(case
        when is_delivered and sent_at_jst >= {{ days_before(var('mail_cap_days')) }} then 1
    end) as recent_mail_count,
    bool_or(result_code = 1) as has_hard_bounce,
    bool_or(is_complained) as has_complained,
    max(case when is_delivered then sent_at_jst end) as last_sent_at_jst
from {{ ref('int_mail_delivery_results') }}
group by member_id

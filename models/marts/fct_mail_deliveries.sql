-- 配信 1 通ごとの事実表。その会員への、その日までの通し番号も持つ
select
    results.delivery_id,
    results.campaign_code,
    results.mail_type,
    results.member_id,
    results.sent_at_jst,
    cast(results.sent_at_jst as date) as sent_date,
    results.result_code,
    results.is_delivered,
    results.is_bounced,
    results.is_opened,
    results.is_clicked,
    results.has_machine_open,
    results.is_unsubscribed,
    results.device_code,
    date_diff('minute', results.sent_at_jst, results.first_opened_at_jst) as minutes_to_open,
    row_number() over (
        partition by results.member_id
        order by results.sent_at_jst, results.delivery_id
    ) as member_mail_no
from {{ ref('int_mail_delivery_results') }} as results

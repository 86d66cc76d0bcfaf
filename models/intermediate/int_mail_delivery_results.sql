/*
  配信 1 通ごとの結果。
  開封は人の開封だけを数える(機械開封は別の列)。クリックした人は、開封の記録がなくても開封とみなす。
*/
with deliveries as (

    select * from {{ ref('int_mail_deliveries_deduped') }}

),

reactions as (

    select
        delivery_id,
        min(case when event_type = 1 and not is_machine then event_at_jst end) as first_opened_at_jst,
        min(case when event_type = 2 then event_at_jst end) as first_clicked_at_jst,
        bool_or(event_type = 1 and is_machine) as has_machine_open,
        bool_or(event_type = 3) as is_unsubscribed,
        bool_or(event_type = 4) as is_complained,
        count(case when event_type = 2 then 1 end) as click_count,
        arg_min(device_code, event_at_jst) filter (where not is_machine) as first_device_code
    from {{ ref('int_mail_events_deduped') }}
    group by delivery_id

)

select
    deliveries.delivery_id,
    deliveries.campaign_code,
    deliveries.mail_type,
    deliveries.member_id,
    deliveries.sent_at_jst,
    deliveries.result_code,
    deliveries.result_code = 0 as is_delivered,
    deliveries.result_code in (1, 2) as is_bounced,
    coalesce(reactions.first_opened_at_jst, reactions.first_clicked_at_jst) is not null as is_opened,
    reactions.first_clicked_at_jst is not null as is_clicked,
    coalesce(reactions.has_machine_open, false) as has_machine_open,
    coalesce(reactions.is_unsubscribed, false) as is_unsubscribed,
    coalesce(reactions.is_complained, false) as is_complained,
    reactions.first_opened_at_jst,
    reactions.first_clicked_at_jst,
    coalesce(reactions.click_count, 0) as click_count,
    coalesce(reactions.first_device_code, 0) as device_code
from deliveries
left join reactions on deliveries.delivery_id = reactions.delivery_id

-- 配信企画ごとのメールの成績
select
    campaigns.campaign_code,
    campaigns.campaign_name,
    campaigns.mail_type,
    campaigns.scheduled_at_jst,
    count(*) as sent_count,
    count(*) filter (where results.is_delivered) as delivered_count,
    count(*) filter (where results.is_bounced) as bounced_count,
    count(*) filter (where results.is_opened) as opened_count,
    count(*) filter (where results.is_clicked) as clicked_count,
    count(*) filter (where results.is_unsubscribed) as unsubscribed_count,
    count(*) filter (where results.has_machine_open) as machine_opened_count,
    {{ safe_divide('count(*) filter (where results.is_delivered)', 'count(*)') }} as delivery_rate,
    {{ safe_divide('count(*) filter (where results.is_opened)', 'count(*) filter (where results.is_delivered)') }} as open_rate,
    {{ safe_divide('count(*) filter (where results.is_clicked)', 'count(*) filter (where results.is_delivered)') }} as click_rate,
    {{ safe_divide('count(*) filter (where results.is_clicked)', 'count(*) filter (where results.is_opened)') }} as click_to_open_rate,
    -- 開封した端末の内訳
    {{ pivot_sum('results.device_code', {1: 'pc', 2: 'smartphone', 3: 'app'}, 'case when results.is_opened then 1 end', 'opened_on_') }}
from {{ ref('int_mail_delivery_results') }} as results
inner join {{ ref('stg_mail_campaigns') }} as campaigns
    on results.campaign_code = campaigns.campaign_code
group by
    campaigns.campaign_code,
    campaigns.campaign_name,
    campaigns.mail_type,
    campaigns.scheduled_at_jst

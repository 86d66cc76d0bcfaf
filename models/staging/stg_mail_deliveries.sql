-- depends_on: {{ ref('mail_deliveries') }}
-- 配信: 重複はここでは除かない(int_mail_deliveries_deduped で除く)
select
    delivery_id,
    campaign_code,
    member_id,
    strptime(sent_at, '%Y/%m/%d %H:%M:%S') as sent_at_jst,
    result_code
from {{ source('mail', 'mail_deliveries') }}

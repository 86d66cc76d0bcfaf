-- 配信の重複を除く。二度届いた配信は、先に届いた方を残す。テスト配信は除く
select
    deliveries.delivery_id,
    deliveries.campaign_code,
    campaigns.mail_type,
    deliveries.member_id,
    deliveries.sent_at_jst,
    deliveries.result_code
from {{ ref('stg_mail_deliveries') }} as deliveries
inner join {{ ref('stg_mail_campaigns') }} as campaigns
    on deliveries.campaign_code = campaigns.campaign_code
where not campaigns.is_test
  and deliveries.sent_at_jst < {{ as_of_end() }}
qualify row_number() over (
    partition by deliveries.delivery_id
    order by deliveries.sent_at_jst
) = 1

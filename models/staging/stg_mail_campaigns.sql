-- depends_on: {{ ref('mail_campaigns') }}
select
    campaign_code,
    campaign_name,
    {{ clean_text('subject') }} as subject,
    mail_type,
    -- 配信業者の日時ははじめから日本時間
    strptime(scheduled_at, '%Y/%m/%d %H:%M:%S') as scheduled_at_jst,
    campaign_name like '%テスト%' as is_test
from {{ source('mail', 'mail_campaigns') }}

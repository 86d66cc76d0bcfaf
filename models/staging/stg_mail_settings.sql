-- depends_on: {{ ref('mail_settings') }}
select
    {{ surrogate_key(['member_id', 'mail_type']) }} as setting_key,
    member_id,
    mail_type,
    -- 旧画面は Y/N、新画面は 1/0 で書く。空白は「受け取らない」とみなす
    coalesce({{ clean_code('is_subscribed') }} in ('1', 'Y'), false) as is_subscribed,
    {{ to_jst('updated_at') }} as updated_at_jst
from {{ source('mail', 'mail_settings') }}

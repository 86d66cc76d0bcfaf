-- depends_on: {{ ref('mail_events') }}
select
    event_id,
    delivery_id,
    event_type,
    {{ epoch_to_jst('event_epoch') }} as event_at_jst,
    coalesce(device_code, 0) as device_code,
    -- 端末 9 は、メールソフトが人より先に画像を読んだ「機械開封」
    coalesce(device_code, 0) = 9 as is_machine,
    {{ clean_text('url') }} as url
from {{ source('mail', 'mail_events') }}
where {{ epoch_to_jst('event_epoch') }} < {{ as_of_end() }}

-- 反応の重複を除く。同じ event_id の 2 件目からは捨てる
select distinct on (event_id)
    event_id,
    delivery_id,
    event_type,
    event_at_jst,
    device_code,
    is_machine,
    url
from {{ ref('stg_mail_events') }}
order by event_id, event_at_jst

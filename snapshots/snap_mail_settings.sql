{% snapshot snap_mail_settings %}

{{
    config(
        unique_key='setting_key',
        strategy='timestamp',
        updated_at='updated_at_jst'
    )
}}

-- 受信設定の版。元の表は上書きされるので、ここに残す
select
    setting_key,
    member_id,
    mail_type,
    is_subscribed,
    updated_at_jst
from {{ ref('stg_mail_settings') }}

{% endsnapshot %}

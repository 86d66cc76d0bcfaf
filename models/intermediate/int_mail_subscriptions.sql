-- 受信設定を会員ごとの横持ちにする。設定のない種別は「受け取らない」
select
    member_id,
    {%- for mail_type, name in {1: 'mass', 2: 'personal', 3: 'follow'}.items() %}
    coalesce(bool_or(is_subscribed) filter (where mail_type = {{ mail_type }}), false) as accepts_{{ name }},
    {%- endfor %}
    max(updated_at_jst) as updated_at_jst
from {{ ref('stg_mail_settings') }}
group by member_id

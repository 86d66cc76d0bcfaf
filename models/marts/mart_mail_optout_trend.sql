-- 受信設定の推移: snapshot の版のうち、月ごとに「受け取らない」になった数
with versions as (

    select
        member_id,
        mail_type,
        is_subscribed,
        dbt_valid_from as changed_at_jst
    from {{ ref('snap_mail_settings') }}

)

select
    cast(date_trunc('month', versions.changed_at_jst) as date) as month_start,
    versions.mail_type,
    count(*) as changed_count,
    count(case when not versions.is_subscribed then 1 end) as optout_count,
    count(case when versions.is_subscribed then 1 end) as optin_count
from versions
where versions.changed_at_jst >= date '2025-01-01'
  and versions.changed_at_jst < {{ as_of_end() }}
group by 1, 2

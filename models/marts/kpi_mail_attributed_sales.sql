-- メール経由の売上: クリックから決めた日数以内の注文を、最後にクリックしたメールの成果とする
with clicks as (

    select
        deliveries.campaign_code,
        deliveries.mail_type,
        deliveries.member_id,
        events.event_at_jst as clicked_at_jst
    from {{ ref('int_mail_events_deduped') }} as events
    inner join {{ ref('int_mail_deliveries_deduped') }} as deliveries
        on events.delivery_id = deliveries.delivery_id
    where events.event_type = 2

),

attributed as (

    select
        clicks.campaign_code,
        clicks.mail_type,
        orders.order_id,
        orders.member_id,
        orders.gross_amount,
        orders.net_amount
    from {{ ref('int_orders_net') }} as orders
    inner join clicks
        on orders.member_id = clicks.member_id
        and orders.ordered_at_jst > clicks.clicked_at_jst
        and orders.ordered_at_jst <= clicks.clicked_at_jst + interval {{ var('attribution_days') }} day
    qualify row_number() over (
        partition by orders.order_id
        order by clicks.clicked_at_jst desc, clicks.campaign_code
    ) = 1

)

select
    attributed.campaign_code,
    campaigns.campaign_name,
    attributed.mail_type,
    count(*) as order_count,
    count(distinct attributed.member_id) as buyer_count,
    sum(attributed.gross_amount) as gross_amount,
    sum(attributed.net_amount) as net_amount
from attributed
inner join {{ ref('stg_mail_campaigns') }} as campaigns
    on attributed.campaign_code = campaigns.campaign_code
group by attributed.campaign_code, campaigns.campaign_name, attributed.mail_type

/*
  日次の売上 KPI(税抜き)
    gross_amount            受注額。取消を引かない
    net_amount              取消を「注文の日」に戻して引いた額(あとから届いた取消で過去の日が変わる)
    net_amount_cancel_date  取消を「取消の日」に引いた額(過去の日は変わらない)
*/
with lines as (

    select * from {{ ref('int_order_lines_net') }}

),

by_order_date as (

    select
        order_date as calendar_date,
        count(distinct order_id) as order_count,
        count(distinct member_id) as buyer_count,
        sum(gross_amount) as gross_amount,
        sum(net_amount) as net_amount,
        count(distinct case when is_guest then order_id end) as guest_order_count
    from lines
    group by order_date

),

by_cancel_date as (

    select
        cancel_date as calendar_date,
        sum(cancelled_amount) as cancelled_amount
    from lines
    where cancelled_amount > 0
    group by cancel_date

)

select
    calendar.calendar_date,
    calendar.month_start,
    calendar.fiscal_year,
    calendar.day_of_week_ja,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.guest_order_count, 0) as guest_order_count,
    coalesce(orders.buyer_count, 0) as buyer_count,
    coalesce(orders.gross_amount, 0) as gross_amount,
    coalesce(orders.net_amount, 0) as net_amount,
    coalesce(orders.gross_amount, 0) - coalesce(cancels.cancelled_amount, 0) as net_amount_cancel_date,
    round(avg(coalesce(orders.net_amount, 0)) over (
        order by calendar.calendar_date
        rows between 6 preceding and current row
    )) as net_amount_7d_average
from {{ ref('int_calendar') }} as calendar
left join by_order_date as orders on calendar.calendar_date = orders.calendar_date
left join by_cancel_date as cancels on calendar.calendar_date = cancels.calendar_date

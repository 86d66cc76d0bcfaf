-- 会員ごとの購入のまとめ。全部取消の注文は数えない。ゲストと、会員表にない番号は除く
with orders as (

    select *
    from {{ ref('int_orders_net') }}
    where not is_fully_cancelled
      and member_id is not null

),

members as (

    select member_id from {{ ref('int_members_as_of') }}

)

select
    orders.member_id,
    min(orders.order_date) as first_order_date,
    max(orders.order_date) as last_order_date,
    date_diff('day', max(orders.order_date), {{ as_of_date() }}) as days_since_last_order,
    count(*) as order_count,
    sum(orders.net_amount) as net_amount,
    round(avg(orders.net_amount)) as average_order_amount
from orders
semi join members on orders.member_id = members.member_id
group by orders.member_id

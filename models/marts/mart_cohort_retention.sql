-- コホート: はじめて買った月ごとに、n か月後にまた買った会員の割合
with orders as (

    select
        member_id,
        cast(date_trunc('month', order_date) as date) as order_month
    from {{ ref('int_orders_net') }}
    where not is_fully_cancelled
      and member_id is not null

),

first_months as (

    select
        member_id,
        cast(date_trunc('month', first_order_date) as date) as cohort_month
    from {{ ref('int_member_purchases') }}

),

activity as (

    select distinct
        first_months.cohort_month,
        date_diff('month', first_months.cohort_month, orders.order_month) as months_since_first,
        orders.member_id
    from orders
    inner join first_months on orders.member_id = first_months.member_id

)

select
    cohort_month,
    months_since_first,
    count(*) as active_members,
    first_value(count(*)) over (
        partition by cohort_month
        order by months_since_first
    ) as cohort_members,
    {{ safe_divide('count(*)', 'first_value(count(*)) over (partition by cohort_month order by months_since_first)') }} as retention_rate
from activity
group by cohort_month, months_since_first

-- What each customer bought, without cancelled orders.
with kept as (
    select * from {{ ref('stg_orders') }} where not is_cancelled
)

select
    customers.customer_id,
    customers.customer_name,
    customers.prefecture,
    count(kept.order_id) as orders,
    coalesce(sum(kept.amount), 0) as amount,
    max(kept.ordered_on) as last_ordered_on
from {{ ref('stg_customers') }} as customers
left join kept on customers.customer_id = kept.customer_id
group by 1, 2, 3

-- One row per order; what was cancelled is marked, not removed.
select
    id as order_id,
    customer_id,
    ordered_on,
    {{ yen('amount_yen') }} as amount,
    status,
    status = 9 as is_cancelled
from {{ ref('raw_orders') }}

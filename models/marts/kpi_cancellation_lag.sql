-- 取消が注文から何日遅れて届くか。速報の売上が後でどれだけ減るかの目安
with lagged as (

    select
        order_line_key,
        cancelled_amount,
        cancel_reason_code,
        date_diff('day', order_date, cancel_date) as lag_days
    from {{ ref('int_order_lines_net') }}
    where cancelled_quantity > 0

),

banded as (

    select
        *,
        case
            when lag_days = 0 then 0
            when lag_days <= 3 then 1
            when lag_days <= 7 then 2
            when lag_days <= 14 then 3
            else 4
        end as lag_band
    from lagged

)

select
    lag_band,
    case lag_band
        when 0 then '当日'
        when 1 then '1〜3日'
        when 2 then '4〜7日'
        when 3 then '8〜14日'
        else '15日以上'
    end as lag_band_name,
    count(*) as line_count,
    sum(cancelled_amount) as cancelled_amount,
    {{ pivot_sum('cancel_reason_code', {1: 'customer', 2: 'out_of_stock', 3: 'payment', 4: 'damaged', 5: 'returned'}, prefix='lines_') }},
    {{ safe_divide('sum(sum(cancelled_amount)) over (order by lag_band)', 'sum(sum(cancelled_amount)) over ()') }} as cumulative_share
from banded
group by lag_band

{{ config(severity='warn', tags=['weekly']) }}

-- 取消のあとで最低金額を割ったクーポンの注文(誤りではないが、知っておきたい)
select coupon_code, below_minimum_count
from {{ ref('kpi_coupon_usage') }}
where below_minimum_count > 0

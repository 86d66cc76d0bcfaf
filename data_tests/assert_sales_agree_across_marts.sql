-- 日次・ブランド別・カテゴリー別の売上(取消後)の合計が一致すること
with totals as (

    select sum(net_amount) as total from {{ ref('kpi_sales_daily') }}
    union all
    select sum(net_amount) from {{ ref('kpi_sales_by_brand') }}
    union all
    select sum(net_total) from {{ ref('kpi_sales_by_category_month') }}

)

select min(total) as lowest, max(total) as highest
from totals
having min(total) <> max(total)

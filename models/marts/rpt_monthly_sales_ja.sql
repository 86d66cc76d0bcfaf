{{ config(materialized='view') }}

-- 経営会議に出す月次の表。列名は、そのまま見出しになる日本語にする
with monthly as (

    select
        month_start,
        any_value(fiscal_year) as fiscal_year,
        sum(order_count) as order_count,
        sum(gross_amount) as gross_amount,
        sum(net_amount) as net_amount,
        sum(net_amount_cancel_date) as net_amount_cancel_date
    from {{ ref('kpi_sales_daily') }}
    group by month_start

)

select
    strftime(month_start, '%Y年%m月') as "年月",
    fiscal_year as "年度",
    order_count as "注文件数",
    gross_amount as "受注金額",
    gross_amount - net_amount as "取消金額",
    net_amount as "売上金額",
    net_amount_cancel_date as "売上金額(取消日基準)",
    {{ safe_divide('gross_amount - net_amount', 'gross_amount') }} as "取消率",
    round(net_amount / nullif(order_count, 0)) as "客単価",
    {{ safe_divide('net_amount', 'lag(net_amount) over (order by month_start)') }} as "前月比",
    {{ safe_divide('net_amount', 'lag(net_amount, 12) over (order by month_start)') }} as "前年同月比"
from monthly
order by month_start
-- 見出しを変えるときは、BI の側(exposures)も直すこと

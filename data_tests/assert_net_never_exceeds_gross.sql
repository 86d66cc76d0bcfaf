-- 取消を引いた額が、引く前の額を超える日があってはならない
select calendar_date, gross_amount, net_amount
from {{ ref('kpi_sales_daily') }}
where net_amount > gross_amount
   or net_amount < 0

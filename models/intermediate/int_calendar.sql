{{ config(materialized='table') }}

-- 日付の一覧。注文の最初の日から基準日まで、再帰で 1 日ずつ進める
with recursive days as (

    select date '2025-01-01' as calendar_date

    union all

    select cast(calendar_date + interval 1 day as date)
    from days
    where calendar_date < {{ as_of_date() }}

)

select
    calendar_date,
    cast(date_trunc('month', calendar_date) as date) as month_start,
    -- 日本の会計年度は 4 月に始まる
    case when month(calendar_date) >= 4 then year(calendar_date) else year(calendar_date) - 1 end as fiscal_year,
    isodow(calendar_date) as day_of_week,
    substr('月火水木金土日', isodow(calendar_date), 1) as day_of_week_ja,
    isodow(calendar_date) in (6, 7) as is_weekend
from days

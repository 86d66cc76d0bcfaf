-- 直近の値下げ。今の価格が、その直前の価格より決めた率以上に安い商品だけ
with history as (

    select * from {{ ref('int_item_price_history') }}

),

lowest as (

    -- 期間中にいちばん安かった価格(「過去最安」の表示に使う)
    select item_id, min(price) as lowest_price
    from history
    group by item_id

)

select
    history.item_id,
    history.previous_price,
    history.price as current_price,
    history.valid_from as dropped_at_jst,
    history.previous_price - history.price as drop_amount,
    {{ safe_divide('history.previous_price - history.price', 'history.previous_price') }} as drop_rate,
    history.price <= lowest.lowest_price as is_lowest_ever
from history
inner join lowest on history.item_id = lowest.item_id
where history.is_current
  and history.price <= history.previous_price * (1 - {{ var('price_down_min_rate') }})
  and history.valid_from >= {{ days_before(var('price_down_lookback_days')) }}

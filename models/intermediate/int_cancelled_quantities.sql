/*
  取消を明細の単位にそろえる。
    - 注文全体の取消 → すべての明細の全数量
    - 明細の取消     → その明細の指定の数量(指定がなければ全数量)
  同じ取消が二度届くので、明細の数量を上限にする。
*/
with cancellations as (

    select * from {{ ref('stg_cancellations') }}

),

expanded as (

    -- 注文全体
    select
        lines.order_line_key,
        lines.quantity as ordered_quantity,
        lines.quantity as cancelled_quantity,
        cancellations.cancelled_at_jst,
        cancellations.cancel_date,
        cancellations.reason_code
    from cancellations
    inner join {{ ref('stg_order_lines') }} as lines
        on cancellations.order_id = lines.order_id
    where cancellations.is_whole_order

    union all

    -- 明細
    select
        lines.order_line_key,
        lines.quantity,
        coalesce(cancellations.quantity, lines.quantity),
        cancellations.cancelled_at_jst,
        cancellations.cancel_date,
        cancellations.reason_code
    from cancellations
    inner join {{ ref('stg_order_lines') }} as lines
        on cancellations.order_id = lines.order_id
        and cancellations.line_no = lines.line_no
    where not cancellations.is_whole_order

)

select
    order_line_key,
    least(sum(cancelled_quantity), max(ordered_quantity)) as cancelled_quantity,
    min(cancelled_at_jst) as first_cancelled_at_jst,
    max(cancelled_at_jst) as last_cancelled_at_jst,
    min(cancel_date) as cancel_date,
    -- 理由は最初に届いた取消のもの
    arg_min(reason_code, cancelled_at_jst) as reason_code
from expanded
group by order_line_key

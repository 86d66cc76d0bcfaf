-- depends_on: {{ ref('cancellations') }}
/*
  取消
  - line_no が NULL の行は、注文全体の取消
  - 注文から数日〜数週間遅れて届く。基準日より後に届いたものは見ない
*/
select
    cancellation_id,
    order_id,
    line_no,
    quantity,
    line_no is null as is_whole_order,
    {{ to_jst('cancelled_at') }} as cancelled_at_jst,
    {{ jst_date('cancelled_at') }} as cancel_date,
    reason_code
from {{ source('shop', 'cancellations') }}
where {{ jst_date('cancelled_at') }} <= {{ as_of_date() }}

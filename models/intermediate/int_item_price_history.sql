/*
  価格の履歴。変更の記録を [valid_from, valid_to) の期間に直す。
  同じ時刻に 2 回変更されたら、後の記録だけを使う。
*/
with changes as (

    select *
    from {{ ref('stg_price_changes') }}
    qualify row_number() over (
        partition by item_id, changed_at_jst
        order by price_change_id desc
    ) = 1

)

select
    item_id,
    price,
    reason_code,
    changed_at_jst as valid_from,
    lead(changed_at_jst) over (partition by item_id order by changed_at_jst) as valid_to,
    lag(price) over (partition by item_id order by changed_at_jst) as previous_price,
    lead(changed_at_jst) over (partition by item_id order by changed_at_jst) is null as is_current
from changes

-- depends_on: {{ ref('price_changes') }}
select
    price_change_id,
    item_id,
    {{ to_jst('changed_at') }} as changed_at_jst,
    price,
    reason_code
from {{ source('shop', 'price_changes') }}
-- 基準日より後に効く変更は、まだ起きていないこととする
where {{ to_jst('changed_at') }} < {{ as_of_end() }}

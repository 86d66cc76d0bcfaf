-- depends_on: {{ ref('favourites') }}
select
    favourite_id,
    member_id,
    item_id,
    {{ to_jst('added_at') }} as added_at_jst,
    {{ to_jst('removed_at') }} as removed_at_jst
from {{ source('shop', 'favourites') }}
where {{ to_jst('added_at') }} < {{ as_of_end() }}

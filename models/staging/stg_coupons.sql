-- depends_on: {{ ref('coupons') }}
select
    {{ clean_code('coupon_code') }} as coupon_code,
    coupon_name,
    discount_type,
    discount_value,
    coalesce(minimum_amount, 0) as minimum_amount,
    valid_from,
    valid_to
from {{ source('shop', 'coupons') }}

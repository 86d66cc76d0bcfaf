-- クーポンの使われ方。マスターにないコードも「(不明)」として残す
select
    orders.coupon_code,
    coalesce(coupons.coupon_name, '(不明)') as coupon_name,
    coupons.discount_type,
    count(*) as order_count,
    count(distinct orders.member_id) as member_count,
    sum(orders.net_amount) as net_amount,
    -- 値引き額: 定額はそのまま、定率は取消後の金額に掛ける
    cast(sum(case
        when orders.is_fully_cancelled then 0
        when coupons.discount_type = 1 then coupons.discount_value
        when coupons.discount_type = 2 then floor(orders.net_amount * coupons.discount_value / 100.0)
        else 0
    end) as bigint) as discount_amount,
    count(case when orders.net_amount < coupons.minimum_amount then 1 end) as below_minimum_count
from {{ ref('int_orders_net') }} as orders
left join {{ ref('stg_coupons') }} as coupons
    on orders.coupon_code = coupons.coupon_code
    and orders.order_date between coupons.valid_from and coupons.valid_to
where orders.coupon_code is not null
group by orders.coupon_code, coupons.coupon_name, coupons.discount_type

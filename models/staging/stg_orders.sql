-- depends_on: {{ ref('orders') }}
{{ config(materialized='view') }}

-- 注文: 時刻を日本時間にし、クーポンと備考の表記をそろえる
with source as (

    select * from {{ source('shop', 'orders') }}

),

renamed as (

    select
        order_id,
        member_id,
        -- ゲスト購入には会員番号がない
        member_id is null as is_guest,
        {{ to_jst('ordered_at') }} as ordered_at_jst,
        {{ jst_date('ordered_at') }} as order_date,
        order_status,
        coalesce(device_code, 0) as device_code,
        {{ clean_code('coupon_code') }} as coupon_code,
        shipping_fee,
        points_used,
        nullif({{ clean_text('memo') }}, 'なし') as memo
    from source

)

select * from renamed
where order_date <= {{ as_of_date() }}

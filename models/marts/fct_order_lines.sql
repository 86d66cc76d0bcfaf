{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='order_line_key',
        on_schema_change='append_new_columns'
    )
}}

/*
  注文明細の事実表。
  取消は遅れて届くので、注文した時刻ではなく「最後に変わった時刻」で差分を取る。
*/
with lines as (

    select
        order_line_key,
        order_id,
        line_no,
        member_id,
        is_guest,
        item_id,
        device_code,
        coupon_code,
        ordered_at_jst,
        order_date,
        gross_quantity,
        gross_amount,
        cancelled_quantity,
        cancelled_amount,
        net_quantity,
        net_amount,
        net_amount_tax_in,
        cancel_date,
        cancel_reason_code,
        greatest(ordered_at_jst, coalesce(last_cancelled_at_jst, ordered_at_jst)) as last_changed_at_jst
    from {{ ref('int_order_lines_net') }}

)

select *
from lines
{% if is_incremental() %}
-- 取り込みの遅れを見込んで、3 日ぶんを読み直す
where last_changed_at_jst >= (select max(last_changed_at_jst) - interval 3 day from {{ this }})
{% endif %}

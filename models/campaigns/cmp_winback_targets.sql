-- 掘り起こし: 買ったことはあるが、しばらく買っていない会員。よく買った大カテゴリーを添える
with dormant as (

    select *
    from {{ ref('int_member_purchases') }}
    where days_since_last_order >= {{ var('dormant_days') }}

),

best_category as (

    select
        lines.member_id,
        items.root_category_name,
        sum(lines.net_amount) as net_amount
    from {{ ref('int_order_lines_net') }} as lines
    inner join {{ ref('int_items_enriched') }} as items on lines.item_id = items.item_id
    where lines.net_quantity > 0
    group by lines.member_id, items.root_category_name
    qualify row_number() over (
        partition by lines.member_id
        order by sum(lines.net_amount) desc, items.root_category_name
    ) = 1

)

select
    recipients.member_id,
    recipients.email,
    recipients.salutation,
    dormant.last_order_date,
    dormant.days_since_last_order,
    dormant.order_count,
    dormant.net_amount,
    best_category.root_category_name as best_category_name,
    -- 半年を超えたら、クーポンを付ける
    dormant.days_since_last_order > 180 as with_coupon
from {{ ref('cmp_mailable_members') }} as recipients
inner join dormant on recipients.member_id = dormant.member_id
left join best_category on recipients.member_id = best_category.member_id
where recipients.accepts_follow

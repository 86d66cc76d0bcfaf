-- おすすめの候補: 「一緒に買われた商品」と「お気に入りと同じ大カテゴリーの人気商品」。買った商品は出さない
with bought as (

    select distinct member_id, item_id
    from {{ ref('int_order_lines_net') }}
    where net_quantity > 0
      and member_id is not null

),

from_pairs as (

    select
        bought.member_id,
        pairs.paired_item_id as item_id,
        1 as source_code,
        1000 * pairs.pair_count // pairs.pair_rank as score
    from bought
    inner join {{ ref('int_item_pairs') }} as pairs
        on bought.item_id = pairs.item_id
        and pairs.pair_rank <= 5

),

from_favourites as (

    select
        favourites.member_id,
        popular.item_id,
        2 as source_code,
        500 // popular.category_rank as score
    from {{ ref('int_favourites_active') }} as favourites
    inner join {{ ref('int_items_enriched') }} as items
        on favourites.item_id = items.item_id
    inner join {{ ref('int_item_popularity') }} as popular
        on items.root_category_id = popular.root_category_id
        and popular.category_rank <= 5

),

candidates as (

    select * from from_pairs
    union all
    select * from from_favourites

),

scored as (

    select
        candidates.member_id,
        candidates.item_id,
        -- 両方から出た商品は 3
        case when count(distinct candidates.source_code) = 2 then 3 else min(candidates.source_code) end as source_code,
        sum(candidates.score) as score
    from candidates
    inner join {{ ref('cmp_mailable_members') }} as recipients
        on candidates.member_id = recipients.member_id
        and recipients.accepts_personal
    anti join bought
        on candidates.member_id = bought.member_id
        and candidates.item_id = bought.item_id
    group by candidates.member_id, candidates.item_id

)

select
    member_id,
    item_id,
    source_code,
    score,
    row_number() over (partition by member_id order by score desc, item_id) as candidate_rank
from scored
qualify row_number() over (partition by member_id order by score desc, item_id) <= 5

-- カテゴリーの木を上からたどり、「ファッション > レディース > トップス」の形にする
with recursive tree as (

    select
        category_id,
        category_name,
        category_id as root_category_id,
        category_name as root_category_name,
        category_name as category_path,
        1 as depth
    from {{ ref('stg_item_categories') }}
    where parent_category_id is null

    union all

    select
        child.category_id,
        child.category_name,
        tree.root_category_id,
        tree.root_category_name,
        tree.category_path || ' > ' || child.category_name,
        tree.depth + 1
    from {{ ref('stg_item_categories') }} as child
    inner join tree on child.parent_category_id = tree.category_id

)

select * from tree

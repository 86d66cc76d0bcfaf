-- depends_on: {{ ref('brands') }}
-- ブランド: 名前の前後の空白と全角英字を直す(引用符とカンマは名前の一部)
select
    brand_id,
    {{ clean_text(to_halfwidth('brand_name')) }} as brand_name,
    {{ clean_text('brand_kana') }} as brand_kana,
    coalesce({{ clean_code('country_code') }}, 'ZZ') as country_code
from {{ source('shop', 'brands') }}

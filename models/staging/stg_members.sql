-- depends_on: {{ ref('members') }}
{{ config(materialized='view', tags=['pii']) }}

-- 会員: 名前・住所・メールアドレスの表記をそろえる
with source as (

    select * from {{ source('shop', 'members') }}

),

cleaned as (

    select
        member_id,
        {{ clean_text('last_name') }} as last_name,
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('last_kana') }} as last_kana,
        {{ clean_text('first_kana') }} as first_kana,
        gender_code,
        -- 1900-01-01 は「未入力」の意味で使われている
        nullif(birth_date, date '1900-01-01') as birth_date,
        lower({{ clean_text(to_halfwidth('email')) }}) as email,
        {{ clean_text(to_halfwidth('postal_code')) }} as postal_code,
        -- 99 は海外・不明
        nullif({{ clean_text('prefecture_code') }}, '99') as prefecture_code,
        member_status,
        channel_code,
        {{ to_jst('registered_at') }} as registered_at_jst,
        {{ to_jst('withdrawn_at') }} as withdrawn_at_jst
    from source

)

select * from cleaned

{{ config(materialized='ephemeral', tags=['pii']) }}

-- 連絡先(個人情報)。どこにも表として残さないよう ephemeral にしておく
select
    member_id,
    last_name,
    first_name,
    {{ salutation('last_name') }} as salutation,
    {{ clean_text("coalesce(last_kana, '') || ' ' || coalesce(first_kana, '')") }} as kana,
    email,
    {{ is_mail_address('email') }} as has_valid_email
from {{ ref('stg_members') }}

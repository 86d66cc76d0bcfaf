-- 配信一覧に載る会員は 1 人 1 通で、配信してはいけない会員を含まない
select member_id
from {{ ref('cmp_delivery_queue') }}
group by member_id
having count(*) > 1

union all

select queue.member_id
from {{ ref('cmp_delivery_queue') }} as queue
inner join {{ ref('cmp_mail_exclusions') }} as exclusions
    on queue.member_id = exclusions.member_id

-- RFM のセグメントごとの開封率。掘り起こしの件名を考えるときに使う
select
    rfm.segment_code,
    rfm.segment_name,
    count(distinct rfm.member_id) as members,
    count(*) filter (where deliveries.is_delivered) as delivered,
    {{ safe_divide('count(*) filter (where deliveries.is_opened)', 'count(*) filter (where deliveries.is_delivered)') }} as open_rate
from {{ ref('mart_member_rfm') }} as rfm
left join {{ ref('fct_mail_deliveries') }} as deliveries
    on rfm.member_id = deliveries.member_id
group by rfm.segment_code, rfm.segment_name
order by rfm.segment_code

-- One row per customer, with blanks made NULL.
select
    id as customer_id,
    name as customer_name,
    nullif(trim(prefecture), '') as prefecture,
    joined_on
from {{ ref('raw_customers') }}

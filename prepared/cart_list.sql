-- What lies in a session's cart; $2 rows at most.
select sku_id, count
from carts
where session = $1
order by sku_id
limit $2

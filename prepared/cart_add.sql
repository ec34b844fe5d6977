-- $3 more of a sku in a session's cart, or no row when there is no such sku. The bound keeps a
-- count at the type's end from becoming an error.
insert into carts (session, sku_id, count)
select $1, sku_id, $3
from skus
where sku_id = $2
on conflict (session, sku_id) do update
set count = least(carts.count, 2147483647 - excluded.count) + excluded.count
returning sku_id

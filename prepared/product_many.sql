-- As product.sql for each of many. The limit has each looked up by its key, whatever the planner
-- makes of a small table.
select wanted.place, document.*
from unnest($1) with ordinality as wanted (product_id, place)
cross join lateral (
  select product_id, summary, created_at, features
  from product_documents
  where product_id = wanted.product_id
  limit 1
) as document

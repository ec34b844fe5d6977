-- As product_styles.sql for each of many; the limit is that of product_many.sql.
select wanted.place, document.styles
from unnest($1) with ordinality as wanted (product_id, place)
cross join lateral (
  select styles
  from style_documents
  where product_id = wanted.product_id
  limit 1
) as document

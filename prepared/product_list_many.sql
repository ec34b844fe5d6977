-- As product_list.sql for each of many pages: $1 places before it, $2 its last one, $3 the last id.
select wanted.place, document.*
from unnest($1, $2, $3) with ordinality as wanted (place_before, place_end, product_id_max, place)
cross join lateral (
  select product_id, summary, created_at
  from product_documents as document
  where document.place > wanted.place_before
    and document.place <= wanted.place_end
    and document.product_id <= wanted.product_id_max
  order by document.place
  limit wanted.place_end - wanted.place_before
) as document

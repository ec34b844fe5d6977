-- As review_meta.sql for each of many; the limit is that of product_many.sql.
select wanted.place, meta.*
from unnest($1) with ordinality as wanted (product_id, place)
cross join lateral (
  select
    rating_1, rating_2, rating_3, rating_4, rating_5,
    recommend_false, recommend_true,
    characteristic_ids, characteristic_names, characteristic_sums, characteristic_counts
  from review_meta
  where product_id = wanted.product_id
  limit 1
) as meta

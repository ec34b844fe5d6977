-- What the reviews of each of the products $1 come to.
select
  key.place,
  rating_1, rating_2, rating_3, rating_4, rating_5,
  recommend_false, recommend_true,
  characteristic_ids, characteristic_names, characteristic_sums, characteristic_counts
from unnest($1::int[]) with ordinality as key (product_id, place)
join review_meta using (product_id)

-- What a product's reviews come to. Reported reviews are hidden from lists and still counted here,
-- as the original did.
select
  rating_1, rating_2, rating_3, rating_4, rating_5,
  recommend_false, recommend_true,
  characteristic_ids, characteristic_names, characteristic_sums, characteristic_counts
from review_meta
where product_id = $1

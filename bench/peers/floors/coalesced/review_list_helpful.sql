-- A page of the reviews of each of the products $1.
select key.place, review.*
from unnest($1::int[]) with ordinality as key (product_id, place)
cross join lateral (
  select
    review_id, rating, summary, recommend, response, body, date, reviewer_name, helpfulness, photos
  from reviews
  where reviews.product_id = key.product_id
    and not reported
  order by helpfulness desc, date desc, review_id desc
  limit $2
  offset $3
) as review

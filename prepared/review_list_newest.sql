-- A page of a product's reviews, newest first: a walk along the index reviews_by_date.
select
  review_id, rating, summary, recommend, response, body, date, reviewer_name, helpfulness, photos
from reviews
where product_id = $1
  and not reported
order by date desc, review_id desc
limit $2
offset $3

-- A page of a product's reviews, most helpful first: a walk along the index
-- reviews_by_helpfulness, so that it costs the rows of the page and those skipped before it.
select
  review_id, rating, summary, recommend, response, body, date, reviewer_name, helpfulness, photos
from reviews
where product_id = $1
  and not reported
order by helpfulness desc, date desc, review_id desc
limit $2
offset $3

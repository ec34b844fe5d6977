-- As review_list_helpful.sql for each of many pages.
select wanted.place, review.*
from unnest($1, $2, $3) with ordinality as wanted (product_id, row_limit, row_offset, place)
cross join lateral (
  select
    review_id, rating, summary, recommend, response, body, date, reviewer_name, helpfulness, photos
  from reviews
  where product_id = wanted.product_id
    and not reported
  order by helpfulness desc, date desc, review_id desc
  limit wanted.row_limit
  offset wanted.row_offset
) as review

-- One review with its photos and ratings, and its product's counts, or nothing at all: no row
-- comes back when there is no such product, or a characteristic is not one of its own.
-- $1 product, $2 rating, $3 recommend, $4 summary, $5 body, $6 name, $7 email, $8 photo addresses,
-- $9 characteristics, each once, and $10 what they were given.
with meta as (
  update review_meta
  set
    rating_1 = rating_1 + ($2 = 1)::int,
    rating_2 = rating_2 + ($2 = 2)::int,
    rating_3 = rating_3 + ($2 = 3)::int,
    rating_4 = rating_4 + ($2 = 4)::int,
    rating_5 = rating_5 + ($2 = 5)::int,
    recommend_false = recommend_false + (not $3)::int,
    recommend_true = recommend_true + $3::int,
    characteristic_sums = (
      select coalesce(array_agg(kept.total + coalesce(given.value, 0) order by kept.place), '{}')
      from unnest(characteristic_ids, characteristic_sums)
        with ordinality as kept (id, total, place)
      left join unnest($9, $10) as given (id, value) on given.id = kept.id
    ),
    characteristic_counts = (
      select coalesce(array_agg(kept.total + (given.id is not null)::int order by kept.place), '{}')
      from unnest(characteristic_ids, characteristic_counts)
        with ordinality as kept (id, total, place)
      left join unnest($9, $10) as given (id, value) on given.id = kept.id
    )
  where product_id = $1
    and characteristic_ids @> $9
  returning product_id
),
review as (
  insert into reviews (
    product_id, review_id, date, rating, recommend, summary, body, reviewer_name, reviewer_email,
    photos
  )
  select
    meta.product_id, nextval('review_ids'), date_trunc('milliseconds', now()), $2, $3, $4, $5, $6,
    $7,
    (
      -- Text put together by hand: json_agg would put spaces where the replies have none.
      select ('[' || string_agg(
        '{"id":' || nextval('review_photo_ids') || ',"url":' || to_json(photo.url) || '}',
        ',' order by photo.place
      ) || ']')::json
      from unnest($8) with ordinality as photo (url, place)
    )
  from meta
  returning review_id
),
rating as (
  insert into characteristic_reviews (
    product_id, review_id, characteristic_id, value
  )
  select $1, review.review_id, given.id, given.value
  from review
  cross join unnest($9, $10) as given (id, value)
)
select review_id
from review

-- One answer with its photos, or no row when there is no such question.
-- $1 question, $2 body, $3 name, $4 email, $5 photo addresses.
insert into answers (
  product_id, question_id, answer_id, date, body, answerer_name, answerer_email, photo_ids,
  photo_urls
)
select
  product_id, question_id, nextval('answer_ids'), date_trunc('milliseconds', now()), $2, $3, $4,
  (select array_agg(nextval('answer_photo_ids')::int) from unnest($5)),
  nullif($5, '{}')
from questions
where question_id = $1
returning answer_id

-- A page of the answers to each of the questions $1.
select key.place, answer.*
from unnest($1::int[]) with ordinality as key (question_id, place)
cross join lateral (
  select answer_id, body, date, answerer_name, helpfulness, photo_ids, photo_urls
  from answers
  where answers.question_id = key.question_id
    and not reported
  order by helpfulness desc, date desc, answer_id
  limit $2
  offset $3
) as answer

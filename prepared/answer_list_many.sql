-- As answer_list.sql for each of many pages.
select wanted.place, answer.*
from unnest($1, $2, $3) with ordinality as wanted (question_id, row_limit, row_offset, place)
cross join lateral (
  select answer_id, body, date, answerer_name, helpfulness, photo_ids, photo_urls
  from answers
  where question_id = wanted.question_id
    and not reported
  order by helpfulness desc, date desc, answer_id
  limit wanted.row_limit
  offset wanted.row_offset
) as answer

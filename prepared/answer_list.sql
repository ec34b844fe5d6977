-- A page of a question's answers, most helpful first: a walk along answers_by_helpfulness.
select answer_id, body, date, answerer_name, helpfulness, photo_ids, photo_urls
from answers
where question_id = $1
  and not reported
order by helpfulness desc, date desc, answer_id
limit $2
offset $3

-- A page of a product's questions, most helpful first, each with all of its answers in the order of
-- their ids: a row an answer, and one row of nulls for a question without. The questions are a walk
-- along questions_by_helpfulness, the answers of each one along answers_pkey. The inner order keeps
-- the planner from anything but that; the outer one then costs nothing.
select
  question.question_id, question.body, question.date, question.asker_name, question.helpfulness,
  answer.answer_id, answer.body, answer.date, answer.answerer_name, answer.helpfulness,
  answer.photo_urls
from (
  select product_id, question_id, body, date, asker_name, helpfulness
  from questions
  where product_id = $1
    and not reported
  order by helpfulness desc, question_id desc
  limit $2
  offset $3
) as question
left join lateral (
  select answer_id, body, date, answerer_name, helpfulness, photo_urls
  from answers
  where product_id = $1
    and question_id = question.question_id
    and not reported
  order by answer_id
) as answer on true
order by question.helpfulness desc, question.question_id desc

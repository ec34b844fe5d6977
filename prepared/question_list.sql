-- A page of a product's questions, most helpful first: a row for each question, without an
-- answer_id, followed by one for each of its answers in the order of their ids. So each text is
-- sent once, however many answers there are. The questions are a walk along
-- questions_by_helpfulness, the answers of each one along answers_pkey; the inner order and the
-- union keep the planner from anything but that, and the outer order then costs nothing.
select
  question.question_id, post.answer_id, post.body, post.date, post.name, post.helpfulness,
  post.photo_urls
from (
  select question_id, body, date, asker_name, helpfulness
  from questions
  where product_id = $1
    and not reported
  order by helpfulness desc, question_id desc
  limit $2
  offset $3
) as question
cross join lateral (
  select
    null::int as answer_id, question.body, question.date, question.asker_name as name,
    question.helpfulness, null::text[] as photo_urls
  union all
  (
    select answer_id, body, date, answerer_name, helpfulness, photo_urls
    from answers
    where product_id = $1
      and question_id = question.question_id
      and not reported
    order by answer_id
  )
) as post
order by question.helpfulness desc, question.question_id desc

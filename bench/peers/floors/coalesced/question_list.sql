-- A page of the questions of each of the products $1 with their answers, in the rows of
-- prepared/question_list.sql.
select
  key.place, question.question_id, post.answer_id, post.body, post.date, post.name,
  post.helpfulness, post.photo_urls
from unnest($1::int[]) with ordinality as key (product_id, place)
cross join lateral (
  select question_id, body, date, asker_name, helpfulness
  from questions
  where questions.product_id = key.product_id
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
    where answers.product_id = key.product_id
      and question_id = question.question_id
      and not reported
    order by answer_id
  )
) as post

-- As question_list.sql for each of many pages.
select wanted.place, list.*
from unnest($1, $2, $3) with ordinality as wanted (product_id, row_limit, row_offset, place)
cross join lateral (
  select
    question.question_id, post.answer_id, post.body, post.date, post.name, post.helpfulness,
    post.photo_urls
  from (
    select question_id, body, date, asker_name, helpfulness
    from questions
    where product_id = wanted.product_id
      and not reported
    order by helpfulness desc, question_id desc
    limit wanted.row_limit
    offset wanted.row_offset
  ) as question
  cross join lateral (
    select
      null::int as answer_id, question.body, question.date, question.asker_name as name,
      question.helpfulness, null::text[] as photo_urls
    union all
    (
      select answer_id, body, date, answerer_name, helpfulness, photo_urls
      from answers
      where product_id = wanted.product_id
        and question_id = question.question_id
        and not reported
      order by answer_id
    )
  ) as post
  order by question.helpfulness desc, question.question_id desc
) as list

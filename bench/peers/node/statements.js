'use strict'

// The shop's statements by the name under which each connection prepares them once. Every request
// is one of them, over the tables that Atelier reads.

// The reviews of a page as the text of one value: a quarter less time in Node for a sixth more in
// PostgreSQL than a row each. The functions for whole arrays would put spaces between the reviews.
const reviewList = (order) => `
  select string_agg(row_to_json(review)::text, ',') as reviews
  from (
    select review_id, rating, summary, recommend, response, body,
      to_char(date at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as date,
      reviewer_name, helpfulness, coalesce(photos, '[]') as photos
    from reviews
    where product_id = $1 and not reported
    order by ${order}
    limit $2 offset $3
  ) as review`

module.exports = {
  product: `
    select product_id, summary, created_at, features
    from product_documents
    where product_id = $1`,

  productList: `
    select product_id, summary, created_at
    from product_documents
    where place > $1 and place <= $2
    order by place`,

  productRelated: 'select related from product_documents where product_id = $1',

  productStyles: 'select styles from style_documents where product_id = $1',

  reviewListHelpful: reviewList('helpfulness desc, reviews.date desc, review_id desc'),

  reviewListNewest: reviewList('reviews.date desc, review_id desc'),

  reviewMeta: `
    select rating_1, rating_2, rating_3, rating_4, rating_5, recommend_false, recommend_true,
      characteristic_ids, characteristic_names, characteristic_sums, characteristic_counts
    from review_meta
    where product_id = $1`,

  // A row for each question, followed by one for each of its answers.
  questionList: `
    select question.question_id, post.answer_id, post.body, post.date, post.name,
      post.helpfulness, post.photo_urls
    from (
      select question_id, body, date, asker_name, helpfulness
      from questions
      where product_id = $1 and not reported
      order by helpfulness desc, question_id desc
      limit $2 offset $3
    ) as question
    cross join lateral (
      select null::int as answer_id, question.body, question.date, question.asker_name as name,
        question.helpfulness, null::text[] as photo_urls
      union all
      (
        select answer_id, body, date, answerer_name, helpfulness, photo_urls
        from answers
        where product_id = $1 and question_id = question.question_id and not reported
        order by answer_id
      )
    ) as post
    order by question.helpfulness desc, question.question_id desc`,

  answerList: `
    select answer_id, body, date, answerer_name, helpfulness, photo_ids, photo_urls
    from answers
    where question_id = $1 and not reported
    order by helpfulness desc, date desc, answer_id
    limit $2 offset $3`,

  // $1 product, $2 rating, $3 recommend, $4 summary, $5 body, $6 name, $7 email, $8 photo
  // addresses, $9 characteristics, $10 what they were given. No row comes back when there is no
  // such product, or a characteristic is not its own.
  reviewAdd: `
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
          select coalesce(
            array_agg(kept.total + coalesce(given.value, 0) order by kept.place), '{}'
          )
          from unnest(characteristic_ids, characteristic_sums)
            with ordinality as kept (id, total, place)
          left join unnest($9::int[], $10::int[]) as given (id, value) on given.id = kept.id
        ),
        characteristic_counts = (
          select coalesce(
            array_agg(kept.total + (given.id is not null)::int order by kept.place), '{}'
          )
          from unnest(characteristic_ids, characteristic_counts)
            with ordinality as kept (id, total, place)
          left join unnest($9::int[], $10::int[]) as given (id, value) on given.id = kept.id
        )
      where product_id = $1 and characteristic_ids @> $9::int[]
      returning product_id
    ),
    review as (
      insert into reviews (
        product_id, review_id, date, rating, recommend, summary, body, reviewer_name,
        reviewer_email, photos
      )
      select meta.product_id, nextval('review_ids'), date_trunc('milliseconds', now()),
        $2::smallint, $3, $4, $5, $6, $7,
        (
          select ('[' || string_agg(
            '{"id":' || nextval('review_photo_ids') || ',"url":' || to_json(photo.url) || '}',
            ',' order by photo.place
          ) || ']')::json
          from unnest($8::text[]) with ordinality as photo (url, place)
        )
      from meta
      returning review_id
    ),
    rating as (
      insert into characteristic_reviews (product_id, review_id, characteristic_id, value)
      select $1, review.review_id, given.id, given.value
      from review
      cross join unnest($9::int[], $10::int[]) as given (id, value)
    )
    select review_id from review`,

  reviewHelpful: `
    update reviews set helpfulness = least(helpfulness, 2147483646) + 1 where review_id = $1`,

  questionAdd: `
    insert into questions (product_id, question_id, date, body, asker_name, asker_email)
    select product_id, nextval('question_ids'), date_trunc('milliseconds', now()), $2, $3, $4
    from products
    where product_id = $1
    returning question_id`,

  answerAdd: `
    insert into answers (
      product_id, question_id, answer_id, date, body, answerer_name, answerer_email, photo_ids,
      photo_urls
    )
    select product_id, question_id, nextval('answer_ids'), date_trunc('milliseconds', now()),
      $2, $3, $4,
      (select array_agg(nextval('answer_photo_ids')::int) from unnest($5::text[])),
      nullif($5::text[], '{}')
    from questions
    where question_id = $1
    returning answer_id`
}

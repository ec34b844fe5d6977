-- One question, or no row when there is no such product.
-- $1 product, $2 body, $3 name, $4 email.
insert into questions (product_id, question_id, date, body, asker_name, asker_email)
select product_id, nextval('question_ids'), date_trunc('milliseconds', now()), $2, $3, $4
from products
where product_id = $1
returning question_id

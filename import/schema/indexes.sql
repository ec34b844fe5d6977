-- Keys and indexes, made after the rows are loaded. The primary key of all that belongs to a
-- product begins with product_id, so that these tables can be distributed by product; carts belong
-- to a session, and the look-ups by a row's own id go beside. Indexes
-- of what only imports write are full pages: nothing is ever put in between.

alter table products add primary key (product_id) with (fillfactor = 100);
alter table features add primary key (product_id, feature_id) with (fillfactor = 100);
alter table styles add primary key (product_id, style_id) with (fillfactor = 100);
alter table style_photos add primary key (product_id, photo_id) with (fillfactor = 100);
alter table skus add primary key (product_id, sku_id) with (fillfactor = 100);
alter table related_products add primary key (product_id, related_id) with (fillfactor = 100);
alter table legacy_carts add primary key (product_id, cart_id) with (fillfactor = 100);
alter table product_documents add primary key (product_id) with (fillfactor = 100);
alter table style_documents add primary key (product_id) with (fillfactor = 100);
alter table review_meta add primary key (product_id);
alter table characteristics add primary key (product_id, characteristic_id);
alter table reviews add primary key (product_id, review_id);
alter table questions add primary key (product_id, question_id);
-- The answers of a page's questions, each question's in the order of their ids.
alter table answers add primary key (product_id, question_id, answer_id);
alter table carts add primary key (session, sku_id);

-- GET /products: a page is a range of places.
create unique index product_documents_by_place
  on product_documents (place) with (fillfactor = 100);

-- POST /cart knows the sku and not its product.
create unique index skus_by_id on skus (sku_id) with (fillfactor = 100);

-- PUT /reviews/:id/… knows the review and not its product.
create index reviews_by_id on reviews (review_id);

-- The two orders of GET /reviews: a page is a walk along one of them, whatever the product's size.
create index reviews_by_helpfulness
  on reviews (product_id, helpfulness desc, date desc, review_id desc)
  where not reported;
create index reviews_by_date
  on reviews (product_id, date desc, review_id desc)
  where not reported;

-- As with reviews, the paths below /qa know the question or the answer alone.
create index questions_by_id on questions (question_id);
create index answers_by_id on answers (answer_id);

-- GET /qa/questions and GET /qa/questions/:id/answers, each in its one order.
create index questions_by_helpfulness
  on questions (product_id, helpfulness desc, question_id desc)
  where not reported;
create index answers_by_helpfulness
  on answers (question_id, helpfulness desc, date desc, answer_id)
  where not reported;

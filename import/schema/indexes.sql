-- Keys and indexes, made after the rows are loaded. Every primary key begins with product_id,
-- so that each table can be distributed by product.

alter table products add primary key (product_id);
alter table review_meta add primary key (product_id);
alter table characteristics add primary key (product_id, characteristic_id);
alter table reviews add primary key (product_id, review_id);

-- PUT /reviews/:id/… knows the review and not its product.
create index reviews_by_id on reviews (review_id);

-- The two orders of GET /reviews: a page is a walk along one of them, whatever the product's size.
create index reviews_by_helpfulness
  on reviews (product_id, helpfulness desc, date desc, review_id desc)
  where not reported;
create index reviews_by_date
  on reviews (product_id, date desc, review_id desc)
  where not reported;

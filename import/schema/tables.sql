-- The tables of a shop, created in the first schema of the search path: the schema `atelier`
-- for a new database, a fresh one for an import that will be swapped in.
-- Wide fixed-size columns come first, so that no row carries padding between them.

-- One row: what this schema is and where its data came from. A database without it is not ours.
create table about (
  version int not null,
  imported_at timestamptz not null default now(),
  source text not null
);

create table products (
  product_id int not null,
  -- Whole cents: the API prints "140.00", and money never meets floating point.
  default_price_cents bigint,
  name text not null,
  slogan text not null,
  description text not null,
  category text not null
);

-- The rest of the catalogue, as its files have it. No request reads these tables but one (a cart
-- looks its sku up): replies come from the documents below, which are rendered from them.
create table features (
  product_id int not null,
  feature_id int not null,
  feature text,
  value text
);

create table styles (
  original_price_cents bigint,
  -- Null where it is not on sale.
  sale_price_cents bigint,
  product_id int not null,
  style_id int not null,
  is_default boolean not null,
  name text not null
);

-- The two addresses of a photo differ in a width near their end. What they share, a third of the
-- table, is kept once: the thumbnail's is left(url, thumbnail_shared) || thumbnail_rest, and null
-- where thumbnail_rest is.
create table style_photos (
  product_id int not null,
  style_id int not null,
  photo_id int not null,
  -- In characters.
  thumbnail_shared smallint not null,
  url text,
  thumbnail_rest text
);

create table skus (
  product_id int not null,
  style_id int not null,
  sku_id int not null,
  quantity int,
  size text
);

create table related_products (
  product_id int not null,
  related_id int not null,
  related_product_id int not null
);

-- cart.csv, in the form of the first generation of the service; kept, and read by nothing.
create table legacy_carts (
  product_id int not null,
  cart_id int not null,
  user_session int not null,
  active boolean not null
);

-- What GET /products, /products/:id and /related print, one row a product, rendered by an import.
-- The ids that a reply names depend on the campus that asks, so they are left out of the text.
create table product_documents (
  -- Of the import, for all alike; printed as created_at and as updated_at.
  created_at timestamptz not null,
  product_id int not null,
  -- 1 for the least product_id, 2 for the next: a page of the list is a range of places, so that
  -- the last page costs what the first one does.
  place int not null,
  -- In the order of related_id.
  related int[] not null,
  -- "name":…,"default_price":"…" without braces.
  summary text not null,
  -- [{"feature":…,"value":…}]
  features text not null
);

-- The `results` of GET /products/:id/styles. Apart from the above, because it is the larger part
-- and a list must not page through it.
create table style_documents (
  product_id int not null,
  styles text not null
) with (toast_tuple_target = 128);
-- On the row's own page wherever it fits, and compressed from 2 KB on, where compression begins,
-- as far as it goes: a reply is one page, and not three, and the table half of what it would be.
alter table style_documents alter column styles set storage main;

create table reviews (
  date timestamptz not null,
  product_id int not null,
  review_id int not null,
  helpfulness int not null default 0,
  rating smallint not null,
  recommend boolean not null,
  reported boolean not null default false,
  summary text not null,
  body text not null,
  reviewer_name text not null,
  reviewer_email text not null,
  response text,
  -- [{"id":1,"url":"https://…"}] exactly as the reply prints it, null when there is none:
  -- `json` keeps the text, `jsonb` would not. Reading a page of reviews needs no join.
  photos json
);

create table characteristics (
  product_id int not null,
  characteristic_id int not null,
  name text not null
);

-- What each review said of each characteristic. No reply reads it: `review_meta` holds the sums.
-- The ids of the file's rows, to which nothing refers, would be a sixth of the table.
create table characteristic_reviews (
  product_id int not null,
  review_id int not null,
  characteristic_id int not null,
  value smallint not null
);

-- One row a product, for `GET /reviews/meta`; kept by the statement that adds a review.
-- The four arrays run in step, in the order of the characteristics' ids.
create table review_meta (
  product_id int not null,
  rating_1 int not null default 0,
  rating_2 int not null default 0,
  rating_3 int not null default 0,
  rating_4 int not null default 0,
  rating_5 int not null default 0,
  recommend_false int not null default 0,
  recommend_true int not null default 0,
  characteristic_ids int[] not null default '{}',
  characteristic_names text[] not null default '{}',
  characteristic_sums int[] not null default '{}',
  characteristic_counts int[] not null default '{}'
) with (fillfactor = 90); -- room for an update on the same page

create table questions (
  date timestamptz not null,
  product_id int not null,
  question_id int not null,
  helpfulness int not null default 0,
  reported boolean not null default false,
  body text not null,
  asker_name text not null,
  asker_email text not null
);

-- An answer carries its question's product, so that a page of questions finds it beside them.
create table answers (
  date timestamptz not null,
  product_id int not null,
  question_id int not null,
  answer_id int not null,
  helpfulness int not null default 0,
  reported boolean not null default false,
  body text not null,
  answerer_name text not null,
  answerer_email text not null,
  -- In step and in the order of the ids; null when there is none. One of the two replies prints
  -- objects of both, the other the addresses alone.
  photo_ids int[],
  photo_urls text[]
);

-- What lies in whose cart. A session is the SHA-256 of an `Authorization`, never that itself.
create table carts (
  sku_id int not null,
  count int not null,
  session bytea not null
);

create sequence review_ids as int;
create sequence review_photo_ids as int;
create sequence question_ids as int;
create sequence answer_ids as int;
create sequence answer_photo_ids as int;

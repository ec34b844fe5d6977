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
create table characteristic_reviews (
  characteristic_review_id int not null,
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

create sequence review_ids as int;
create sequence review_photo_ids as int;
create sequence characteristic_review_ids as int;

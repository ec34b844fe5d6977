-- Each of the products $1 as its own page shows it.
select key.place, product_id, summary, created_at, features
from unnest($1::int[]) with ordinality as key (product_id, place)
join product_documents using (product_id)

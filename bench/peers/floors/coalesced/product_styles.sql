-- The styles of each of the products $1.
select key.place, styles
from unnest($1::int[]) with ordinality as key (product_id, place)
join style_documents using (product_id)

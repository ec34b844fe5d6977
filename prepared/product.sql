-- A product as its own page shows it.
select product_id, summary, created_at, features
from product_documents
where product_id = $1

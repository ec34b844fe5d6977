-- A page of the catalogue: the products at the places past $1 up to $2, as far as ids go up to $3,
-- which is where a campus ends. A range of places costs its own rows, whichever page it is.
select product_id, summary, created_at
from product_documents
where place > $1
  and place <= $2
  and product_id <= $3
order by place

-- The products that are shown beside a product.
select related
from product_documents
where product_id = $1

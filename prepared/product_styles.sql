-- A product's styles with their photos and skus, whole.
select styles
from style_documents
where product_id = $1

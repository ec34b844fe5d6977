-- The documents of the catalogue, rendered from its tables once they are loaded and have their keys.
-- Text is put together by hand: json_build_object would put spaces where the replies have none.

insert into product_documents (created_at, product_id, place, related, summary, features)
select
  about.imported_at,
  products.product_id,
  row_number() over (order by products.product_id),
  coalesce(related.ids, '{}'),
  '"name":' || to_json(products.name)
    || ',"slogan":' || to_json(products.slogan)
    || ',"description":' || to_json(products.description)
    || ',"category":' || to_json(products.category)
    || ',"default_price":' || coalesce('"' || round(products.default_price_cents / 100.0, 2) || '"', 'null'),
  coalesce(features.list, '[]')
from products
cross join about
left join (
  select
    product_id,
    '[' || string_agg(
      '{"feature":' || coalesce(to_json(feature)::text, 'null')
        || ',"value":' || coalesce(to_json(value)::text, 'null') || '}',
      ',' order by feature_id
    ) || ']' as list
  from features
  group by product_id
) as features using (product_id)
left join (
  select product_id, array_agg(related_product_id order by related_id) as ids
  from related_products
  group by product_id
) as related using (product_id)
order by products.product_id;

-- A style without photos or skus has a placeholder, as the original had: pages read the first photo
-- without looking.
insert into style_documents (product_id, styles)
select
  styles.product_id,
  '[' || string_agg(
    '{"style_id":' || styles.style_id
      || ',"name":' || to_json(styles.name)
      || ',"original_price":' || coalesce('"' || round(styles.original_price_cents / 100.0, 2) || '"', 'null')
      || ',"sale_price":' || coalesce('"' || round(styles.sale_price_cents / 100.0, 2) || '"', 'null')
      || ',"default?":' || styles.is_default
      || ',"photos":' || coalesce(photos.list, '[{"thumbnail_url":null,"url":null}]')
      || ',"skus":' || coalesce(skus.list, '{"null":{"quantity":null,"size":null}}')
      || '}',
    ',' order by styles.style_id
  ) || ']'
from styles
left join (
  select
    product_id,
    style_id,
    '[' || string_agg(
      '{"thumbnail_url":' || coalesce(
        to_json(coalesce(left(url, thumbnail_shared), '') || thumbnail_rest)::text, 'null'
      )
        || ',"url":' || coalesce(to_json(url)::text, 'null') || '}',
      ',' order by photo_id
    ) || ']' as list
  from style_photos
  group by product_id, style_id
) as photos using (product_id, style_id)
left join (
  select
    product_id,
    style_id,
    '{' || string_agg(
      '"' || sku_id || '":{"quantity":' || coalesce(quantity::text, 'null')
        || ',"size":' || coalesce(to_json(size)::text, 'null') || '}',
      ',' order by sku_id
    ) || '}' as list
  from skus
  group by product_id, style_id
) as skus using (product_id, style_id)
group by styles.product_id
order by styles.product_id;

-- One more vote; the bound keeps a count at the type's end from becoming an error.
update reviews
set helpfulness = least(helpfulness, 2147483646) + 1
where review_id = $1

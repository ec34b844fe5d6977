-- Hides a review from the lists; its ratings stay counted.
update reviews
set reported = true
where review_id = $1

-- Hides an answer.
update answers
set reported = true
where answer_id = $1

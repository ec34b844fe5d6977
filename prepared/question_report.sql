-- Hides a question, and its answers with it.
update questions
set reported = true
where question_id = $1

-- Hides a question from the list, and its answers with it.
update questions
set reported = true
where question_id = $1

-- One more vote; the bound keeps a count at the type's end from becoming an error.
update answers
set helpfulness = least(helpfulness, 2147483646) + 1
where answer_id = $1

package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v4"
)

func (s *shop) products(ctx context.Context, p page, t *text) error {
	rows, err := s.db.Query(ctx, "product_list", p.offset, p.offset+p.limit)
	if err != nil {
		return err
	}
	defer rows.Close()
	comma := "["
	for rows.Next() {
		var id int32
		var summary string
		var createdAt time.Time
		if err := rows.Scan(&id, &summary, &createdAt); err != nil {
			return err
		}
		t.raw(comma)
		t.product(id, summary, createdAt)
		t.raw("}")
		comma = ","
	}
	if comma == "[" {
		t.raw("[")
	}
	t.raw("]")
	return rows.Err()
}

func (t *text) product(id int32, summary string, createdAt time.Time) {
	t.member(`{"id":`, id)
	t.raw(`,"campus":"hr-rfp",`)
	t.raw(summary)
	t.date(`,"created_at":`, createdAt)
	t.date(`,"updated_at":`, createdAt)
}

func (s *shop) product(ctx context.Context, id id, t *text) error {
	var productID int32
	var summary, features string
	var createdAt time.Time
	err := s.db.QueryRow(ctx, "product", id.value).Scan(&productID, &summary, &createdAt, &features)
	if errors.Is(err, pgx.ErrNoRows) {
		return failure(http.StatusNotFound)
	}
	t.product(productID, summary, createdAt)
	t.raw(`,"features":`)
	t.raw(features)
	t.raw("}")
	return err
}

func (s *shop) styles(ctx context.Context, id id, t *text) error {
	styles := "[]"
	err := s.db.QueryRow(ctx, "product_styles", id.value).Scan(&styles)
	t.raw(`{"product_id":"` + id.text + `","results":`)
	t.raw(styles)
	t.raw("}")
	return none(err)
}

func (s *shop) related(ctx context.Context, id id, t *text) error {
	var related []int32
	err := s.db.QueryRow(ctx, "product_related", id.value).Scan(&related)
	t.raw("[")
	for at, id := range related {
		if at > 0 {
			t.raw(",")
		}
		t.integer(int64(id))
	}
	t.raw("]")
	return none(err)
}

func (s *shop) reviews(ctx context.Context, id id, p page, sort string, t *text) error {
	name := "review_list_helpful"
	if sort == "newest" {
		name = "review_list_newest"
	}
	rows, err := s.db.Query(ctx, name, id.value, p.limit, p.offset)
	if err != nil {
		return err
	}
	defer rows.Close()
	t.raw(`{"product":"` + id.text + `","page":`)
	t.integer(p.offset)
	t.raw(`,"count":`)
	t.integer(p.count)
	t.raw(`,"results":[`)
	comma := ""
	for rows.Next() {
		var reviewID, helpfulness int32
		var rating int16
		var summary, body, reviewer string
		var response *string
		var recommend bool
		var date time.Time
		var photos []byte
		err := rows.Scan(&reviewID, &rating, &summary, &recommend, &response, &body, &date, &reviewer,
			&helpfulness, &photos)
		if err != nil {
			return err
		}
		t.raw(comma)
		comma = ","
		t.member(`{"review_id":`, reviewID)
		t.member(`,"rating":`, int32(rating))
		t.stringMember(`,"summary":`, summary)
		t.raw(`,"recommend":`)
		*t = strconv.AppendBool(*t, recommend)
		t.raw(`,"response":`)
		if response == nil {
			t.raw("null")
		} else {
			t.string(*response)
		}
		t.stringMember(`,"body":`, body)
		t.date(`,"date":`, date)
		t.stringMember(`,"reviewer_name":`, reviewer)
		t.member(`,"helpfulness":`, helpfulness)
		t.raw(`,"photos":`)
		if photos == nil {
			t.raw("[]")
		}
		*t = append(*t, photos...)
		t.raw("}")
	}
	t.raw("]}")
	return rows.Err()
}

func (s *shop) reviewMeta(ctx context.Context, id id, t *text) error {
	var rating [5]int32
	var recommend [2]int32
	var ids, sums, totals []int32
	var names []string
	err := s.db.QueryRow(ctx, "review_meta", id.value).Scan(&rating[0], &rating[1], &rating[2],
		&rating[3], &rating[4], &recommend[0], &recommend[1], &ids, &names, &sums, &totals)
	t.raw(`{"product_id":"` + id.text + `","ratings":{`)
	t.counts([]string{`"1":"`, `"2":"`, `"3":"`, `"4":"`, `"5":"`}, rating[:])
	t.raw(`},"recommended":{`)
	t.counts([]string{`"false":"`, `"true":"`}, recommend[:])
	t.raw(`},"characteristics":{`)
	for at, id := range ids {
		if at > 0 {
			t.raw(",")
		}
		t.string(names[at])
		t.member(`:{"id":`, id)
		t.raw(`,"value":`)
		t.average(uint64(sums[at]), uint64(totals[at]))
		t.raw("}")
	}
	t.raw("}}")
	return none(err)
}

func (s *shop) questions(ctx context.Context, id id, p page, t *text) error {
	rows, err := s.db.Query(ctx, "question_list", id.value, p.limit, p.offset)
	if err != nil {
		return err
	}
	defer rows.Close()
	t.raw(`{"product_id":"` + id.text + `","results":[`)
	open, comma := "", ""
	for rows.Next() {
		var questionID, helpfulness int32
		var answerID *int32
		var body, name string
		var date time.Time
		var photos []string
		err := rows.Scan(&questionID, &answerID, &body, &date, &name, &helpfulness, &photos)
		if err != nil {
			return err
		}
		if answerID == nil {
			t.raw(open)
			open, comma = "}},", ""
			t.member(`{"question_id":`, questionID)
			t.stringMember(`,"question_body":`, body)
			t.date(`,"question_date":`, date)
			t.stringMember(`,"asker_name":`, name)
			t.member(`,"question_helpfulness":`, helpfulness)
			t.raw(`,"reported":false,"answers":{`)
			continue
		}
		t.raw(comma)
		comma = ","
		t.member(`"`, *answerID)
		t.member(`":{"id":`, *answerID)
		t.stringMember(`,"body":`, body)
		t.date(`,"date":`, date)
		t.stringMember(`,"answerer_name":`, name)
		t.member(`,"helpfulness":`, helpfulness)
		t.raw(`,"photos":[`)
		for at, url := range photos {
			if at > 0 {
				t.raw(",")
			}
			t.string(url)
		}
		t.raw("]}")
	}
	if open != "" {
		t.raw("}}")
	}
	t.raw("]}")
	return rows.Err()
}

func (s *shop) answers(ctx context.Context, id id, p page, t *text) error {
	rows, err := s.db.Query(ctx, "answer_list", id.value, p.limit, p.offset)
	if err != nil {
		return err
	}
	defer rows.Close()
	t.raw(`{"question":"` + id.text + `","page":`)
	t.echo(p.pageSent, 1)
	t.raw(`,"count":`)
	t.echo(p.countSent, p.count)
	t.raw(`,"results":[`)
	comma := ""
	for rows.Next() {
		var answerID, helpfulness int32
		var body, name string
		var date time.Time
		var photoIDs []int32
		var photoURLs []string
		err := rows.Scan(&answerID, &body, &date, &name, &helpfulness, &photoIDs, &photoURLs)
		if err != nil {
			return err
		}
		t.raw(comma)
		comma = ","
		t.member(`{"answer_id":`, answerID)
		t.stringMember(`,"body":`, body)
		t.date(`,"date":`, date)
		t.stringMember(`,"answerer_name":`, name)
		t.member(`,"helpfulness":`, helpfulness)
		t.raw(`,"photos":[`)
		for at, id := range photoIDs {
			if at > 0 {
				t.raw(",")
			}
			t.member(`{"id":`, id)
			t.stringMember(`,"url":`, photoURLs[at])
			t.raw("}")
		}
		t.raw("]}")
	}
	t.raw("]}")
	return rows.Err()
}

// What was sent comes back as a string, the default as a number.
func (t *text) echo(sent []string, otherwise int64) {
	if len(sent) > 0 {
		t.string(sent[0])
	} else {
		t.integer(otherwise)
	}
}

// A row that is not there is none, not an error.
func none(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

func (s *shop) addReview(r *http.Request) (bool, error) {
	var review struct {
		ProductID       int32 `json:"product_id"`
		Rating          int16
		Recommend       *bool
		Summary         string
		Body            string
		Name            string
		Email           string
		Photos          []string
		Characteristics map[string]int32
	}
	if json.NewDecoder(r.Body).Decode(&review) != nil || review.Recommend == nil ||
		review.Rating < 1 || review.Rating > 5 || review.Photos == nil ||
		!said(review.Summary, review.Body, review.Name, review.Email) {
		return false, nil
	}
	ids, values := []int32{}, []int32{}
	for key, value := range review.Characteristics {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || value < 1 || value > 5 {
			return false, nil
		}
		ids, values = append(ids, int32(id)), append(values, value)
	}
	return s.change(r.Context(), "review_add", review.ProductID, review.Rating, *review.Recommend,
		review.Summary, review.Body, review.Name, review.Email, review.Photos, ids, values)
}

type post struct {
	ProductID int32 `json:"product_id"`
	Body      string
	Name      string
	Email     string
	Photos    []string
}

func (s *shop) addQuestion(r *http.Request) (bool, error) {
	var question post
	if json.NewDecoder(r.Body).Decode(&question) != nil ||
		!said(question.Body, question.Name, question.Email) {
		return false, nil
	}
	return s.change(r.Context(), "question_add", question.ProductID, question.Body, question.Name,
		question.Email)
}

func (s *shop) addAnswer(r *http.Request, id id) (bool, error) {
	answer := post{Photos: []string{}}
	if json.NewDecoder(r.Body).Decode(&answer) != nil ||
		!said(answer.Body, answer.Name, answer.Email) {
		return false, nil
	}
	return s.change(r.Context(), "answer_add", id.value, answer.Body, answer.Name, answer.Email,
		answer.Photos)
}

func (s *shop) change(ctx context.Context, name string, values ...interface{}) (bool, error) {
	done, err := s.db.Exec(ctx, name, values...)
	return done.RowsAffected() > 0, err
}

func said(texts ...string) bool {
	for _, text := range texts {
		if text == "" {
			return false
		}
	}
	return true
}

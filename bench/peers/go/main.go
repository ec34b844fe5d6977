// The shop over net/http and pgx.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

// The best of 5, 10, 20 and 40 for 64 clients.
const poolSize = 20

const rowsMax = 10_000

type shop struct{ db *pgxpool.Pool }

// A status that is no success.
type failure int

func (f failure) Error() string { return http.StatusText(int(f)) }

var texts = sync.Pool{New: func() interface{} { return new(text) }}

func main() {
	// PGHOST, PGPORT, PGUSER and PGDATABASE say where.
	config, err := pgxpool.ParseConfig("search_path=atelier")
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns = poolSize
	config.ConnConfig.BuildStatementCache = nil
	config.AfterConnect = func(ctx context.Context, connection *pgx.Conn) error {
		for name, sql := range statements {
			if _, err := connection.Prepare(ctx, name, sql); err != nil {
				return err
			}
		}
		return nil
	}
	db, err := pgxpool.ConnectConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), &shop{db}))
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := texts.Get().(*text)
	defer texts.Put(t)
	*t = (*t)[:0]
	var err error
	if r.Method == http.MethodGet {
		err = s.read(r, t)
	} else {
		err = s.write(w, r)
	}
	var status failure
	switch {
	case errors.As(err, &status):
		http.Error(w, status.Error(), int(status))
	case err != nil:
		log.Print(err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
	case r.Method == http.MethodGet:
		header := w.Header()
		header["Content-Type"] = []string{"application/json; charset=utf-8"}
		header["Content-Length"] = []string{strconv.Itoa(len(*t))}
		w.Write(*t)
	}
}

func (s *shop) read(r *http.Request, t *text) error {
	ctx := r.Context()
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	switch {
	case len(path) == 1 && path[0] == "products":
		return s.products(ctx, parsePage(query), t)
	case path[0] == "products" && len(path) <= 3:
		id, err := pathID(path[1])
		switch {
		case err != nil:
			return err
		case len(path) == 2:
			return s.product(ctx, id, t)
		case path[2] == "styles":
			return s.styles(ctx, id, t)
		case path[2] == "related":
			return s.related(ctx, id, t)
		}
	case len(path) == 1 && path[0] == "reviews":
		id, err := queryID(query)
		if err != nil {
			return err
		}
		return s.reviews(ctx, id, parsePage(query), query.Get("sort"), t)
	case len(path) == 2 && path[0] == "reviews" && path[1] == "meta":
		id, err := queryID(query)
		if err != nil {
			return err
		}
		return s.reviewMeta(ctx, id, t)
	case len(path) == 2 && path[0] == "qa" && path[1] == "questions":
		id, err := queryID(query)
		if err != nil {
			return err
		}
		return s.questions(ctx, id, parsePage(query), t)
	case len(path) == 4 && path[0] == "qa" && path[1] == "questions" && path[3] == "answers":
		id, err := pathID(path[2])
		if err != nil {
			return err
		}
		return s.answers(ctx, id, parsePage(query), t)
	}
	return failure(http.StatusNotFound)
}

func (s *shop) write(w http.ResponseWriter, r *http.Request) error {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var done bool
	var err error
	refused := failure(http.StatusUnprocessableEntity)
	switch {
	case r.Method == http.MethodPost && len(path) == 1 && path[0] == "reviews":
		done, err = s.addReview(r)
	case r.Method == http.MethodPost && len(path) == 2 && path[1] == "questions":
		done, err = s.addQuestion(r)
	case r.Method == http.MethodPost && len(path) == 4 && path[3] == "answers":
		id, idErr := pathID(path[2])
		if idErr != nil {
			return idErr
		}
		done, err = s.addAnswer(r, id)
	case r.Method == http.MethodPut && len(path) == 3 && path[0] == "reviews" && path[2] == "helpful":
		id, idErr := pathID(path[1])
		if idErr != nil {
			return idErr
		}
		refused = failure(http.StatusNotFound)
		done, err = s.change(r.Context(), "review_helpful", id.value)
	default:
		return failure(http.StatusNotFound)
	}
	if err == nil && !done {
		return refused
	}
	if err == nil && r.Method == http.MethodPut {
		w.WriteHeader(http.StatusNoContent)
	} else if err == nil {
		w.WriteHeader(http.StatusCreated)
		_, err = w.Write([]byte("Created"))
	}
	return err
}

// An id as it was written, and its value, or 0, which no row has, when none could have it.
type id struct {
	text  string
	value int32
}

func pathID(segment string) (id, error) {
	if segment == "" || strings.Trim(segment, "0123456789") != "" {
		return id{}, failure(http.StatusNotFound)
	}
	value, err := strconv.ParseInt(segment, 10, 32)
	if err != nil {
		value = 0
	}
	return id{segment, int32(value)}, nil
}

func queryID(query url.Values) (id, error) {
	written := query.Get("product_id")
	parsed, err := pathID(strings.TrimPrefix(written, "-"))
	if err != nil {
		return id{}, failure(http.StatusUnprocessableEntity)
	}
	if parsed.text != written {
		parsed = id{written, -parsed.value}
	}
	return parsed, nil
}

// A window on a list.
type page struct {
	count, offset, limit int64
	pageSent, countSent  []string
}

func parsePage(query url.Values) page {
	count := positive(query.Get("count"), 5)
	limit := count
	if limit > rowsMax {
		limit = rowsMax
	}
	offset := (positive(query.Get("page"), 1) - 1) * count
	return page{count, offset, limit, query["page"], query["count"]}
}

func positive(text string, otherwise int64) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 1 {
		return otherwise
	}
	return value
}

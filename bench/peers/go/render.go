package main

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// A reply's text, appended to. encoding/json would escape what Atelier leaves alone (`<`, `&`,
// U+2028), and go by reflection.
type text []byte

func (t *text) raw(literal string) { *t = append(*t, literal...) }

func (t *text) integer(value int64) { *t = strconv.AppendInt(*t, value, 10) }

// The member `name`, which stands with its quotes, colon and whatever comes before it.
func (t *text) member(name string, value int32) {
	t.raw(name)
	t.integer(int64(value))
}

func (t *text) stringMember(name, value string) {
	t.raw(name)
	t.string(value)
}

func (t *text) date(name string, at time.Time) {
	t.raw(name)
	*t = at.UTC().AppendFormat(*t, `"2006-01-02T15:04:05.000Z"`)
}

func (t *text) string(value string) {
	const hex = "0123456789abcdef"
	*t = append(*t, '"')
	from := 0
	for at := 0; at < len(value); at++ {
		c := value[at]
		if c >= ' ' && c != '"' && c != '\\' || c >= utf8.RuneSelf {
			continue
		}
		*t = append(*t, value[from:at]...)
		from = at + 1
		switch c {
		case '"', '\\':
			*t = append(*t, '\\', c)
		case '\n':
			*t = append(*t, '\\', 'n')
		case '\r':
			*t = append(*t, '\\', 'r')
		case '\t':
			*t = append(*t, '\\', 't')
		case '\b':
			*t = append(*t, '\\', 'b')
		case '\f':
			*t = append(*t, '\\', 'f')
		default:
			*t = append(*t, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	*t = append(*t, value[from:]...)
	*t = append(*t, '"')
}

// Counts by key, those of none left out.
func (t *text) counts(keys []string, counts []int32) {
	comma := ""
	for at, key := range keys {
		if counts[at] != 0 {
			t.raw(comma)
			t.member(key, counts[at])
			t.raw(`"`)
			comma = ","
		}
	}
}

// sum / count with 16 digits behind the point, as PostgreSQL's avg() has them.
func (t *text) average(sum, count uint64) {
	if count == 0 {
		t.raw("null")
		return
	}
	// Eight digits at a time, so that nothing grows past 64 bits.
	const half = 100_000_000
	shifted := sum % count * half
	low := shifted % count * half / count
	if 2*(shifted%count*half%count) >= count {
		low++
	}
	high := shifted/count + low/half
	t.raw(`"`)
	t.integer(int64(sum/count + high/half))
	t.raw(".")
	t.digits(high % half)
	t.digits(low % half)
	t.raw(`"`)
}

func (t *text) digits(eight uint64) {
	for place := uint64(10_000_000); place > 0; place /= 10 {
		*t = append(*t, byte('0'+eight/place%10))
	}
}

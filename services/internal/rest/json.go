package rest

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
)

// maxDepth bounds how deep a body may be nested: no operation needs a third of it.
const maxDepth = 32

// formats is the one way bodies are read and answers written. encoding/json
// alone takes a key in any case, the last of two, a U+FFFD for what is no text,
// and what stands behind the value.
var formats = map[string]huma.Format{
	"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode},
	"json":             {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode},
}

// decode reads a body. The framework asks for it twice: as a bare value, which
// it holds against the schema, then into the type of the operation.
func decode(data []byte, into any) error {
	if bare, ok := into.(*any); ok {
		v, err := Parse(data)
		if err != nil {
			return err
		}
		*bare = v
		return nil
	}
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	r := &Refusal{Location: "body", Message: "a part of it is not of the right kind", Status: http.StatusUnprocessableEntity}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		r.Location, r.Message = placeOf(data, mismatch), kindWanted(mismatch.Type)
	}
	return r
}

// Refusal says what is wrong with a body that could not be read.
type Refusal struct {
	Location string     `json:"location"`
	Message  fault.Text `json:"message"`
	Status   int        `json:"status"`
}

// refusalMark begins the text of a Refusal: nothing that a library says does.
const refusalMark = "\x00refusal"

// Error implements error. The framework keeps only the text of what a format
// answers, so the place and the status travel in it; see refusalIn.
func (r *Refusal) Error() string {
	raw, _ := json.Marshal(r) // texts and a number
	return refusalMark + string(raw)
}

// refusalIn reads the Refusal whose text the framework has kept.
func refusalIn(message string) (Refusal, bool) {
	raw, ok := strings.CutPrefix(message, refusalMark)
	var r Refusal
	return r, ok && json.Unmarshal([]byte(raw), &r) == nil
}

// Parse reads one JSON value, as encoding/json would into an any, but refuses a
// key that stands twice, what is not UTF-8, halves of characters, numbers that
// cannot be held, and anything nested deeper than maxDepth. Errors are Refusals.
func Parse(data []byte) (any, error) {
	p := parser{data: data, path: []string{"body"}}
	p.space()
	v := p.value(0)
	p.space()
	if p.refusal == nil && p.at < len(data) {
		p.malformed()
	}
	if p.refusal != nil {
		return nil, p.refusal
	}
	return v, nil
}

// parser goes through data once; after the first refusal it only comes home.
type parser struct {
	data    []byte
	at      int
	path    []string
	refusal *Refusal

	// ends, where it is set, is told where each value ends, and its path.
	ends func(at int, path string)
}

func (p *parser) where() string { return strings.Join(p.path, "") }

func (p *parser) refuse(status int, at string, message fault.Text) {
	if p.refusal == nil {
		p.refusal = &Refusal{Location: at, Message: message, Status: status}
	}
	p.at = len(p.data)
}

// malformed refuses what stands at the current place.
func (p *parser) malformed() {
	if p.refusal != nil {
		return
	}
	line, column := p.position(p.at)
	if p.at >= len(p.data) {
		p.refuse(http.StatusBadRequest, "body", fault.Textf("the JSON breaks off at line %d, column %d", line, column))
		return
	}
	r, size := utf8.DecodeRune(p.data[p.at:])
	if r == utf8.RuneError && size <= 1 {
		p.refuse(http.StatusBadRequest, "body", fault.Textf("it is not UTF-8 text at line %d, column %d", line, column))
		return
	}
	p.refuse(http.StatusBadRequest, "body", fault.Textf("the JSON cannot be read at line %d, column %d, where %q stands", line, column, string(r)))
}

// position is a place as people count: lines and characters from 1.
func (p *parser) position(at int) (line, column int) {
	before := string(p.data[:min(at, len(p.data))])
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

func (p *parser) space() {
	for p.at < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) next() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

// take steps over c after space, or refuses.
func (p *parser) take(c byte) bool {
	p.space()
	if p.refusal != nil || p.next() != c || p.at >= len(p.data) {
		p.malformed()
		return false
	}
	p.at++
	return true
}

func (p *parser) value(depth int) (v any) {
	if depth > maxDepth {
		p.refuse(http.StatusBadRequest, "body", fault.Textf("it is nested more than %d deep", maxDepth))
		return nil
	}
	switch c := p.next(); {
	case c == '{':
		v = p.object(depth)
	case c == '[':
		v = p.array(depth)
	case c == '"':
		v = p.text()
	case c == '-' || c >= '0' && c <= '9':
		v = p.number()
	case p.word("true"):
		v = true
	case p.word("false"):
		v = false
	case p.word("null"):
	default:
		p.malformed()
	}
	if p.ends != nil && p.refusal == nil {
		p.ends(p.at, p.where())
	}
	return v
}

func (p *parser) word(w string) bool {
	if strings.HasPrefix(string(p.data[p.at:min(p.at+len(w), len(p.data))]), w) {
		p.at += len(w)
		return true
	}
	return false
}

func (p *parser) object(depth int) map[string]any {
	p.at++
	m := map[string]any{}
	if p.space(); p.next() == '}' {
		p.at++
		return m
	}
	for p.refusal == nil {
		if p.space(); p.next() != '"' {
			p.malformed()
			break
		}
		key := p.text()
		p.path = append(p.path, "."+key)
		if _, twice := m[key]; twice {
			p.refuse(http.StatusUnprocessableEntity, p.where(), "this property stands there twice; give it once")
		}
		if p.take(':') {
			p.space()
			m[key] = p.value(depth + 1)
		}
		p.path = p.path[:len(p.path)-1]
		if p.space(); p.next() == ',' {
			p.at++
			continue
		}
		p.take('}')
		break
	}
	return m
}

func (p *parser) array(depth int) []any {
	p.at++
	l := []any{}
	if p.space(); p.next() == ']' {
		p.at++
		return l
	}
	for p.refusal == nil {
		p.space()
		p.path = append(p.path, "["+strconv.Itoa(len(l))+"]")
		l = append(l, p.value(depth+1))
		p.path = p.path[:len(p.path)-1]
		if p.space(); p.next() == ',' {
			p.at++
			continue
		}
		p.take(']')
		break
	}
	return l
}

// number reads a number of JSON's own grammar.
func (p *parser) number() any {
	start := p.at
	for p.at < len(p.data) && strings.IndexByte("+-.0123456789eE", p.data[p.at]) >= 0 {
		p.at++
	}
	literal := p.data[start:p.at]
	if !json.Valid(literal) {
		p.at = start
		p.malformed()
		return nil
	}
	x, err := strconv.ParseFloat(string(literal), 64)
	if err != nil || math.IsInf(x, 0) {
		p.refuse(http.StatusUnprocessableEntity, p.where(), "this is not a number that can be used: it is too large")
		return nil
	}
	return x
}

// text reads a string.
func (p *parser) text() string {
	start := p.at
	plain := true
	for p.at++; ; p.at++ {
		if p.at >= len(p.data) {
			p.malformed()
			return ""
		}
		switch c := p.data[p.at]; {
		case c == '"':
			p.at++
			return p.unquote(p.data[start:p.at], plain)
		case c == '\\':
			plain = false
			p.at++
		case c < 0x20:
			p.malformed()
			return ""
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(p.data[p.at:])
			if r == utf8.RuneError && size == 1 {
				line, column := p.position(p.at)
				p.refuse(http.StatusUnprocessableEntity, p.where(), fault.Textf("it is not UTF-8 text at line %d, column %d", line, column))
				return ""
			}
			p.at += size - 1
		}
	}
}

func (p *parser) unquote(quoted []byte, plain bool) string {
	if plain {
		return string(quoted[1 : len(quoted)-1])
	}
	if halfCharacter(quoted) {
		p.refuse(http.StatusUnprocessableEntity, p.where(), `a text holds half of a character: a \u escape of a pair without the other one`)
		return ""
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil { // an escape that there is not
		line, column := p.position(p.at - len(quoted))
		p.refuse(http.StatusBadRequest, "body", fault.Textf("the text that begins at line %d, column %d holds an escape that JSON does not have", line, column))
	}
	return s
}

// halfCharacter tells whether a string holds an escape of one half of a pair
// without the other: encoding/json would make a U+FFFD of it.
func halfCharacter(quoted []byte) bool {
	unit := func(i int) int64 {
		if i+6 > len(quoted) || quoted[i] != '\\' || quoted[i+1] != 'u' {
			return 0
		}
		x, err := strconv.ParseInt(string(quoted[i+2:i+6]), 16, 32)
		if err != nil {
			return 0
		}
		return x
	}
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		switch x := unit(i); {
		case x >= 0xd800 && x < 0xdc00:
			if y := unit(i + 6); y < 0xdc00 || y > 0xdfff {
				return true
			}
			i += 11
		case x >= 0xdc00 && x <= 0xdfff:
			return true
		case x != 0:
			i += 5
		default:
			i++
		}
	}
	return false
}

// placeOf finds the path of the value that did not fit: the library tells where
// it ends, and a path without the numbers of items.
func placeOf(data []byte, m *json.UnmarshalTypeError) string {
	found := ""
	p := parser{data: data, path: []string{"body"}, ends: func(at int, path string) {
		if found == "" && int64(at) >= m.Offset {
			found = path
		}
	}}
	p.space()
	p.value(0)
	if found == "" {
		return "body"
	}
	return found
}

// kindWanted says in words what a Go type takes.
func kindWanted(t reflect.Type) fault.Text {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "expected a whole number, written in digits alone, of at most 18 of them"
	case reflect.Float32, reflect.Float64:
		return "expected a number"
	case reflect.Bool:
		return "expected boolean"
	case reflect.Slice, reflect.Array:
		return "expected array"
	case reflect.Struct, reflect.Map:
		return "expected object"
	}
	return "expected a text"
}

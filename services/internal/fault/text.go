package fault

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// Text is a sentence that people read: its format, in English, and behind that
// the values that fill it. So it is said in the language of whoever reads it,
// also long after it was stored or sent in an event. It is a string, so that a
// constant is a sentence and a column or a field of an event can hold one; who
// shows one to people asks Say, or String for English.
//
// The i18n files hold each format in the other languages; a test finds every
// constant of this type in the code and fails when one has none.
type Text string

// filled parts a format from the values behind it. No text from outside holds
// it: control characters are refused at the edge.
const filled = "\x1f"

// Textf makes a Text from a format; without args the format is the text. A
// string is shown as it is; a Text and Words are said in the reader's language,
// a Day and a Minute as that language writes them.
func Textf(format Text, args ...any) Text {
	if len(args) == 0 {
		return format
	}
	values := make([]value, len(args))
	for i, arg := range args {
		values[i] = valueOf(arg)
	}
	raw, err := json.Marshal(values)
	if err != nil {
		panic("fault: " + err.Error()) // of a number that is none
	}
	return format + filled + Text(raw)
}

// value is one value as it travels behind its format: exactly one part is set.
type value struct {
	Plain  *string  `json:"s,omitempty"`
	Whole  *int64   `json:"d,omitempty"`
	Number *float64 `json:"g,omitempty"`
	Text   *Text    `json:"text,omitempty"`
	Words  []string `json:"words,omitempty"`
	Day    *string  `json:"day,omitempty"`
	Minute *string  `json:"minute,omitempty"`
}

func valueOf(arg any) value {
	switch a := arg.(type) {
	case Text:
		return value{Text: &a}
	case Words:
		return value{Words: a}
	case Day:
		s := a.String()
		return value{Day: &s}
	case Minute:
		s := a.String()
		return value{Minute: &s}
	case fmt.Stringer, error:
		s := fmt.Sprint(a)
		return value{Plain: &s}
	}
	switch v := reflect.ValueOf(arg); {
	case v.CanInt():
		n := v.Int()
		return value{Whole: &n}
	case v.CanUint():
		n := int64(v.Uint()) //nolint:gosec // counts and bounds, far below
		return value{Whole: &n}
	case v.CanFloat():
		n := v.Float()
		return value{Number: &n}
	}
	s := fmt.Sprint(arg)
	return value{Plain: &s}
}

// said is what fills the format, in the language that look knows.
func (v value) said(look func(english string) string) any {
	switch {
	case v.Text != nil:
		return v.Text.Say(look)
	case v.Words != nil:
		said := make([]string, len(v.Words))
		for i, w := range v.Words {
			if said[i] = look(w); said[i] == w {
				said[i] = plain(w)
			}
		}
		return strings.Join(said, look(wordBreak))
	case v.Day != nil:
		return written(*v.Day, time.DateOnly, look)
	case v.Minute != nil:
		return written(*v.Minute, minute, look)
	case v.Whole != nil:
		return *v.Whole
	case v.Number != nil:
		return *v.Number
	case v.Plain != nil:
		return *v.Plain
	}
	return ""
}

// written gives a day or a time in the layout that the language has for it.
func written(s, layout string, look func(string) string) string {
	t, err := time.Parse(layout, s)
	if err != nil {
		return s
	}
	return t.Format(look(layout))
}

// Say gives the sentence in another language: look answers what an English
// format, word or layout of a day is there, itself where it does not know it.
func (t Text) Say(look func(english string) string) string {
	format, raw, ok := strings.Cut(string(t), filled)
	if !ok {
		return look(format)
	}
	var values []value
	if err := json.Unmarshal([]byte(raw), &values); err != nil {
		return look(format)
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v.said(look)
	}
	return fmt.Sprintf(look(format), args...)
}

// String gives the sentence in English.
func (t Text) String() string {
	return t.Say(func(english string) string { return english })
}

// Day is a day as a value of a Text: the one of Shanghai that holds the
// instant. It reads 2026-12-31, and in Chinese 2026年12月31日.
type Day time.Time

// String implements fmt.Stringer.
func (d Day) String() string { return time.Time(d).In(clock.Shanghai).Format(time.DateOnly) }

// Minute is a time as a value of a Text: 2026-12-31 23:59, in Shanghai.
type Minute time.Time

// String implements fmt.Stringer.
func (m Minute) String() string { return time.Time(m).In(clock.Shanghai).Format(minute) }

// Words are words of api/words as one value of a Text, by their keys, such as
// role.inspector: each is said in the reader's language, and in English as the
// API writes the value.
type Words []string

// Word is the word of one value of an enumeration.
func Word(enumeration, value string) Words { return Words{enumeration + "." + value} }

// WordsOf are the words of several values of an enumeration.
func WordsOf(enumeration string, values []string) Words {
	ws := make(Words, len(values))
	for i, v := range values {
		ws[i] = enumeration + "." + v
	}
	return ws
}

// plain is a value as the API writes it, when look had no word for the key.
func plain(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// What stands in a text of a language beside sentences and words: what parts
// words, and how a time is written.
const (
	wordBreak = ", "
	minute    = "2006-01-02 15:04"
)

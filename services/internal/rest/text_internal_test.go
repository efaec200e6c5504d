package rest

import (
	"reflect"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/fault"
)

type inner struct {
	Name *string `json:"name" minLength:"2"`
}

type Embedded struct {
	Q string `query:"q"`
}

type named string

type everything struct {
	Embedded
	ID   string `path:"id"`
	Body struct {
		Title  string            `json:"title" minLength:"1"`
		Kind   named             `json:"kind"`
		Secret string            `json:"secret" format:"password" minLength:"1"`
		Tags   []string          `json:"tags"`
		Inner  []*inner          `json:"inner"`
		Cells  map[string]any    `json:"cells"`
		Words  map[string]string `json:"words"`
		Any    any               `json:"any"`
		At     time.Time         `json:"at"`
		File   []byte            `json:"file"`
	}
}

func TestCase12EveryTextOfAnInputIsCleaned(t *testing.T) {
	t.Parallel()
	name := "实\u200b验"
	var in, want everything
	in.Q, in.ID = "\ufeff测试 ", " 1\u200b"
	want.Q, want.ID = "测试", "1"
	b, w := &in.Body, &want.Body
	b.Title, w.Title = "e\u0301\u202e\r\n周\n", "é 周" // a title has one line
	b.Kind, w.Kind = "a\u00ad", "a"
	b.Secret, w.Secret = " \u200b\x07\ufffd", " \u200b\x07\ufffd"
	b.Tags, w.Tags = []string{"\u3164", "b\u2066"}, []string{"", "b"}
	clean := "实验"
	b.Inner, w.Inner = []*inner{nil, {Name: &name}}, []*inner{nil, {Name: &clean}}
	b.Cells, w.Cells = map[string]any{"a\u200b": "b\u200b", "n": 1.5, "l": []any{"c\u200b", nil}, "z": nil}, map[string]any{"a": "b", "n": 1.5, "l": []any{"c", nil}, "z": nil}
	b.Words, w.Words = map[string]string{"k": "v\u200b\nw"}, map[string]string{"k": "v\nw"}
	b.Any, w.Any = map[string]any{"x": "y\u2060"}, map[string]any{"x": "y"}
	b.At, w.At = time.Unix(1, 0), time.Unix(1, 0)
	b.File, w.File = []byte("\u200b\x00"), []byte("\u200b\x00")
	if err := cleanTexts(&in); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("cleaned %+v\nwant    %+v", in, want)
	}
}

func TestCase12WhatIsEmptyThenIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	refused := func(code, where string, put func(*everything)) {
		t.Helper()
		var in everything
		in.Body.Title = "a"
		put(&in)
		f := fault.As(cleanTexts(&in))
		if f == nil || f.Code != code || len(f.Fields) != 1 || f.Fields[0].Location != where {
			t.Errorf("at %s: %+v", where, f)
		}
	}
	name := "长\u200b"
	refused("invalid", "body.title", func(in *everything) { in.Body.Title = "\u200b\u2800" })
	refused("invalid", "body.inner[0].name", func(in *everything) { in.Body.Inner = []*inner{{&name}} })
	refused("invalid_text", "body.title", func(in *everything) { in.Body.Title = "a\x00" })
	refused("invalid_text", "query.q", func(in *everything) { in.Q = "\ufffd" })
	refused("invalid_text", "body.tags[1]", func(in *everything) { in.Body.Tags = []string{"", "\x1b"} })
	refused("invalid_text", "body.cells", func(in *everything) { in.Body.Cells = map[string]any{"\x01": 1} })
	refused("invalid_text", "body.cells.a", func(in *everything) { in.Body.Cells = map[string]any{"a": "\x01"} })
	refused("invalid_text", "body.words.a", func(in *everything) { in.Body.Words = map[string]string{"a": "1", "a\u200b": "2"} })
}

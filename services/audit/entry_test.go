package audit_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/internal/id"
	"pgregory.net/rapid"
)

// Whatever is changed in an entry changes its hash, also when text moves from
// one field to the next.
func TestHashCoversEverything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("01:,a中")))
		var x audit.Entry
		v := reflect.ValueOf(&x).Elem()
		for i := range v.NumField() {
			switch f := v.Field(i); f.Interface().(type) {
			case string:
				f.SetString(text.Draw(t, v.Type().Field(i).Name))
			case int64:
				f.SetInt(rapid.Int64Range(1, 1<<40).Draw(t, v.Type().Field(i).Name))
			case bool:
				f.SetBool(rapid.Bool().Draw(t, "bool"))
			case time.Time:
				f.Set(reflect.ValueOf(time.UnixMicro(rapid.Int64Range(0, 1<<51).Draw(t, "time")).UTC()))
			}
		}
		before := audit.Hash(x)
		i := rapid.IntRange(0, v.NumField()-2).Draw(t, "field") // the last one is the hash
		y := x
		w := reflect.ValueOf(&y).Elem()
		switch f := w.Field(i); f.Interface().(type) {
		case string:
			if j := i + 1; j < v.NumField()-1 && w.Field(j).Kind() == reflect.String && f.String() != "" && rapid.Bool().Draw(t, "move") {
				s := f.String()
				f.SetString("")
				w.Field(j).SetString(s + w.Field(j).String())
			} else {
				f.SetString(f.String() + rapid.SampledFrom([]string{"0", ",", ":", "1:a,"}).Draw(t, "more"))
			}
		case int64:
			f.SetInt(f.Int() + 1)
		case bool:
			f.SetBool(!f.Bool())
		case time.Time:
			f.Set(reflect.ValueOf(f.Interface().(time.Time).Add(time.Microsecond)))
		}
		if audit.Hash(y) == before {
			t.Fatalf("%s does not count", v.Type().Field(i).Name)
		}
	})
}

func TestHashStaysTheSame(t *testing.T) {
	t.Parallel()
	x := audit.Entry{
		Seq: 2, EventID: "e", Type: "t", Subject: "s", Version: 3, ActorID: "p", ActorName: "王磊", UnitID: "u", UnitPath: "r/u/", Reason: "因",
		At: time.Date(2026, 9, 16, 9, 0, 0, 120000, time.FixedZone("", 8*3600)), RecordedAt: time.Date(2026, 9, 16, 1, 0, 1, 0, time.UTC),
		DataHash: "d", Whole: true, Detail: "{}", PrevHash: "0",
	}
	// Entries written by earlier versions must verify for ever.
	const want = "f7b2566c5e9cea82e755f6fbb0a513c8c71a2de23273419e1f7bfaaa40a514b9"
	if got := audit.Hash(x); got != want {
		t.Fatal(got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 16, 1, 0, 0, 0, time.UTC)
	var us event.Units
	var is event.Issued
	is.CampaignID, is.Task.Title = "c1", "张贴海报"
	for i := range 500 {
		us.Units = append(us.Units, event.Unit{ID: fmt.Sprintf("u%03d", i), Name: strings.Repeat("名", 100)})
		is.Assignments = append(is.Assignments, event.Assignment{ID: fmt.Sprintf("a%03d", i), UnitID: fmt.Sprintf("u%03d", i)})
	}
	d, whole := audit.Summary(event.New(id.New(), now, event.UnitsChanged, "u000", 1, us))
	if whole || len(d) > 8000 || !strings.Contains(d, `"count":500`) || !strings.Contains(d, "u499") || strings.Contains(d, "名") {
		t.Fatalf("units: %v %d %.200s", whole, len(d), d)
	}
	d, whole = audit.Summary(event.New(id.New(), now, event.AssignmentsIssued, "c1", 1, is))
	if whole || !strings.Contains(d, `"a499 u499"`) || !strings.Contains(d, "张贴海报") {
		t.Fatalf("issued: %v %.200s", whole, d)
	}
	us.Units = us.Units[:1]
	if d, whole = audit.Summary(event.New(id.New(), now, event.UnitsChanged, "u000", 1, us)); !whole || !strings.Contains(d, "名") {
		t.Fatalf("one unit: %v %s", whole, d)
	}
	long := event.AssignmentChange{Text: strings.Repeat("长", audit.MaxDetail)}
	if d, whole = audit.Summary(event.New(id.New(), now, event.AssignmentInstructed, "a", 1, long)); whole || len(d) > 100 {
		t.Fatalf("long: %v %.200s", whole, d)
	}
	e := event.New(id.New(), now, event.AssignmentInstructed, "a", 1, event.AssignmentChange{}).Because("a\x00b").By("p\xff", "n")
	e.Data = []byte("{\"text\":\"a\xff\"}")
	x := audit.FromEvent(e, now)
	if x.Reason != "a\uFFFDb" || x.ActorID != "p\uFFFD" || x.Whole {
		t.Fatalf("%+v", x)
	}
}

package fault_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/faulttest"
)

type part struct {
	Name string `limit:"1..3"`
	Days int    `limit:"1..5?"`
}

type head struct {
	Title *string `limit:"2..4"`
}

type whole struct {
	head
	UnitIDs []string `limit:"1..2" each:"1..4"`
	Parts   []part   `limit:"..2"`
	Kind    string   `limit:"a|b?"`
	Share   float64  `limit:"-1..1"`
	Main    part     `limit:"flat"`
	Free    string
}

func TestCase23LimitsAreHeldWherePeopleGiveThem(t *testing.T) {
	t.Parallel()
	title := "标题"
	good := whole{head: head{&title}, UnitIDs: []string{"a"}, Parts: []part{{Name: "一二三", Days: 5}}, Main: part{Name: "a"}, Share: -1}
	if err := fault.Check(&good); err != nil {
		t.Errorf("refused: %+v", fault.As(err))
	}
	bad := good
	bad.Parts = []part{{Name: "a"}, {Name: "一二三四", Days: 6}}
	bad.Kind, bad.Share = "c", 1.5
	var at []string
	for _, f := range fault.As(fault.Check(bad)).Fields {
		at = append(at, f.Location)
	}
	if want := []string{"parts[1].name", "parts[1].days", "kind", "share"}; !slices.Equal(at, want) {
		t.Errorf("names %v, want %v", at, want)
	}
	faulttest.Beyond(t, func(w whole) error { return fault.Check(w) })
}

func TestSnakeCaseIsAsItIsWritten(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"UnitID": "unit_id", "UnitIDs": "unit_ids", "IDs": "ids", "NewDue": "new_due", "Title": "title", "ParentURL": "parent_url"} {
		if got := fault.Snake(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

package fault_test

import (
	"testing"

	"github.com/duban/duban/services/internal/fault"
)

type colour string

func (colour) Values() []string { return fault.Values[colour]("red", "blue") }

func TestEnumerationsAreHeldToTheirValues(t *testing.T) {
	t.Parallel()
	type given struct {
		Must colour
		May  colour `limit:"?"`
		Many []colour
	}
	if err := fault.Check(given{Must: "red", Many: []colour{"blue"}}); err != nil {
		t.Fatal(err)
	}
	f := fault.As(fault.Check(given{May: "green", Many: []colour{"red", "pink"}}))
	if f == nil {
		t.Fatal("everything was taken")
	}
	var at []string
	for _, x := range f.Fields {
		at = append(at, x.Location)
	}
	if len(at) != 3 || at[0] != "must" || at[1] != "may" || at[2] != "many[1]" {
		t.Fatalf("told %v", at)
	}
}

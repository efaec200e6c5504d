package sheet_test

import (
	"testing"

	"github.com/duban/duban/services/directory/internal/sheet"
	"github.com/duban/duban/services/internal/fault"
)

// Whatever comes as a file: rows or a fault that says what is wrong, never a
// panic and never an error nobody can act on.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "a,b\n1,2\n", "\xef\xbb\xbfa\n", "\"a", "PK\x03\x04", "\xb1\xe0\xc2\xeb\n", "a\x00b\n", "\xff\xfe\n"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, data string, csv bool) {
		kind := sheet.XLSX
		if csv {
			kind = sheet.CSV
		}
		err := sheet.Reader{}.Read(kind, []byte(data), func(number int, cells []string) error {
			if number < 1 || len(cells) == 0 {
				t.Errorf("row %d with %d cells", number, len(cells))
			}
			return nil
		})
		if err != nil && fault.As(err) == nil {
			t.Errorf("not a fault: %v", err)
		}
	})
}

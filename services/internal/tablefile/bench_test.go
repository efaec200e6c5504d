package tablefile_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"testing"

	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/internal/tablefile"
)

// country makes a workbook of so many units as Excel keeps it: texts in a table
// of their own.
func country(b *testing.B, units int) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, p := range plainParts[:3] {
		w, _ := z.Create(p.name)
		_, _ = io.WriteString(w, p.head)
	}
	w, _ := z.Create("xl/worksheets/sheet1.xml")
	_, _ = io.WriteString(w, `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row>`)
	for i := range units {
		fmt.Fprintf(w, `<row r="%d" spans="1:5"><c r="A%d" s="1" t="s"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d"><v>370283001</v></c></row>`, i+2, i+2, 2*i, i+2, 2*i+1, i+2)
	}
	_, _ = io.WriteString(w, foot)
	w, _ = z.Create("xl/sharedStrings.xml")
	_, _ = io.WriteString(w, "<sst>")
	for i := range units {
		fmt.Fprintf(w, `<si><t>37028300%d</t></si><si><t>第%d社区居民委员会</t></si>`, i, i)
	}
	_, _ = io.WriteString(w, "</sst>")
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkCountry reads a workbook of all units of the country and prints what
// that takes.
func BenchmarkCountry(b *testing.B) {
	raw := country(b, 665_000)
	r := tablefile.New()
	cols := []table.Column{{Name: "code", Required: true}, {Name: "name", Required: true}}
	for b.Loop() {
		before, _ := spent()
		n := 0
		stray := 0
		_, err := r.Read(b.Context(), table.Input{Who: "p", Body: bytes.NewReader(raw), Columns: cols, Rows: 700_000}, func(x table.Row) error {
			n++
			if x.Stray != nil {
				stray++
			}
			return nil
		})
		if err != nil || n != 665_000 || stray != n {
			b.Fatal(err, n)
		}
		cpu, most := spent()
		b.ReportMetric((cpu - before).Seconds(), "s/child")
		b.ReportMetric(float64(most), "MiB/child")
		b.ReportMetric(float64(len(raw)>>20), "MiB/file")
	}
}

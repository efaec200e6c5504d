package xlsx_test

import (
	"bytes"
	"testing"

	"github.com/duban/duban/services/internal/xlsx"
	"github.com/xuri/excelize/v2"
)

// A table is printed with all its columns on a page, and its heading on each.
func TestTablesPrintWhole(t *testing.T) {
	t.Parallel()
	raw, err := xlsx.Write(xlsx.Table{Title: "单位", Sheet: "单位 '1' 页", Columns: []xlsx.Column{{Title: "名称", Width: 60}, {Title: "代码", Width: 90}}, Rows: [][]any{{"东一村", "V11"}}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	if l, err := f.GetPageLayout(sheet); err != nil || *l.Orientation != "landscape" || *l.Size != 9 || *l.FitToWidth != 1 || *l.FitToHeight != 0 {
		t.Errorf("page %+v, %v", l, err)
	}
	if p, err := f.GetSheetProps(sheet); err != nil || !*p.FitToPage {
		t.Errorf("it does not fit the page: %v", err)
	}
	if ns := f.GetDefinedName(); len(ns) != 1 || ns[0].Name != "_xlnm.Print_Titles" || ns[0].RefersTo != "'单位 ''1'' 页'!$1:$1" {
		t.Errorf("names %+v", ns)
	}
	if v, err := f.GetCellValue(sheet, "A2"); err != nil || v != "东一村" {
		t.Errorf("%q, %v", v, err)
	}
}

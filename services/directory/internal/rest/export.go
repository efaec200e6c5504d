package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/xlsx"
)

// unitColumns are those of a file of units, by the names that an import takes.
var unitColumns = []struct {
	title fault.Text
	width float64
}{
	{"Code", 16}, {"Name", 30}, {"Code of the unit above", 16}, {"Level", 8}, {"Kind", 12}, {"Sectors", 20},
	{"Classes", 10}, {"Staff", 10}, {"Residents", 10}, {"Longitude", 12}, {"Latitude", 12},
}

func (x *server) mountExport(g *rest.Group) {
	rest.RegisterWorkbook(g, rest.Op{
		ID: "export-units", Method: http.MethodGet, Path: "/units/export", Resource: "unit", Action: "read", Summary: "Units as XLSX",
		Description: "All that list-units lists with the same filters, by code, as a workbook. With Chinese headings, which is what a browser in Chinese gets, its columns are those that import-units takes. " +
			"At most 800,000: 422 `too_many_rows` asks for a part of the tree.",
	}, func(ctx context.Context, in *struct{ UnitFilters }) (string, *xlsx.Workbook, error) {
		say := func(s fault.Text) string { return rest.Say(ctx, s) }
		t := xlsx.Table{Title: say("Units"), Sheet: "Sheet1"}
		for i, c := range unitColumns {
			// Codes stay texts, however they look.
			t.Columns = append(t.Columns, xlsx.Column{Title: say(c.title), Width: c.width, Plain: i < 3})
		}
		word := rest.Words(ctx)
		book, err := x.s.CodeBook(ctx)
		if err != nil {
			return "", nil, err
		}
		lang := rest.Language(ctx)
		w, err := xlsx.Make(t, func(yield func([]any, error) bool) {
			for u, err := range x.s.EachUnit(ctx, rest.Actor(ctx), in.filter()) {
				row := []any{u.Code, u.Name, u.ParentCode, word("level", u.Level), book.Say(lang, directory.KindList, u.Kind), book.SayAll(lang, directory.SectorList, u.Sectors), u.Classes, u.Staff, u.Residents, nil, nil}
				if u.Longitude != 0 || u.Latitude != 0 {
					row[9], row[10] = u.Longitude, u.Latitude
				}
				if !yield(row, err) {
					return
				}
			}
		})
		return t.Title + ".xlsx", w, err
	})
}

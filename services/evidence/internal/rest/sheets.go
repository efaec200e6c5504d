package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/table"
)

// maxWorkbook bounds an uploaded workbook: 1000 rows are far below it.
const maxWorkbook = 4 << 20

func (h handlers) sheets(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "get-submission-sheet", Method: http.MethodGet, Path: "/submissions/{id}/items/{requirement_id}/sheet", Summary: "Download a table as XLSX",
		Description: "The headings of a table that is asked for, with the rows given so far: to be filled in and sent back with put-submission-sheet. A * marks compulsory columns. 409 not_a_table for what is not asked for as a table.",
		Resource:    "submission", Action: "read", Errors: []int{http.StatusConflict}, Media: []string{rest.WorkbookType},
	}, func(ctx context.Context, in *ItemID) (*rest.File, error) {
		name, data, err := h.s.ItemSheet(ctx, rest.Actor(ctx), in.ID, in.RequirementID)
		if err != nil {
			return nil, err
		}
		return rest.Saved(name, rest.WorkbookType, data), nil
	})
	rest.Register(g, rest.Op{
		ID: "put-submission-sheet", Method: http.MethodPut, Path: "/submissions/{id}/items/{requirement_id}/sheet", Summary: "Fill in a table from XLSX",
		Description: "Replaces the rows of a table by those of a workbook or a CSV file. Everything is taken or nothing: " +
			"422 `sheet_rejected` names each wrong cell by row and column, `sheet_unreadable` a file that cannot be read, `sheet_too_long` more than 1000 rows. " +
			"Days may be dates or texts like 2026-09-19 and 2026年9月19日; yes or no is 是 or 否. " + rest.TablesAreRead,
		Resource: "submission", Action: "write", IfMatch: true, Takes: table.Types, MaxBody: maxWorkbook, Errors: []int{http.StatusConflict}, Example: "姓名,人数\n王芳,3\n",
	}, func(ctx context.Context, in *struct {
		ItemID
		rest.TableType
		RawBody []byte
	}) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return reply(h.s.PutItemSheet(ctx, rest.Actor(ctx), in.ID, evidence.SheetFile{RequirementID: in.RequirementID, Type: in.ContentType, Data: in.RawBody}, want))
	})
}

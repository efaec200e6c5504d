package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// maxWorkbook bounds an uploaded workbook: 500 items are far below it.
const maxWorkbook = 4 << 20

const csvExample = "编号,检查内容,依据条款,问题类别\n1.1,日志留存不少于六个月,《网络安全法》第二十三条,技术防护\n"

func mountSheets(g *rest.Group, svc *checklist.Service) {
	register(g, rest.Op{
		ID: "export-checklist", Method: http.MethodGet, Path: "/checklists/{id}/export", Resource: "checklist", Action: "read", Media: []string{rest.WorkbookType},
		Summary: "A checklist as XLSX", Description: "One version as a workbook, which can be changed and imported again.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.File, error) {
		name, data, err := svc.Export(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return rest.Saved(name, rest.WorkbookType, data), nil
	})
	const columns = "The columns are called as in an exported checklist and come in any order; 编号 (key), 检查内容 (title), 依据条款 (clause) and 问题类别 (category) are " +
		"compulsory in every row. Everything is taken or nothing: 422 `sheet_rejected` names each wrong cell by row and column, `sheet_unreadable` a file that cannot be read, `sheet_too_long` more than 500 items. " + rest.TablesAreRead
	register(g, rest.Op{
		ID: "import-checklist", Method: http.MethodPost, Path: "/checklists/import", Resource: "checklist", Action: "create", Status: http.StatusCreated,
		Summary: "Draft a checklist from XLSX", Description: "Makes version 1 of a checklist from a workbook or a CSV file, as a draft. " + columns,
		Takes: table.Types, MaxBody: maxWorkbook, Example: csvExample,
	}, func(ctx context.Context, in *struct {
		Title  string `query:"title" maxLength:"200" doc:"Title; the workbook's own when left out" example:"财政系统网络安全检查表"`
		UnitID string `query:"unit_id" maxLength:"64" doc:"Unit in whose name it is published; needed only by somebody who writes for several"`
		rest.TableType
		RawBody []byte
	}) (*rest.Reply[Checklist], error) {
		return replyChecklist(svc.Import(ctx, rest.Actor(ctx), checklist.Input{UnitID: in.UnitID, Title: in.Title}, checklist.SheetFile{Type: in.ContentType, Data: in.RawBody}))
	})
	register(g, rest.Op{
		ID: "import-checklist-items", Method: http.MethodPut, Path: "/checklists/{id}/items", Resource: "checklist", Action: "write",
		Summary: "Replace the items of a draft from XLSX", Description: "Takes the items of a draft from a workbook or a CSV file; title and note stay. " + columns,
		IfMatch: true, Takes: table.Types, MaxBody: maxWorkbook, Errors: []int{http.StatusConflict}, Example: csvExample,
	}, func(ctx context.Context, in *struct {
		rest.ByID
		rest.TableType
		RawBody []byte
	}) (*rest.Reply[Checklist], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyChecklist(svc.ImportItems(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, checklist.SheetFile{Type: in.ContentType, Data: in.RawBody}))
	})
}

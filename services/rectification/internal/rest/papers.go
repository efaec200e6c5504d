package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification/document"
)

// docx is the content type of a Word file.
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// papers are the types that a document comes in.
var papers = []string{docx, rest.WorkbookType}

// FormatIn is the format of a document.
type FormatIn struct {
	Format string `query:"format" words:"format" default:"docx" doc:"Word in official layout, or Excel" example:"docx"`
}

type paperIn struct {
	rest.ByID
	FormatIn
}

// paper answers a document to be saved.
func paper(d document.Document, err error) (*rest.File, error) {
	if err != nil {
		return nil, err
	}
	mediaType := rest.WorkbookType
	if d.Format == document.Word {
		mediaType = docx
	}
	return rest.Saved(d.Name, mediaType, d.Data), nil
}

// origin is what every document tells of itself.
const origin = " Both formats say the same, whole: a text that is too long for its cell stands behind the table, and the cell names it. The document says who asked for it, when, and from which state of the data. Pictures are small ones without metadata; those you may not see are counted, not shown."

func mountPapers(g *rest.Group, svc *document.Service) {
	register(g, rest.Op{
		ID: "export-rectification-order", Method: http.MethodGet, Path: "/rectifications/{id}/order", Resource: "rectification", Action: "open", Media: papers,
		Summary:     "A rectification order as Word or Excel",
		Description: "整改通知书: the official letter (as Word in the layout of GB/T 9704-2012) with its findings annexed, in 14 columns with their pictures." + origin,
	}, func(ctx context.Context, in *paperIn) (*rest.File, error) {
		return paper(svc.OrderPaper(ctx, rest.Actor(ctx), in.ID, in.Format))
	})
	register(g, rest.Op{
		ID: "export-close-out", Method: http.MethodGet, Path: "/rectifications/{id}/close-out", Resource: "rectification", Action: "open", Media: papers,
		Summary:     "A close-out application as Word or Excel",
		Description: "销号申请: the unit's letter with what was rectified annexed; 13 columns with pictures before and after. 409 not_reported before the unit has reported." + origin,
		Errors:      []int{http.StatusConflict},
	}, func(ctx context.Context, in *paperIn) (*rest.File, error) {
		return paper(svc.CloseOutPaper(ctx, rest.Actor(ctx), in.ID, in.Format))
	})
	register(g, rest.Op{
		ID: "export-inspection-record", Method: http.MethodGet, Path: "/inspections/records/{id}", Resource: "inspection", Action: "open", Media: papers,
		Summary:     "An inspection record as Word or Excel",
		Description: "检查原始记录: a row for each item and what was found, 6 columns with the pictures, and lines to be signed." + origin,
	}, func(ctx context.Context, in *paperIn) (*rest.File, error) {
		return paper(svc.RecordPaper(ctx, rest.Actor(ctx), in.ID, in.Format))
	})
	const many = " At most 2,000 rows: 422 too_many_rows asks for narrower filters."
	register(g, rest.Op{
		ID: "export-findings", Method: http.MethodGet, Path: "/findings/export", Resource: "finding", Action: "read", Media: papers,
		Summary:     "Register or list of findings as Word or Excel",
		Description: "问题整改台账 (11 columns) or 问题清单: the findings in your reach that the filters select, the latest first; of those that are not open to you the outline." + many + origin,
	}, func(ctx context.Context, in *struct {
		Form string `query:"form" words:"paper" only:"register,finding_list" default:"register" doc:"The register, or the list of findings" example:"register"`
		FormatIn
		FindingFilters
	}) (*rest.File, error) {
		return paper(svc.FindingsPaper(ctx, rest.Actor(ctx), in.Form, in.query(), in.Format))
	})
	register(g, rest.Op{
		ID: "export-rectifications", Method: http.MethodGet, Path: "/rectifications/export", Resource: "rectification", Action: "read", Media: papers,
		Summary:     "List of tasks or of responsibilities as Word or Excel",
		Description: "任务清单, a row for each measure, or 责任清单, who is responsible on both sides: the rectifications in your reach that the filters select, the earliest deadline first; of those that are not open to you the outline." + many + origin,
	}, func(ctx context.Context, in *struct {
		Form string `query:"form" words:"paper" only:"task_list,duty_list" default:"task_list" doc:"The list of tasks, or of responsibilities" example:"task_list"`
		FormatIn
		RectificationFilters
	}) (*rest.File, error) {
		return paper(svc.OrdersPaper(ctx, rest.Actor(ctx), in.Form, in.query(), in.Format))
	})
}

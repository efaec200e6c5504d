package rest

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/internal/rest"
)

type exportInput struct{ Filter }

type exportOutput struct {
	Body func(huma.Context)
}

func (a *API) mountExport(g *rest.Group) {
	const path = "/audit-entries/export"
	rest.Register(g, rest.Op{
		ID: "export-audit-entries", Method: http.MethodGet, Path: path, Summary: "Export the audit trail",
		Description: "The entries that the filters select as CSV in UTF-8, oldest first, for spreadsheets: " +
			"a text that a spreadsheet would take for a formula begins with an apostrophe.",
		Resource: "audit", Action: "read",
	}, a.export)
	g.Huma().OpenAPI().Paths["/api/v1"+path].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: huma.TypeString, Description: "One line an entry, after a line of headings"}},
	}
}

func (a *API) export(ctx context.Context, in *exportInput) (*exportOutput, error) {
	q := in.query()
	each, err := a.service.Export(ctx, rest.Actor(ctx), q)
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8")
		hc.SetHeader("Content-Disposition", `attachment; filename="audit.csv"`)
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetStatus(http.StatusOK)
		w := csv.NewWriter(hc.BodyWriter())
		w.UseCRLF = true
		_, _ = hc.BodyWriter().Write([]byte("\uFEFF")) // without it Excel does not read UTF-8
		_ = w.Write([]string{"seq", "at", "recorded_at", "type", "subject", "version", "actor_id", "actor_name", "unit_id", "unit_path",
			"reason", "request_id", "event_id", "caused_by", "data_hash", "whole", "detail", "prev_hash", "hash"})
		err := each(func(xs []audit.Entry) error {
			for _, x := range xs {
				if err := w.Write(line(x)); err != nil {
					return err
				}
			}
			w.Flush()
			return w.Error()
		})
		w.Flush()
		if err != nil {
			// A file cut short must not look like a whole one.
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

func line(x audit.Entry) []string {
	fs := []string{
		strconv.FormatInt(x.Seq, 10), x.At.Format(time.RFC3339Nano), x.RecordedAt.Format(time.RFC3339Nano), x.Type, x.Subject,
		strconv.FormatInt(x.Version, 10), x.ActorID, x.ActorName, x.UnitID, x.UnitPath, x.Reason, x.RequestID, x.EventID, x.CausedBy,
		x.DataHash, strconv.FormatBool(x.Whole), x.Detail, x.PrevHash, x.Hash,
	}
	for i, f := range fs {
		fs[i] = harmless(f)
	}
	return fs
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

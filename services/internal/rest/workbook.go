package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/xlsx"
)

// RegisterWorkbook adds an operation that answers with a workbook, to be saved
// under the name that f gives. f has made all of it, a long one on the disk, so
// that what goes wrong is still told as a problem.
func RegisterWorkbook[I any](g *Group, op Op, f func(context.Context, *I) (name string, w *xlsx.Workbook, err error)) {
	op.Media = []string{WorkbookType}
	Register(g, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		name, w, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			defer w.Close()
			hc.SetHeader("Content-Type", WorkbookType)
			hc.SetHeader("Content-Disposition", Attachment(filename.Safe(name, filename.Most)))
			hc.SetHeader("Cache-Control", "no-store")
			if _, err := w.WriteTo(hc.BodyWriter()); err != nil {
				panic(http.ErrAbortHandler) // a file that ends early must not look whole
			}
		}}, nil
	})
}

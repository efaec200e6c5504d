package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
)

// Capture is when and where a picture says it was taken.
type Capture struct {
	FileID    string     `json:"file_id" doc:"The picture" example:"01985b2e-7c1a-7000-8000-000000000001"`
	TakenAt   *time.Time `json:"taken_at,omitempty" doc:"When, as the camera noted it; absent when it did not" example:"2026-09-19T08:00:00Z"`
	Latitude  *float64   `json:"latitude,omitempty" doc:"Degrees north; absent when the camera noted no place" example:"36.78"`
	Longitude *float64   `json:"longitude,omitempty" doc:"Degrees east" example:"119.96"`
}

// CaptureReply is the answer of get-file-capture.
type CaptureReply struct{ Body Capture }

func (h handlers) shown(g *rest.Group) {
	h.rendition(g, evidence.Thumbnail, "get-file-thumbnail", "Show a picture small", "A JPEG of at most 320 × 320 pixels, for lists; of a PDF its first page, where that is a scan.")
	h.rendition(g, evidence.Preview, "get-file-preview", "Show a picture large", "A JPEG of at most 1920 × 1920 pixels, to look at it; of a PDF its first page, where that is a scan. Where the installation has switched it on, it carries who looks at it and when.")
	rest.Register(g, rest.Op{
		ID: "get-file-capture", Method: http.MethodGet, Path: "/files/{id}/capture", Summary: "Show when and where a picture was taken",
		Description: "What the camera noted in the picture, for those who review it and for inspectors. Anybody can write that into a file: a hint, never a proof. " +
			"Every look is recorded in the audit trail. 409 preview_pending while the picture is being examined.",
		Resource: "capture", Action: "read", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*CaptureReply, error) {
		c, err := h.s.GetCapture(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &CaptureReply{Body: Capture{FileID: c.FileID, TakenAt: c.TakenAt, Latitude: c.Latitude, Longitude: c.Longitude}}, nil
	})
}

// rendition offers one derivative of pictures.
func (h handlers) rendition(g *rest.Group, kind evidence.Rendition, opID, summary, what string) {
	where := "/files/{id}/" + string(kind)
	rest.Register(g, rest.Op{
		ID: opID, Method: http.MethodGet, Path: where, Summary: summary,
		Description: what + " Made anew from the pixels, upright, without place, time, names or anything else that the original carries; never the original itself. " +
			"409 preview_pending while it is being made, file_quarantined while the virus scanner has not looked through it, preview_damaged when the picture cannot be decoded, document_too_long for a document of more than 2,000 pages, no_preview for what is not a picture that can be decoded here.",
		Resource: "file", Action: "read", Errors: contentErrors,
	}, func(ctx context.Context, in *rest.ByID) (*huma.StreamResponse, error) {
		x, err := h.s.Rendition(ctx, rest.Actor(ctx), in.ID, kind)
		if err != nil {
			return nil, err
		}
		header := map[string]string{"Content-Type": "image/jpeg", "Content-Disposition": "inline"}
		if x.Marked {
			header["Cache-Control"] = "private, no-store"
		} else {
			header["Cache-Control"] = "private, max-age=3600"
			header["ETag"] = `"` + string(kind) + "-" + x.File.SHA256 + `"`
		}
		return h.content(x, header), nil
	})
	op := g.Huma().OpenAPI().Paths["/api/v1"+where].Get
	describeContent(op, "image/jpeg", nil)
}

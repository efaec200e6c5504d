package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/document"
)

type documentsBody struct {
	Form     string   `json:"form" doc:"Rectification orders, or close-out applications" example:"order"`
	Format   string   `json:"format,omitempty" default:"docx" doc:"Word in official layout, or Excel" example:"docx"`
	IDs      []string `json:"rectification_ids,omitempty" doc:"Of these orders; of those that the filters below select when left out"`
	Campaign string   `json:"campaign_id,omitempty" doc:"Only of this campaign" example:"01985b2e-7c1a-7000-8000-000000000101"`
	UnderID  string   `json:"under,omitempty" doc:"Only of this unit and the units below it" example:"01900000-0000-7000-8000-000000000005"`
	IssuerID string   `json:"issuer_id,omitempty" doc:"Only ordered by this office"`
	States   []string `json:"state,omitempty" doc:"Only in these states"`
}

// DocumentJob is the making of many documents.
type DocumentJob struct {
	ID         string     `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000801"`
	Form       string     `json:"form" words:"paper" only:"order,close_out" doc:"What is made" example:"order"`
	Format     string     `json:"format" words:"format" doc:"Word or Excel" example:"docx"`
	State      string     `json:"state" enum:"running,done,cancelled" doc:"When it is done, the documents can be fetched; it is cancelled when no orders are open to you any more" example:"running"`
	Total      int        `json:"total" doc:"How many documents" example:"50"`
	Done       int        `json:"done" doc:"How many of them are ready" example:"17"`
	StartedAt  time.Time  `json:"started_at" doc:"When it was asked for"`
	FinishedAt *time.Time `json:"finished_at,omitempty" doc:"When it was done; the documents are kept for seven days from then"`
}

var replyDocuments = one(func(j document.Job) DocumentJob {
	return DocumentJob{
		ID: j.ID, Form: j.Form, Format: j.Format, State: j.State, Total: j.Total, Done: j.Done, StartedAt: j.StartedAt.UTC(), FinishedAt: utc(j.FinishedAt),
	}
})

func mountDocuments(g *rest.Group, svc *document.Service) {
	register(g, rest.Op{
		ID: "make-documents", Input: document.Input{}, Method: http.MethodPost, Path: "/document-jobs", Resource: "rectification", Action: "open", Status: http.StatusAccepted,
		Summary: "Documents of many orders at once",
		Description: "Starts making the orders, or the close-out applications, of up to 500 rectifications that are open to you; follow it with get-document-job or the messages progress of stream-notices. " +
			"422 nothing_selected or too_many_rows where the filters select none or too many. 429 or 409 too_many_documents: three jobs of yours are running, or thirty are kept.",
		Errors:  []int{http.StatusConflict},
		Example: documentsBody{Form: "order", Format: "docx", Campaign: "01985b2e-7c1a-7000-8000-000000000101"},
	}, func(ctx context.Context, in *struct{ Body documentsBody }) (*rest.Reply[DocumentJob], error) {
		b := in.Body
		return replyDocuments(svc.Make(ctx, rest.Actor(ctx), document.Input{
			Form: b.Form, Format: b.Format, IDs: b.IDs, Query: rectification.RectificationQuery{
				Campaign: b.Campaign, UnderID: b.UnderID, IssuerID: b.IssuerID,
				States: mapped(b.States, func(s string) rectification.State { return rectification.State(s) }),
			},
		}))
	})
	register(g, rest.Op{
		ID: "get-document-job", Method: http.MethodGet, Path: "/document-jobs/{id}", Session: true, Errors: []int{http.StatusNotFound},
		Summary: "Follow the making of documents", Description: "How far it is; only for whoever asked for it.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[DocumentJob], error) {
		return replyDocuments(svc.JobOf(ctx, rest.Actor(ctx), in.ID))
	})
	register(g, rest.Op{
		ID: "download-documents", Method: http.MethodGet, Path: "/document-jobs/{id}/content", Session: true, Errors: []int{http.StatusNotFound, http.StatusConflict},
		Summary: "Download documents",
		Description: "A ZIP with the documents of a finished job: those of orders that are still open to you; a text in it names what it lacks, and why. " +
			"409 not_ready while it is being made, documents_cancelled where it was ended. A connection that is cut means that it is not whole.",
	}, func(ctx context.Context, in *rest.ByID) (*huma.StreamResponse, error) {
		b, err := svc.Bundle(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			req, w := humago.Unwrap(hc)
			h := w.Header()
			h.Set("Content-Type", "application/zip")
			h.Set("Content-Disposition", rest.Attachment(filename.Safe(b.Name, filename.Most)))
			h.Set("Cache-Control", "no-store")
			h.Set("X-Content-Type-Options", "nosniff")
			if err := b.Write(req.Context(), w); err != nil {
				panic(http.ErrAbortHandler) // a ZIP that ends early must not look whole
			}
		}}, nil
	})
	op := g.Huma().OpenAPI().Paths["/api/v1/document-jobs/{id}/content"].Get
	op.Responses["200"] = &huma.Response{
		Description: "The documents", Headers: map[string]*huma.Param{
			"Content-Disposition": {Schema: &huma.Schema{Type: "string"}, Description: "attachment, with a name"},
		},
		Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
}

package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
)

// Retention says how long the files handed in for a campaign are kept.
type Retention struct {
	CampaignID string       `json:"campaign_id" doc:"Campaign" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Title      string       `json:"title" doc:"Title of the campaign" example:"2026年国家网络安全宣传周"`
	Days       int64        `json:"days" doc:"Days after the end of the campaign; 0 for ever" example:"730"`
	Reason     string       `json:"reason,omitempty" doc:"Why" example:"档案保存两年"`
	SetBy      *rest.Person `json:"set_by,omitempty" doc:"Who set it; absent while nobody has"`
	SetAt      *time.Time   `json:"set_at,omitempty" doc:"When it was set" example:"2026-09-21T08:00:00Z"`
	EndedAt    *time.Time   `json:"ended_at,omitempty" doc:"When the campaign was closed, archived or cancelled; the days run from then" example:"2026-10-01T08:00:00Z"`
	DeleteAt   *time.Time   `json:"delete_at,omitempty" doc:"From when the files are deleted" example:"2028-10-01T08:00:00Z"`
	DoneAt     *time.Time   `json:"done_at,omitempty" doc:"When the last file was deleted" example:"2028-10-01T09:00:00Z"`
	May        RetentionMay `json:"may" doc:"What you may do to it now"`
	Version    int64        `json:"version" doc:"Grows with every change; also the ETag" example:"1"`
}

// RetentionMay says what you may do now.
type RetentionMay struct {
	Set bool `json:"set" doc:"Set the days" example:"true"`
}

// RetentionReply is the answer with one retention.
type RetentionReply struct {
	ETag string `header:"ETag" doc:"Version of the retention, for If-Match"`
	Body Retention
}

// RetentionBody is the body of set-retention.
type RetentionBody struct {
	Days   int64  `json:"days" doc:"Days after the end of the campaign; 0 for ever" example:"730"`
	Reason string `json:"reason" doc:"Why" example:"档案保存两年"`
}

func (h handlers) retentions(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "get-retention", Method: http.MethodGet, Path: "/retentions/{id}", Summary: "Show how long the files of a campaign are kept",
		Description: "The id is that of a campaign that was issued. Until days are set its files are kept for ever.",
		Resource:    "retention", Action: "read",
	}, func(ctx context.Context, in *rest.ByID) (*RetentionReply, error) {
		return retentionReply(h.s.GetRetention(ctx, rest.Actor(ctx), in.ID))
	})
	rest.Register(g, rest.Op{
		ID: "set-retention", Input: evidence.Keeping{}, Method: http.MethodPut, Path: "/retentions/{id}", Summary: "Set how long the files of a campaign are kept",
		Description: "Days after the end of the campaign, for the office that issued it. When they are over the files that were handed in for it are deleted, " +
			"unless they were handed in for something else that still runs; each deletion is recorded in the audit trail. Manifests, figures, names and hashes stay for ever, so that a copy kept elsewhere can still be checked.",
		Resource: "retention", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict},
		Example: map[string]any{"days": 730, "reason": "档案保存两年"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body RetentionBody
	}) (*RetentionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return retentionReply(h.s.SetRetention(ctx, rest.Actor(ctx), in.ID, evidence.Keeping(in.Body), want))
	})
}

func retentionReply(r evidence.RetentionView, err error) (*RetentionReply, error) {
	if err != nil {
		return nil, err
	}
	w := Retention{
		CampaignID: r.CampaignID, Title: r.Title, Days: r.Days, Reason: r.Reason, SetBy: rest.Named(r.SetBy, r.SetName), SetAt: r.SetAt,
		EndedAt: r.EndedAt, DoneAt: r.DoneAt, May: RetentionMay{Set: r.MaySet}, Version: r.Version,
	}
	if at := r.DeleteAt(); !at.IsZero() {
		w.DeleteAt = &at
	}
	return &RetentionReply{ETag: rest.ETag(r.Version), Body: w}, nil
}

package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

type checklistsIn struct {
	rest.Page
	State       []string `query:"state" words:"state.checklist" doc:"Only in these states" example:"published"`
	AllVersions bool     `query:"all_versions" doc:"Older published versions too"`
}

// ChecklistBody is what a draft consists of.
type ChecklistBody struct {
	UnitID   string `json:"unit_id,omitempty" doc:"Unit in whose name it is published; needed only by somebody who writes for several, and only when creating"`
	OfficeID string `json:"office_id,omitempty" doc:"Office that you act for; needed only by somebody who acts there for several"`
	Title    string `json:"title" doc:"Title" example:"财政系统网络安全检查表"`
	Note     string `json:"note,omitempty" doc:"What it is for"`
	Items    []item `json:"items,omitempty" doc:"What is checked, in order"`
}

func (b ChecklistBody) input() checklist.Input {
	return checklist.Input{UnitID: b.UnitID, OfficeID: b.OfficeID, Title: b.Title, Note: b.Note, Items: mapped(b.Items, item.item)}
}

var checklistExample = ChecklistBody{
	Title: "财政系统网络安全检查表", Items: []item{{
		Key: "log_days", Group: "日志", Title: "网络日志留存不少于六个月", Clause: "网络安全法 第二十一条", How: "查看日志服务器最早的记录",
		Type: checklist.Number, Minimum: ptr(180.0), Measure: "天", Category: "technical", Severity: checklist.Ordinary,
		DeadlineDays: 10, FailEvidence: checklist.EvidenceNote,
	}},
}

func ptr[T any](v T) *T { return &v }

func mountChecklists(g *rest.Group, svc *checklist.Service) {
	register(g, rest.Op{
		ID: "list-checklists", Method: http.MethodGet, Path: "/checklists", Resource: "checklist", Action: "read",
		Summary: "List checklists", Description: "Built-in checklists, those published to your unit from above, and your own drafts; the newest version of each, newest first.",
	}, func(ctx context.Context, in *checklistsIn) (*rest.Reply[rest.List[ChecklistHead]], error) {
		q := checklist.Query{States: in.State, AllVersions: in.AllVersions, Limit: in.Limit + 1}
		if _, err := in.Decode(&q.AfterID); err != nil {
			return nil, err
		}
		rows, err := svc.List(ctx, rest.Actor(ctx), q)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(mapped(rows, headOf), in.Limit, func(c ChecklistHead) any { return c.ID })), nil
	})
	register(g, rest.Op{
		ID: "get-checklist", Method: http.MethodGet, Path: "/checklists/{id}", Resource: "checklist", Action: "read",
		Summary: "Read a checklist", Description: "One version with its items.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Checklist], error) {
		return replyChecklist(svc.Get(ctx, rest.Actor(ctx), in.ID))
	})
	register(g, rest.Op{
		ID: "create-checklist", Input: checklist.Input{}, Method: http.MethodPost, Path: "/checklists", Resource: "checklist", Action: "create", Status: http.StatusCreated,
		Summary: "Draft a checklist", Description: "Makes version 1 of a checklist as a draft of your unit. Publish it to use it.",
		Example: checklistExample,
	}, func(ctx context.Context, in *struct{ Body ChecklistBody }) (*rest.Reply[Checklist], error) {
		return replyChecklist(svc.Create(ctx, rest.Actor(ctx), in.Body.input()))
	})
	register(g, rest.Op{
		ID: "update-checklist", Input: checklist.Input{}, Method: http.MethodPut, Path: "/checklists/{id}", Resource: "checklist", Action: "write",
		Summary: "Change a draft", Description: "Replaces title, note and items of a draft. A published version answers 409: make a new version.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: checklistExample,
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body ChecklistBody
	}) (*rest.Reply[Checklist], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyChecklist(svc.Update(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, in.Body.input()))
	})
	register(g, rest.Op{
		ID: "publish-checklist", Method: http.MethodPost, Path: "/checklists/{id}/publish", Resource: "checklist", Action: "write",
		Summary: "Publish a checklist", Description: "Freezes a draft; units and inspectors at and below your unit see it from now on.",
		IfMatch: true,
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Checklist], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyChecklist(svc.Publish(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}))
	})
	register(g, rest.Op{
		ID: "new-checklist-version", Method: http.MethodPost, Path: "/checklists/{id}/new-version", Resource: "checklist", Action: "write", Status: http.StatusCreated,
		Summary: "Draft a new version", Description: "Copies a published checklist into a draft with the next number. One draft at a time.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Checklist], error) {
		return replyChecklist(svc.NewVersion(ctx, rest.Actor(ctx), in.ID))
	})
}

func mapped[A, B any](as []A, f func(A) B) []B {
	bs := make([]B, len(as))
	for i, a := range as {
		bs[i] = f(a)
	}
	return bs
}

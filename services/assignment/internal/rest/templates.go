package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/rest"
)

// Template is a ready-made campaign: a built-in one, or one that an office
// made of a campaign of its own.
type Template struct {
	Name        string         `json:"name" doc:"Name, to create a campaign from; of one that an office keeps, its id" example:"publicity"`
	Title       string         `json:"title" doc:"Title in Chinese" example:"网络安全宣传周活动"`
	TitleEN     string         `json:"title_en" doc:"Title in English; of one that an office keeps, as title" example:"Cybersecurity publicity week"`
	Description string         `json:"description" doc:"What it is for" example:"主题宣传周"`
	Theme       string         `json:"theme" doc:"Theme or slogan" example:"网络安全为人民，网络安全靠人民"`
	Days        int            `json:"days" doc:"Length in days" example:"7"`
	ThemedDays  []TemplateDay  `json:"themed_days" doc:"Days with a theme of their own"`
	Materials   []Material     `json:"materials" doc:"Texts handed out with it"`
	Tasks       []TemplateTask `json:"tasks" doc:"Its tasks"`
	UnitID      string         `json:"unit_id,omitempty" doc:"Whose it is; empty for a built-in one"`
	UpdatedAt   *time.Time     `json:"updated_at,omitempty" doc:"When it was kept or last changed; none for a built-in one" example:"2026-10-08T02:00:00Z"`
	Version     int64          `json:"version" doc:"Version, for If-Match; 0 for a built-in one" example:"1"`
	May         TemplateMay    `json:"may" doc:"What the caller may do with it"`
}

// TemplateMay is what the caller may do with a template.
type TemplateMay struct {
	Update bool `json:"update" doc:"Change it or throw it away"`
}

// TemplateDay is a themed day of a template.
type TemplateDay struct {
	Offset int    `json:"offset" doc:"Days after the first" example:"1"`
	Title  string `json:"title" doc:"Theme of the day" example:"校园日"`
}

// TemplateTask is a task of a template.
type TemplateTask struct {
	Title        string        `json:"title" doc:"Title" example:"张贴宣传海报"`
	Description  string        `json:"description" doc:"What is to be done" example:"张贴宣传海报。"`
	DueOffset    int           `json:"due_offset" doc:"Deadline in days after the first day; negative before it" example:"-3"`
	ThemedOffset *int          `json:"themed_offset,omitempty" doc:"Its themed day, in days after the first" example:"1"`
	Weight       int           `json:"weight" doc:"Weight among the tasks" example:"1"`
	Review       string        `json:"review" words:"review" doc:"Who reviews it: the issuer, or level by level" example:"direct"`
	Targets      Targets       `json:"targets" doc:"Which units it is for"`
	Requirements []Requirement `json:"requirements" doc:"What is asked for"`
}

// NewTemplate is the body of keep-campaign-template.
type NewTemplate struct {
	CampaignID  string `json:"campaign_id" doc:"The campaign to make it of; any in reach, in any state" example:"01985b2e-7c1a-7000-8000-000000000009"`
	Title       string `json:"title" doc:"What it is called" example:"我县网络安全宣传周"`
	Description string `json:"description,omitempty" doc:"What it is for" example:"去年的做法，去掉了照片要求"`
	UnitID      string `json:"unit_id,omitempty" doc:"Whose it is to be; needed only where the caller drafts campaigns for several units"`
	OfficeID    string `json:"office_id,omitempty" doc:"Office whose it is to be; needed only where the caller acts there for several"`
}

// KeepTemplate is the input of keep-campaign-template.
type KeepTemplate struct{ Body NewTemplate }

// TemplatePatch is the body of update-campaign-template.
type TemplatePatch struct {
	Title       *string `json:"title,omitempty" doc:"What it is called" example:"我县网络安全宣传周"`
	Description *string `json:"description,omitempty" doc:"What it is for"`
	CampaignID  *string `json:"campaign_id,omitempty" doc:"A campaign whose tasks, days and texts take the place of the template's"`
}

type none struct{}

func template(t assignment.Template) Template {
	x := Template{
		Name: t.Name, Title: t.Title, TitleEN: t.TitleEN, Description: t.Description, Theme: t.Theme, Days: t.Days,
		ThemedDays: []TemplateDay{}, Materials: mapped(t.Materials, materialOf), Tasks: []TemplateTask{},
	}
	for _, d := range t.ThemedDays {
		x.ThemedDays = append(x.ThemedDays, TemplateDay(d))
	}
	for _, k := range t.Tasks {
		review := k.Review
		if review == "" {
			review = assignment.Direct
		}
		x.Tasks = append(x.Tasks, TemplateTask{
			Title: k.Title, Description: k.Description, DueOffset: k.DueOffset, ThemedOffset: k.ThemedOffset, Weight: max(1, k.Weight),
			Review: review, Targets: targets(k.Targets), Requirements: requirements(k.Requirements),
		})
	}
	return x
}

// officeTemplate is one that is kept: whoever reads it drafts campaigns for its
// unit, and may change it.
func officeTemplate(t assignment.OfficeTemplate) Template {
	x := template(t.Content)
	x.TitleEN, x.UnitID, x.UpdatedAt, x.Version, x.May.Update = x.Title, t.UnitID, &t.UpdatedAt, t.Version, true
	return x
}

func (h *handlers) mountTemplates(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "list-campaign-templates", Method: http.MethodGet, Path: "/campaign-templates", Session: true,
		Summary: "List the templates", Description: "Ready-made campaigns: the built-in ones, and those kept by the units the caller drafts campaigns for, all on one page. Their dates are offsets from the first day, so that any dates work."},
		func(ctx context.Context, _ *none) (*rest.Reply[rest.List[Template]], error) {
			l := rest.List[Template]{Items: []Template{}}
			for _, t := range assignment.Templates() {
				l.Items = append(l.Items, template(t))
			}
			kept, err := h.svc.OfficeTemplates(ctx, rest.Actor(ctx))
			if err != nil {
				return nil, err
			}
			for _, t := range kept {
				l.Items = append(l.Items, officeTemplate(t))
			}
			return &rest.Reply[rest.List[Template]]{Body: l}, nil
		})

	rest.Register(g, rest.Op{ID: "keep-campaign-template", Input: assignment.NewTemplate{}, Method: http.MethodPost, Path: "/campaign-templates", Resource: "campaign", Action: "create", Status: http.StatusCreated, Errors: []int{409},
		Summary:     "Keep a campaign as a template",
		Description: "With its tasks, themed days, texts and thresholds, every date as an offset from the first day. Files handed out with the campaign and the periods its items asked about stay with it; units that were chosen by name are taken along where the template is for the unit that issued the campaign.",
		Example:     map[string]any{"campaign_id": "01985b2e-7c1a-7000-8000-000000000009", "title": "我县网络安全宣传周"}},
		func(ctx context.Context, in *KeepTemplate) (*rest.Reply[Template], error) {
			t, err := h.svc.KeepTemplate(ctx, rest.Actor(ctx), assignment.NewTemplate(in.Body))
			return answer(t, err, officeTemplate)
		})

	rest.Register(g, rest.Op{ID: "get-campaign-template", Method: http.MethodGet, Path: "/campaign-templates/{id}", Resource: "campaign", Action: "update",
		Summary: "Read a kept template", Description: "One that is kept by a unit the caller drafts campaigns for."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Template], error) {
			t, err := h.svc.OfficeTemplate(ctx, rest.Actor(ctx), in.ID)
			return answer(t, err, officeTemplate)
		})

	rest.Register(g, rest.Op{ID: "update-campaign-template", Input: assignment.TemplatePatch{}, Method: http.MethodPatch, Path: "/campaign-templates/{id}", Resource: "campaign", Action: "update", IfMatch: true, Errors: []int{409},
		Summary: "Change a kept template", Description: "Fields that are absent stay as they are. To change its tasks, draft a campaign from it, change that, and give it as campaign_id.",
		Example: map[string]any{"title": "我县网络安全宣传周"}},
		func(ctx context.Context, in *rest.Act[TemplatePatch]) (*rest.Reply[Template], error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			t, err := h.svc.ReviseTemplate(ctx, rest.Actor(ctx), in.ID, want, assignment.TemplatePatch(in.Body))
			return answer(t, err, officeTemplate)
		})

	rest.Register(g, rest.Op{ID: "drop-campaign-template", Method: http.MethodDelete, Path: "/campaign-templates/{id}", Resource: "campaign", Action: "update", IfMatch: true, Errors: []int{409},
		Summary: "Throw a kept template away", Description: "Campaigns that were made from it stay as they are."},
		func(ctx context.Context, in *rest.ByID) (*struct{}, error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			return nil, h.svc.DropTemplate(ctx, rest.Actor(ctx), in.ID, want)
		})
}

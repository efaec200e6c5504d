package assignment

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// maxOfficeTemplates bounds how many templates a unit keeps; they are listed whole.
const maxOfficeTemplates = 100

// OfficeTemplate is a template that an office made of one of its campaigns.
// Whoever manages campaigns for that office uses, revises and drops it.
type OfficeTemplate struct {
	ID       string
	UnitID   string
	UnitPath string
	OfficeID string
	// Content has the id as its name.
	Content   Template
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Wire is the template as events carry it.
func (t OfficeTemplate) Wire() event.CampaignTemplate {
	return event.CampaignTemplate{
		ID: t.ID, Title: t.Content.Title, UnitID: t.UnitID, UnitPath: t.UnitPath, OfficeID: t.OfficeID, Tasks: len(t.Content.Tasks), Version: t.Version,
	}
}

// NewTemplate is what a template is kept from.
type NewTemplate struct {
	CampaignID  string `limit:"1..64"`
	Title       string `limit:"1..200"`
	Description string `limit:"..2000"`
	UnitID      string `limit:"..64"` // both as NewCampaign has them
	OfficeID    string `limit:"..64"`
}

// TemplatePatch changes a template; nil fields stay as they are. With a
// campaign, its tasks, days and texts take the place of the template's.
type TemplatePatch struct {
	Title       *string `limit:"1..200"`
	Description *string `limit:"..2000"`
	CampaignID  *string `limit:"1..64"`
}

// templateOf turns a campaign's dates into offsets from its first day. Files
// handed out with it stay with it; units chosen by name are chosen again only
// where the template is for the same unit.
func templateOf(c Campaign, tasks []Task, unitID string) (Template, error) {
	first, err := time.ParseInLocation(time.DateOnly, c.StartsOn, clock.Shanghai)
	if err != nil {
		return Template{}, err
	}
	offset := func(day string) int {
		d, err := time.ParseInLocation(time.DateOnly, day, clock.Shanghai)
		if err != nil {
			return 0
		}
		return int(d.Sub(first) / (24 * time.Hour))
	}
	t := Template{
		Theme: c.Theme, Days: offset(c.EndsOn) + 1, NearDays: c.NearDays, OverdueDays: c.OverdueDays, AckDays: c.AckDays,
		ThemedDays: []TemplateDay{}, Materials: []Material{}, Tasks: []TemplateTask{},
	}
	for _, d := range c.Days {
		t.ThemedDays = append(t.ThemedDays, TemplateDay{Offset: offset(d.Day), Title: d.Title})
	}
	for _, m := range c.Materials {
		if m.FileID == "" {
			t.Materials = append(t.Materials, m)
		}
	}
	for _, k := range tasks {
		x := TemplateTask{
			Title: k.Title, Description: k.Description, DueOffset: offset(clock.Day(k.DueAt)), Weight: k.Weight, Review: k.Review,
			Targets: k.Targets, Requirements: slices.Clone(k.Requirements),
		}
		if k.ThemedDay != "" {
			n := offset(k.ThemedDay)
			x.ThemedOffset = &n
		}
		if c.UnitID != unitID {
			x.Targets.Under, x.Targets.UnitIDs, x.Targets.ExcludeIDs = nil, nil, nil
		}
		for i := range x.Requirements {
			x.Requirements[i].ID = ""
			// The period asked about belongs to the campaign, not to the next.
			x.Requirements[i].PeriodFrom, x.Requirements[i].PeriodTo = "", ""
		}
		t.Tasks = append(t.Tasks, x)
	}
	return t, nil
}

// fromCampaign reads a campaign in the caller's reach as a template for a unit.
func (s *Service) fromCampaign(ctx context.Context, actor policy.Actor, campaignID, unitID string) (Template, error) {
	c, err := s.Campaign(ctx, actor, campaignID)
	if fault.Is(err, fault.NotFound) {
		err = fault.BadField("campaign_id", "expected a campaign you can read", campaignID)
	}
	if err != nil {
		return Template{}, err
	}
	tasks, err := s.store.Tasks(ctx, c.ID)
	if err != nil {
		return Template{}, err
	}
	return templateOf(c.Campaign, tasks, unitID)
}

func (t OfficeTemplate) validate() error {
	return fault.Check(TemplatePatch{Title: &t.Content.Title, Description: &t.Content.Description})
}

// OfficeTemplates lists the templates of the units the caller drafts campaigns for.
func (s *Service) OfficeTemplates(ctx context.Context, actor policy.Actor) ([]OfficeTemplate, error) {
	r := s.policy.Rights(ctx, actor, "campaign")
	return s.store.OfficeTemplates(ctx, r.Reach("update"), "")
}

// OfficeTemplate returns one of them; fault.NotFound.
func (s *Service) OfficeTemplate(ctx context.Context, actor policy.Actor, templateID string) (OfficeTemplate, error) {
	r := s.policy.Rights(ctx, actor, "campaign")
	ts, err := s.store.OfficeTemplates(ctx, r.Reach("update"), templateID)
	if err != nil {
		return OfficeTemplate{}, err
	}
	if len(ts) == 0 {
		return OfficeTemplate{}, fault.Missing("template")
	}
	return ts[0], nil
}

// template finds what a campaign is drafted from: a built-in template by its
// name, or one of the caller's own by its id.
func (s *Service) template(ctx context.Context, actor policy.Actor, name string) (Template, error) {
	if t, ok := TemplateNamed(name); ok {
		return t, nil
	}
	t, err := s.OfficeTemplate(ctx, actor, name)
	if fault.Is(err, fault.NotFound) {
		err = fault.BadField("template", "expected the name of a template, see GET /api/v1/campaign-templates", name)
	}
	return t.Content, err
}

// KeepTemplate makes a template of a campaign the caller can read, for the
// unit they draft campaigns for. Fault: too_many_templates.
func (s *Service) KeepTemplate(ctx context.Context, actor policy.Actor, n NewTemplate) (OfficeTemplate, error) {
	if err := fault.Check(n); err != nil {
		return OfficeTemplate{}, err
	}
	r := s.policy.Rights(ctx, actor, "campaign")
	by, err := launches(r, n.UnitID, n.OfficeID)
	if err != nil {
		return OfficeTemplate{}, err
	}
	content, err := s.fromCampaign(ctx, actor, n.CampaignID, by.unitID)
	if err != nil {
		return OfficeTemplate{}, err
	}
	had, err := s.store.OfficeTemplates(ctx, r.Reach("update"), "")
	if err != nil {
		return OfficeTemplate{}, err
	}
	another := func(t OfficeTemplate) bool { return t.UnitID != by.unitID || t.OfficeID != by.officeID }
	if len(slices.DeleteFunc(had, another)) >= maxOfficeTemplates {
		return OfficeTemplate{}, fault.New(fault.Conflict, "too_many_templates", "At most %d templates are kept; drop one that is not used any more.", maxOfficeTemplates)
	}
	now := s.clock.Now()
	t := OfficeTemplate{ID: newID(), UnitID: by.unitID, UnitPath: by.path, OfficeID: by.officeID, Content: content, CreatedBy: actor.PersonID, CreatedAt: now, UpdatedAt: now, Version: 1}
	t.Content.Name, t.Content.Title, t.Content.Description = t.ID, n.Title, n.Description
	if err := t.validate(); err != nil {
		return OfficeTemplate{}, err
	}
	return t, s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.InsertTemplate(ctx, t); err != nil {
			return err
		}
		return tx.Emit(ctx, templateEvent(event.TemplateKept, t, actor, now))
	})
}

// ReviseTemplate gives a template another title, description or content.
func (s *Service) ReviseTemplate(ctx context.Context, actor policy.Actor, templateID string, want int64, p TemplatePatch) (OfficeTemplate, error) {
	if err := fault.Check(p); err != nil {
		return OfficeTemplate{}, err
	}
	t, err := s.OfficeTemplate(ctx, actor, templateID)
	if err != nil {
		return t, err
	}
	if err := fault.Version(want, t.Version); err != nil {
		return OfficeTemplate{}, err
	}
	if p.CampaignID != nil {
		content, err := s.fromCampaign(ctx, actor, *p.CampaignID, t.UnitID)
		if err != nil {
			return OfficeTemplate{}, err
		}
		content.Name, content.Title, content.Description = t.ID, t.Content.Title, t.Content.Description
		t.Content = content
	}
	set(&t.Content.Title, p.Title)
	set(&t.Content.Description, p.Description)
	if err := t.validate(); err != nil {
		return OfficeTemplate{}, err
	}
	had := t.Version
	t.Version, t.UpdatedAt = had+1, s.clock.Now()
	return t, s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateTemplate(ctx, t, had); err != nil {
			return err
		}
		return tx.Emit(ctx, templateEvent(event.TemplateRevised, t, actor, t.UpdatedAt))
	})
}

// DropTemplate throws a template away; campaigns made from it stay as they are.
func (s *Service) DropTemplate(ctx context.Context, actor policy.Actor, templateID string, want int64) error {
	t, err := s.OfficeTemplate(ctx, actor, templateID)
	if err != nil {
		return err
	}
	if err := fault.Version(want, t.Version); err != nil {
		return err
	}
	had := t.Version
	t.Version++
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.DeleteTemplate(ctx, t.ID, had); err != nil {
			return err
		}
		return tx.Emit(ctx, templateEvent(event.TemplateDropped, t, actor, s.clock.Now()))
	})
}

func templateEvent(typ event.Type, t OfficeTemplate, actor policy.Actor, now time.Time) event.Event {
	return event.New(newID(), now, typ, t.ID, t.Version, t.Wire()).By(actor.PersonID, actor.Name).For(t.UnitID, t.UnitPath)
}

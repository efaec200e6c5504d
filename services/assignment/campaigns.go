package assignment

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

func newID() string { return id.New() }

func sortUnits(us []Unit) {
	slices.SortFunc(us, func(a, b Unit) int { return strings.Compare(a.ID, b.ID) })
}

// NewCampaign is what a campaign is made from.
type NewCampaign struct {
	Template string `limit:"..40"` // name of a built-in template, id of a kept one, empty for none
	UnitID   string `limit:"..64"` // empty where the caller manages for one unit only
	OfficeID string `limit:"..64"` // empty where the caller manages there for one office only
	CampaignPatch
}

// CampaignPatch changes a draft; nil fields stay as they are.
type CampaignPatch struct {
	Title       *string      `limit:"1..200"`
	Theme       *string      `limit:"..500"`
	Basis       *string      `limit:"..200"`
	StartsOn    *string      `limit:"..10"`
	EndsOn      *string      `limit:"..10"`
	NearDays    *int         `limit:"0..30"`
	OverdueDays *int         `limit:"0..60"`
	AckDays     *int         `limit:"1..30"`
	Days        *[]ThemedDay `limit:"..60"`
	Materials   *[]Material  `limit:"..50"`
	// MoveTasks moves the deadlines and themed days of its tasks, and its own
	// themed days where none are given, by as many days as its first day moves.
	MoveTasks bool
}

func (p CampaignPatch) apply(c *Campaign) {
	set(&c.Title, p.Title)
	set(&c.Theme, p.Theme)
	set(&c.Basis, p.Basis)
	set(&c.StartsOn, p.StartsOn)
	set(&c.EndsOn, p.EndsOn)
	set(&c.NearDays, p.NearDays)
	set(&c.OverdueDays, p.OverdueDays)
	set(&c.AckDays, p.AckDays)
	set(&c.Days, p.Days)
	set(&c.Materials, p.Materials)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Service) campaignDetail(c Campaign, names map[string]string, r policy.Rights) CampaignDetail {
	t := c.target()
	may := func(action string) bool {
		_, err := c.State.Next(action)
		return err == nil && r.Covers(action, t)
	}
	edit := c.State == Draft && r.Covers("update", t)
	return CampaignDetail{Campaign: c, UnitName: names[c.UnitID], OfficeName: names[c.OfficeID], May: CampaignMay{
		Update: edit, Delete: edit, Issue: may("issue"), Close: may("close"), Archive: may("archive"), Cancel: may("cancel"),
		Urge: c.State == Active && r.Covers("urge", t),
	}}
}

// launching is for whom a campaign is launched: the area, and the office that acts
// for it.
type launching struct{ unitID, path, officeID string }

// launches finds for whom the caller launches campaigns; an empty id is any, where
// there is one only.
func launches(r policy.Rights, unitID, officeID string) (launching, error) {
	var all, fit []launching
	for _, s := range r.Reach("create").Spans {
		l := launching{id.LastOf(s.Path), s.Path, s.Office()}
		if slices.Contains(all, l) {
			continue
		}
		all = append(all, l)
		if (unitID == "" || unitID == l.unitID) && (officeID == "" || officeID == l.officeID) {
			fit = append(fit, l)
		}
	}
	another := func(of func(launching) string) bool {
		return slices.ContainsFunc(fit, func(l launching) bool { return of(l) != of(fit[0]) })
	}
	switch {
	case len(all) == 0:
		return launching{}, fault.Denied("You may not create campaigns.")
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1 && another(func(l launching) string { return l.unitID }):
		return launching{}, fault.New(fault.Invalid, "unit_required", "You manage campaigns for several units; say for which with unit_id.").
			WithField("unit_id", "expected one of the units you manage campaigns for", nil)
	case len(fit) > 1:
		return launching{}, fault.New(fault.Invalid, "office_required", "You manage campaigns here for several offices; say for which with office_id.").
			WithField("office_id", "expected one of the offices you manage campaigns for", nil)
	case unitID != "" && !slices.ContainsFunc(all, func(l launching) bool { return l.unitID == unitID }):
		return launching{}, fault.BadField("unit_id", "expected one of the units you manage campaigns for", unitID)
	}
	return launching{}, fault.BadField("office_id", "expected one of the offices you manage campaigns for", officeID)
}

// maxDrafts is how many drafts of campaigns a unit may have.
const maxDrafts = 200

// CreateCampaign drafts a campaign, from a template or empty. Fault: too_many_drafts.
func (s *Service) CreateCampaign(ctx context.Context, actor policy.Actor, n NewCampaign) (CampaignDetail, error) {
	if err := fault.Check(n); err != nil {
		return CampaignDetail{}, err
	}
	r := s.policy.Rights(ctx, actor, "campaign")
	by, err := launches(r, n.UnitID, n.OfficeID)
	if err != nil {
		return CampaignDetail{}, err
	}
	drafts, err := s.store.Campaigns(ctx, CampaignQuery{Drafts: r.Reach("read_draft"), States: []CampaignState{Draft}, UnitID: by.unitID, OfficeID: by.officeID, Limit: maxDrafts})
	if err != nil {
		return CampaignDetail{}, err
	}
	if len(drafts) >= maxDrafts {
		return CampaignDetail{}, fault.New(fault.Conflict, "too_many_drafts", "The unit has %d campaigns that are drafts. Issue or discard some of them first.", maxDrafts)
	}
	now := s.clock.Now()
	c := Campaign{
		ID: newID(), UnitID: by.unitID, UnitPath: by.path, OfficeID: by.officeID, State: Draft, Thresholds: clock.DefaultThresholds(),
		Days: []ThemedDay{}, Materials: []Material{}, CreatedBy: actor.PersonID, CreatedAt: now, Version: 1,
	}
	var tasks []Task
	if n.Template != "" {
		t, err := s.template(ctx, actor, n.Template)
		if err != nil {
			return CampaignDetail{}, err
		}
		start := clock.Day(now.AddDate(0, 0, 14))
		set(&start, n.StartsOn)
		if tasks, err = t.fill(&c, start); err != nil {
			return CampaignDetail{}, err
		}
	}
	n.apply(&c)
	if c.EndsOn == "" {
		c.EndsOn = c.StartsOn
	}
	if err := c.validate(); err != nil {
		return CampaignDetail{}, err
	}
	names, err := s.store.UnitNames(ctx, []string{by.unitID, by.officeID})
	if err != nil {
		return CampaignDetail{}, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.InsertCampaign(ctx, c); err != nil {
			return err
		}
		if err := tx.InsertTasks(ctx, tasks...); err != nil {
			return err
		}
		return tx.Emit(ctx, s.campaignEvent(event.CampaignDrafted, c, nil, actor, now))
	})
	if err != nil {
		return CampaignDetail{}, err
	}
	return s.campaignDetail(c, names, r), nil
}

// campaignEvent tells what somebody did with a campaign, as it is now.
func (s *Service) campaignEvent(t event.Type, c Campaign, tasks []Task, actor policy.Actor, now time.Time) event.Event {
	return event.New(newID(), now, t, c.ID, c.Version, c.Wire(tasks)).
		By(actor.PersonID, actor.Name).For(c.UnitID, c.UnitPath)
}

// campaignFor loads a campaign for an action of the policy.
func (s *Service) campaignFor(ctx context.Context, actor policy.Actor, campaignID, action, verb string) (Campaign, policy.Rights, error) {
	r := s.policy.Rights(ctx, actor, "campaign")
	c, err := s.store.Campaign(ctx, campaignID)
	if err != nil {
		return c, r, err
	}
	if !r.Covers(action, c.target()) {
		seen, err := s.store.Campaigns(ctx, CampaignQuery{Reach: r.Reach("read"), Drafts: r.Reach("read_draft"), ID: campaignID, Limit: 1})
		if err != nil {
			return c, r, err
		}
		return c, r, fault.Unless(false, len(seen) > 0, "campaign", campaignVerbs.Denied(verb))
	}
	return c, r, nil
}

// Campaign returns a campaign in the caller's reach.
func (s *Service) Campaign(ctx context.Context, actor policy.Actor, campaignID string) (CampaignDetail, error) {
	r := s.policy.Rights(ctx, actor, "campaign")
	cs, err := s.store.Campaigns(ctx, CampaignQuery{Reach: r.Reach("read"), Drafts: r.Reach("read_draft"), ID: campaignID, Limit: 1})
	if err != nil {
		return CampaignDetail{}, err
	}
	if len(cs) == 0 {
		return CampaignDetail{}, fault.Missing("campaign")
	}
	names, err := s.store.UnitNames(ctx, []string{cs[0].UnitID, cs[0].OfficeID})
	if err != nil {
		return CampaignDetail{}, err
	}
	return s.campaignDetail(cs[0], names, r), nil
}

// ListCampaigns lists the campaigns in the caller's reach, newest first.
func (s *Service) ListCampaigns(ctx context.Context, actor policy.Actor, q CampaignQuery) ([]CampaignDetail, error) {
	r := s.policy.Rights(ctx, actor, "campaign")
	q.Reach, q.Drafts = r.Reach("read"), r.Reach("read_draft")
	cs, err := s.store.Campaigns(ctx, q)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, 2*len(cs))
	for _, c := range cs {
		ids = append(ids, c.UnitID, c.OfficeID)
	}
	names, err := s.store.UnitNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]CampaignDetail, len(cs))
	for i, c := range cs {
		out[i] = s.campaignDetail(c, names, r)
	}
	return out, nil
}

// draftForEdit loads a draft that the caller may change.
func (s *Service) draftForEdit(ctx context.Context, actor policy.Actor, campaignID string) (Campaign, policy.Rights, error) {
	c, r, err := s.campaignFor(ctx, actor, campaignID, "update", "change")
	if err == nil && c.State != Draft {
		err = campaignVerbs.WrongState("change", string(c.State))
	}
	return c, r, err
}

// UpdateCampaign changes a draft.
func (s *Service) UpdateCampaign(ctx context.Context, actor policy.Actor, campaignID string, want int64, p CampaignPatch) (CampaignDetail, error) {
	if err := fault.Check(p); err != nil {
		return CampaignDetail{}, err
	}
	c, r, err := s.draftForEdit(ctx, actor, campaignID)
	if err != nil {
		return CampaignDetail{}, err
	}
	if err := fault.Version(want, c.Version); err != nil {
		return CampaignDetail{}, err
	}
	began := c.StartsOn
	p.apply(&c)
	c.Version++
	var moved []Task
	if n := clock.DaysBetween(began, c.StartsOn); p.MoveTasks && n != 0 {
		if p.Days == nil {
			c.Days = slices.Clone(c.Days)
			for i := range c.Days {
				c.Days[i].Day = clock.DayPlus(c.Days[i].Day, n)
			}
		}
		if moved, err = s.store.Tasks(ctx, c.ID); err != nil {
			return CampaignDetail{}, err
		}
		for i := range moved {
			moved[i].move(n)
		}
	}
	if err := c.validate(); err != nil {
		return CampaignDetail{}, err
	}
	return s.saveCampaign(ctx, actor, r, c, moved)
}

// saveCampaign stores a revised draft, one version further than it was, with tasks
// of it that were revised as well, and tells about it.
func (s *Service) saveCampaign(ctx context.Context, actor policy.Actor, r policy.Rights, c Campaign, moved []Task) (CampaignDetail, error) {
	names, err := s.store.UnitNames(ctx, []string{c.UnitID, c.OfficeID})
	if err != nil {
		return CampaignDetail{}, err
	}
	now := s.clock.Now()
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateCampaign(ctx, c, c.Version-1); err != nil {
			return err
		}
		for _, t := range moved {
			if err := tx.UpdateTask(ctx, t, t.Version-1); err != nil {
				return err
			}
		}
		return tx.Emit(ctx, s.campaignEvent(event.CampaignRevised, c, nil, actor, now))
	})
	if err != nil {
		return CampaignDetail{}, err
	}
	return s.campaignDetail(c, names, r), nil
}

// DeleteCampaign throws a draft away.
func (s *Service) DeleteCampaign(ctx context.Context, actor policy.Actor, campaignID string, want int64) error {
	c, _, err := s.draftForEdit(ctx, actor, campaignID)
	if err != nil {
		return err
	}
	if err := fault.Version(want, c.Version); err != nil {
		return err
	}
	now := s.clock.Now()
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.DeleteCampaign(ctx, c.ID, c.Version); err != nil {
			return err
		}
		// To everybody else it is a campaign that was called off.
		c.Version++
		c.State = CampaignCancelled
		return tx.Emit(ctx, s.campaignEvent(event.CampaignCancelled, c, nil, actor, now).Because("draft deleted"))
	})
}

func (s *Service) job(campaignID, kind string, actor policy.Actor, reason string, now time.Time) Job {
	return Job{
		ID: newID(), CampaignID: campaignID, Kind: kind, State: "running", ActorID: actor.PersonID, ActorName: actor.Name,
		ActorUnit: actor.UnitID, Reason: reason, StartedAt: now,
	}
}

package demo

import (
	"fmt"

	"github.com/duban/duban/api/client"
)

// quarterly is the task of the return that asks for what was given before.
const quarterly = "报送网络安全教育情况"

// once plays an office that asks two schools again for what they gave last
// month: the dry run tells it, and a school takes its figures over.
func (p *play) once(first, second string) {
	c := &client.AssignmentCampaign{}
	figure := func(title, key, measure string) client.AssignmentRequirement {
		return client.AssignmentRequirement{
			Kind: "number", Title: title, Figure: &key, Measure: &measure, Compulsory: ptr(true),
			PeriodFrom: ptr(p.dayText(0)), PeriodTo: ptr(p.dayText(6)),
		}
	}
	p.do(office, "drafts a return of figures that the schools gave last month", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		today := p.today()
		c, err = a.CreateCampaign(p.ctx, client.AssignmentNewCampaign{
			Title: ptr("网络安全教育情况季报"), StartsOn: ptr(today.Format("2006-01-02")), EndsOn: ptr(today.AddDate(0, 0, 7).Format("2006-01-02")),
		})
		if err != nil {
			return "", err
		}
		_, err = a.AddTask(p.ctx, c.ID, client.AssignmentTaskInput{
			Title: ptr(quarterly), DueOn: ptr(today.AddDate(0, 0, 7).Format("2006-01-02")),
			Targets: &client.AssignmentTargets{UnitIds: []string{p.unit(first), p.unit(second)}},
			Requirements: []client.AssignmentRequirement{
				figure("班会场次", "class_meetings", "场"), figure("学生人数", "pupils", "人"), {Kind: "text", Title: "下一步打算"},
			},
		})
		return c.Title, err
	})
	p.do(office, "is told that they were asked for it before", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		d, err := a.DryRunCampaign(p.ctx, c.ID, nil)
		if err != nil {
			return "", err
		}
		if d.Overlap.Items != 6 || d.Overlap.Repeated != 4 || d.Cost.Minutes != 40 {
			return "", fmt.Errorf("%d of %d items are repeated, %d minutes; want 4 of 6, 40", d.Overlap.Repeated, d.Overlap.Items, d.Cost.Minutes)
		}
		return fmt.Sprintf("%d %% of %d items were asked of the same units, %d minutes", d.Overlap.Percent, d.Cost.Items, d.Cost.Minutes), nil
	})
	p.issue(office, c)
	who := p.reporter(first)
	p.acknowledge(c.ID, first)
	p.ready(who, c.ID, first, quarterly)
	var id string
	p.do(who, "takes last month's figures over and reports them", func() (string, error) {
		x, err := p.assignment(who, c.ID, first, quarterly)
		if err != nil {
			return "", err
		}
		id = x.ID
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		l, err := a.ListProposals(p.ctx, &client.ListProposalsParams{AssignmentID: id})
		if err != nil {
			return "", err
		}
		var taken []client.EvidenceTakenItem
		for _, y := range l.Items {
			taken = append(taken, client.EvidenceTakenItem{
				RequirementID: y.RequirementID, FromSubmissionID: y.From.SubmissionID, FromRequirementID: y.From.RequirementID,
			})
		}
		if len(taken) != 2 {
			return "", fmt.Errorf("%d proposals, want 2", len(taken))
		}
		s, err := a.CreateSubmission(p.ctx, client.EvidenceNewSubmission{Target: "assignment", TargetID: id})
		if err != nil {
			return "", err
		}
		if s, err = a.TakeOverItems(p.ctx, s.ID, client.EvidenceTakeOverBody{Items: taken}); err != nil {
			return "", err
		}
		for _, item := range s.Items {
			if item.From == nil || item.Value == nil || *item.Value == 0 {
				return "", fmt.Errorf("an item was not taken over: %+v", item)
			}
		}
		from := s.Items[0].From
		if _, err = a.SealSubmission(p.ctx, s.ID, client.EvidenceSealBody{}); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d figures from «%s», manifest %.12s…", len(taken), from.TaskTitle, from.ManifestSha256), nil
	})
	p.state(who, id, quarterly, "submitted")
	p.hand(c.ID, second, quarterly, given{figures: map[string]float64{"class_meetings": 48, "pupils": 1000}})
	p.approve(office, c.ID)
	p.do("lingdao", "sees which office asks how much of whom", func() (string, error) {
		a, err := p.as("lingdao")
		if err != nil {
			return "", err
		}
		b, err := a.GetBurden(p.ctx, nil)
		if err != nil {
			return "", err
		}
		if len(b.Offices) == 0 || b.Offices[0].Minutes == 0 {
			return "", errNothing
		}
		o := b.Offices[0]
		return fmt.Sprintf("%s: %d items of %d units, %d hours", o.OfficeName, o.Items, o.Units, o.Minutes/60), nil
	})
	p.recount(office, c)
	p.do(office, "closes the return", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		now, err := a.CloseCampaign(p.ctx, c.ID, client.AssignmentEndCampaignBody{})
		if err != nil {
			return "", err
		}
		return string(now.State), nil
	})
}

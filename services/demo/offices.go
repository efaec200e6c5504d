package demo

import (
	"fmt"

	"github.com/duban/duban/api/client"
)

// apart holds the offices of the county apart: what one launched the other sees
// issued, and neither changes nor calls off; the county's leader reads both.
func (p *play) apart(mine, rival, theirs string) {
	p.refused(rival, "tries to call off the campaign of "+mine, 403, "forbidden", func() error {
		a, err := p.as(rival)
		if err != nil {
			return err
		}
		_, err = a.CancelCampaign(p.ctx, theirs, client.AssignmentCancelCampaignBody{Reason: ptr("与本单位工作重复")})
		return err
	})
	var draft *client.AssignmentCampaign
	p.do(mine, "drafts another campaign", func() (string, error) {
		a, err := p.as(mine)
		if err != nil {
			return "", err
		}
		draft, err = a.CreateCampaign(p.ctx, client.AssignmentNewCampaign{Title: ptr("网络安全应急演练"), StartsOn: ptr(p.dayText(LastDay))})
		if err != nil {
			return "", err
		}
		return draft.OfficeName, nil
	})
	p.refused(rival, "tries to read the draft of "+mine, 404, "not_found", func() error {
		a, err := p.as(rival)
		if err != nil {
			return err
		}
		_, err = a.GetCampaign(p.ctx, draft.ID)
		return err
	})
	p.do(mine, "discards it", func() (string, error) {
		a, err := p.as(mine)
		if err != nil {
			return "", err
		}
		return "discarded", a.DeleteCampaign(p.ctx, draft.ID)
	})
	var asked string
	p.until(rival, "sees the outline of what "+mine+" asks of whom", func() (string, bool, error) {
		a, err := p.as(rival)
		if err != nil {
			return "", false, err
		}
		l, err := a.ListAssignments(p.ctx, &client.ListAssignmentsParams{CampaignID: &theirs, Limit: ptr(int64(500))})
		if err != nil || len(l.Items) == 0 {
			return "nothing yet", false, err
		}
		for _, x := range l.Items {
			if x.Open || x.Percent != nil || x.Responsible != nil || x.SubmissionID != nil || x.AcknowledgedAt != nil {
				return "", false, fmt.Errorf("there is more: %+v", x)
			}
		}
		asked = l.Items[0].ID
		r, err := a.GetCampaignRollup(p.ctx, theirs, &client.GetCampaignRollupParams{UnitID: ptr(p.unit(p.county.code))})
		if err != nil {
			return "", false, err
		}
		if r.Open || len(r.Figures) > 0 {
			return "", false, fmt.Errorf("its figures are open: %+v", r.Figures)
		}
		return fmt.Sprintf("%d assignments, %d counted, no figures", len(l.Items), r.Numbers.Issued), r.Numbers.Issued == int64(len(l.Items)), nil
	})
	p.refused(rival, "tries to read what was done there", 403, "forbidden", func() error {
		a, err := p.as(rival)
		if err != nil {
			return err
		}
		_, err = a.ListAssignmentHistory(p.ctx, asked, nil)
		return err
	})
	p.do("lingdao", "reads what both offices launched", func() (string, error) {
		a, err := p.as("lingdao")
		if err != nil {
			return "", err
		}
		l, err := a.ListCampaigns(p.ctx, nil)
		if err != nil {
			return "", err
		}
		offices := map[string]int{}
		for _, c := range l.Items {
			offices[c.OfficeName]++
		}
		if len(offices) < 2 {
			return "", fmt.Errorf("the campaigns are of %v", offices)
		}
		return fmt.Sprintf("%d campaigns of %d offices", len(l.Items), len(offices)), nil
	})
}

// outlined holds an order of one office to its outline where another looks: that
// there is one, until when and how it stands, and nothing of what was found.
func (p *play) outlined(rival string, c *client.RectificationCase) {
	p.do(rival, "sees the outline of "+c.Number, func() (string, error) {
		a, err := p.as(rival)
		if err != nil {
			return "", err
		}
		now, err := a.GetRectification(p.ctx, c.ID)
		if err != nil {
			return "", err
		}
		if now.Open || now.Title != nil || now.Severity != nil || now.Responsible != nil || now.Findings != nil || now.Number != c.Number {
			return "", fmt.Errorf("there is more: %+v", now)
		}
		of := client.ListFindingsParams{CampaignID: c.CampaignID, Limit: ptr(int64(500))}
		seen, err := a.ListFindings(p.ctx, &of)
		if err != nil {
			return "", err
		}
		for _, f := range seen.Items {
			if f.Open || f.Title != nil || f.Category != nil {
				return "", fmt.Errorf("there is more of finding %s", f.ID)
			}
		}
		of.Category = ptr(client.ListFindingsParamsCategory("technical"))
		found, err := a.ListFindings(p.ctx, &of)
		if err != nil {
			return "", err
		}
		if len(seen.Items) == 0 || len(found.Items) > 0 {
			return "", fmt.Errorf("%d findings, %d of them technical", len(seen.Items), len(found.Items))
		}
		return fmt.Sprintf("%s of %s, %d findings without a word", now.State, now.OfficeName, len(seen.Items)), nil
	})
	p.refused(rival, "tries to read what was done about "+c.Number, 403, "forbidden", func() error {
		a, err := p.as(rival)
		if err != nil {
			return err
		}
		_, err = a.ListRectificationHistory(p.ctx, c.ID, nil)
		return err
	})
	p.refused(rival, "tries to take "+c.Number+" as Word", 403, "forbidden", func() error {
		a, err := p.as(rival)
		if err != nil {
			return err
		}
		r, err := a.ExportRectificationOrder(p.ctx, c.ID, nil)
		_, err = body(r, err)
		return err
	})
}

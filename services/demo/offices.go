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

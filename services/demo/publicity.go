package demo

import (
	"fmt"

	"github.com/duban/duban/api/client"
)

// Tasks of the publicity template, as the scenario speaks of them.
const (
	posters       = "张贴宣传海报"
	classMeetings = "召开主题班会"
	meetings      = "开展机关集中学习"
	screenings    = "播放网络安全宣传视频"
	reposts       = "转发网络安全知识"
	talks         = "举办网络安全讲座"
	leaflets      = "发放宣传资料"
	volunteers    = "发出志愿者倡议"
	summary       = "报送活动总结"
)

const office = "wangxin"

// publicityWeek plays the National Cybersecurity Publicity Week: issued by the
// county's cyberspace office, worked on by towns, schools and bureaus, and
// closed.
func (p *play) publicityWeek() {
	b := p.county.byName
	towns := p.county.towns()
	if len(towns) < 3 {
		p.do("the county", "has three towns", func() (string, error) { return "", errNothing })
		return
	}
	t1, t2, t3 := towns[0].Code, towns[1].Code, towns[2].Code
	active := []string{b["school1"], b["school2"], b["school3"], b["media"], b["education"], b["justice"], b["health"], t1, t2}

	p.moveTo(-18)
	c := &client.AssignmentCampaign{}
	p.do(office, "drafts the publicity week from its template", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		c, err = a.CreateCampaign(p.ctx, client.AssignmentNewCampaign{
			Template: ptr("publicity"), StartsOn: ptr(p.dayText(0)), Basis: ptr(fmt.Sprintf("平网办〔%d〕12号", p.opt.Start.Year())),
			Title: ptr(fmt.Sprintf("%d年国家网络安全宣传周", p.opt.Start.Year())),
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %s to %s, %d themed days", c.Theme, c.StartsOn, c.EndsOn, len(c.ThemedDays)), nil
	})
	p.refused(p.reporter(b["school1"]), "looks for the draft", 404, "not_found", func() error {
		a, err := p.as(p.reporter(b["school1"]))
		if err != nil {
			return err
		}
		_, err = a.GetCampaign(p.ctx, c.ID)
		return err
	})
	p.issue(office, c)

	p.moveTo(-16)
	p.acknowledge(c.ID, active...)
	p.declines(c.ID, b["archives"], b["league"], t3)
	p.delegates(c.ID, t1)
	p.urges(c.ID)

	p.moveTo(-3)
	for i, code := range active {
		p.hand(c.ID, code, posters, given{figures: map[string]float64{"posters": float64(20 + 3*i)}})
		if i == 3 {
			p.recalls(c.ID, code)
		}
	}
	p.approve(office, c.ID)

	p.moveTo(1)
	for i, s := range []string{"school1", "school2", "school3"} {
		p.hand(c.ID, b[s], classMeetings, given{figures: map[string]float64{"class_meetings": 48, "pupils": float64(900 + 100*i)}})
	}

	p.moveTo(3)
	p.villages(c.ID, t1)
	for _, code := range []string{b["media"], b["education"], b["justice"], b["health"], t1} {
		p.hand(c.ID, code, meetings, given{figures: map[string]float64{"office_meetings": 2}})
	}
	p.approve(office, c.ID)

	p.moveTo(5)
	p.extensions(c.ID, b["school3"], b["media"])
	for _, code := range active[:8] {
		p.hand(c.ID, code, reposts, given{figures: map[string]float64{"reposts": 54}})
		p.hand(c.ID, code, talks, given{figures: map[string]float64{"talks": 7, "listeners": 210}})
		p.hand(c.ID, code, screenings, given{figures: map[string]float64{"screenings": 3, "viewers": 400}})
	}
	p.hand(c.ID, b["school1"], leaflets, given{figures: map[string]float64{"leaflets": 260}})
	p.hand(c.ID, t1, volunteers, given{figures: map[string]float64{"volunteers": 85}, name: "志愿者倡议书.pdf"})
	p.returns(c.ID, b["school2"])
	p.approve(office, c.ID)
	p.progress(c.ID, t2)

	p.moveTo(10)
	for _, code := range active[:8] {
		p.hand(c.ID, code, summary, given{figures: map[string]float64{"news": 2, "short_videos": 2, "app_items": 10}, name: "活动总结.pdf"})
	}
	p.approve(office, c.ID)

	p.moveTo(25)
	p.turnsRed(c.ID, t3)
	p.recount(office, c)
	p.closes(c, b["school1"])
	p.once(b["school1"], b["school2"])
}

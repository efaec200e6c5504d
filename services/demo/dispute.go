package demo

import (
	"fmt"

	"github.com/duban/duban/api/client"
)

// dispute plays an order that nobody wants: transferred, bounced, contested
// and settled by an arbiter; then it is withdrawn, being found to be an error.
func (p *play) dispute(inspector, arbiter, first, second string) {
	f := p.record(inspector, finding{first, "", "technical", "minor", "共用打印机仍连接外网"})
	if f == nil {
		return
	}
	c := p.order(inspector, "共用打印机违规外联整改", f.ID)
	if c == nil {
		return
	}
	b := p.county.byName
	steps := []struct {
		who, what string
		do        func(a *actor) (*client.RectificationCase, error)
		unit      string
		contested bool
	}{
		{inspector, "transfers it to the unit that is said to own the printer", func(a *actor) (*client.RectificationCase, error) {
			return a.TransferRectification(p.ctx, c.ID, client.RectificationTransferBody{UnitID: p.unit(b[second]), Reason: "打印机登记在该单位"})
		}, second, false},
		{account(b[second]), "bounces it", func(a *actor) (*client.RectificationCase, error) {
			return a.BounceRectification(p.ctx, c.ID, client.RectificationReasonBody{Reason: "该打印机已移交"})
		}, first, false},
		{account(b[first]), "says that it is not its own either", func(a *actor) (*client.RectificationCase, error) {
			return a.BounceRectification(p.ctx, c.ID, client.RectificationReasonBody{Reason: "未收到移交"})
		}, first, true},
		{arbiter, "settles whose it is", func(a *actor) (*client.RectificationCase, error) {
			return a.SettleRectification(p.ctx, c.ID, client.RectificationSettleBody{Reason: "设备台账登记在该单位名下"})
		}, first, false},
	}
	for i, s := range steps {
		if i == len(steps)-1 {
			p.refused(inspector, "tries to be the arbiter of the own order", 403, "own_order", func() error {
				a, err := p.as(inspector)
				if err != nil {
					return err
				}
				_, err = a.SettleRectification(p.ctx, c.ID, client.RectificationSettleBody{Reason: "维持"})
				return err
			})
		}
		p.do(s.who, s.what, func() (string, error) {
			a, err := p.as(s.who)
			if err != nil {
				return "", err
			}
			now, err := s.do(a)
			if err != nil {
				return "", err
			}
			if now.UnitID != p.unit(b[s.unit]) || val(now.Contested) != s.contested {
				return "", fmt.Errorf("it is with %s, contested %t", now.UnitName, val(now.Contested))
			}
			return "it is with " + now.UnitName, nil
		})
	}
	p.do(inspector, "withdraws it: the printer was never outside", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		now, err := a.WithdrawRectification(p.ctx, c.ID, client.RectificationReasonBody{Reason: "经核实打印机未连接外网"})
		if err != nil {
			return "", err
		}
		j, err := p.as(arbiter)
		if err != nil {
			return "", err
		}
		if _, err := j.DismissFinding(p.ctx, f.ID, client.RectificationReasonBody{Reason: "问题认定有误"}); err != nil {
			return "", err
		}
		return string(now.State), nil
	})
}

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
)

// dress adds what is shown with assignments. A page has few campaigns and tasks
// and few names, so each is read once and not with every line.
func (r reader) dress(ctx context.Context, vs []assignment.View) error {
	if len(vs) == 0 {
		return nil
	}
	var campaignIDs, taskIDs, unitIDs, personIDs []string
	for _, v := range vs {
		campaignIDs, taskIDs = append(campaignIDs, v.CampaignID), append(taskIDs, v.TaskID)
		unitIDs = append(unitIDs, v.UnitID, v.IssuerID, v.IssuerOfficeID)
		if v.ResponsibleID != "" {
			personIDs = append(personIDs, v.ResponsibleID)
		}
	}
	distinct := func(ids []string) []string { slices.Sort(ids); return slices.Compact(ids) }
	read := func(rows any, table, columns string, ids []string) error {
		if len(ids) == 0 {
			return nil
		}
		err := r.q.NewSelect().TableExpr(table).ColumnExpr(columns).Where("id IN (SELECT value FROM ?)", db.Each(r.q, distinct(ids))).Scan(ctx, rows)
		if err != nil {
			return db.Translate(fmt.Errorf("%s of assignments: %w", table, err))
		}
		return nil
	}
	var campaigns []assignment.Campaign
	var tasks []assignment.Task
	var units []tree.Unit
	err := cmp.Or(
		read(&campaigns, "campaigns", "id, title, unit_path, state, ended_at, near_days, overdue_days, ack_days, issued_by, issued_by_name", campaignIDs),
		read(&tasks, "tasks", "id, title, review, weight, themed_day", taskIDs),
		read(&units, "tree_units AS u", "id, level, "+tree.Shown("tree_units", "u")+" AS shown", unitIDs),
	)
	if err != nil {
		return err
	}
	name, err := people.Names(ctx, r.q, distinct(personIDs))
	if err != nil {
		return err
	}
	campaign := byID(campaigns, func(c assignment.Campaign) string { return c.ID })
	task := byID(tasks, func(t assignment.Task) string { return t.ID })
	unit := byID(units, func(u tree.Unit) string { return u.ID })
	for i := range vs {
		v := &vs[i]
		c, t, u := campaign[v.CampaignID], task[v.TaskID], unit[v.UnitID]
		v.Thresholds, v.CampaignTitle, v.CampaignState, v.CampaignEndedAt = c.Thresholds, c.Title, c.State, c.EndedAt
		v.CampaignPath, v.CampaignIssuer, v.CampaignBy = c.UnitPath, c.IssuedBy, c.IssuedByName
		v.TaskTitle, v.TaskReview, v.TaskWeight, v.TaskThemedDay = t.Title, t.Review, t.Weight, t.ThemedDay
		v.UnitName, v.UnitLevel, v.IssuerName, v.OfficeName = u.Shown, u.Level, unit[v.IssuerID].Shown, unit[v.IssuerOfficeID].Shown
		v.ResponsibleName = name[v.ResponsibleID]
	}
	return nil
}

func byID[T any](rows []T, id func(T) string) map[string]T {
	out := make(map[string]T, len(rows))
	for _, x := range rows {
		out[id(x)] = x
	}
	return out
}

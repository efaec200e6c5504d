package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type dayRow struct {
	bun.BaseModel `bun:"table:day_tallies,alias:t"`
	insight.DayKey
	insight.DayTally
}

var days = counters[dayRow]{
	"campaign_id, node_id, day",
	[]string{"issued", "due", "acknowledged", "submitted", "approved"}, func(r dayRow) at { return at{r.NodeID, r.CampaignID} },
}

func compareDays(a, b insight.DayKey) int {
	return cmp.Or(strings.Compare(a.CampaignID, b.CampaignID), strings.Compare(a.NodeID, b.NodeID), strings.Compare(a.Day, b.Day))
}

func (w *writer) addDays(ctx context.Context, d map[insight.DayKey]insight.DayTally) error {
	rows := make([]dayRow, 0, len(d))
	gone := false
	for k, t := range d {
		rows = append(rows, dayRow{DayKey: k, DayTally: t})
		gone = gone || t.Issued < 0 || t.Due < 0 || t.Acknowledged < 0 || t.Submitted < 0 || t.Approved < 0
	}
	slices.SortFunc(rows, func(a, b dayRow) int { return compareDays(a.DayKey, b.DayKey) })
	return days.add(ctx, w.tx, rows, gone)
}

// daysBelow adds what is counted below a node to d. The key begins with the
// campaign, because one is issued at a time and its rows lie together then.
func (w *writer) daysBelow(ctx context.Context, nodeID string, d *insight.Deltas) error {
	var rows []dayRow
	err := w.tx.NewSelect().Model(&rows).Where("t.campaign_id IN (SELECT id FROM campaigns)").Where("t.node_id = ?", nodeID).Scan(ctx)
	if err != nil {
		return fmt.Errorf("days: %w", err)
	}
	for _, r := range rows {
		d.Days[r.DayKey] = r.DayTally
	}
	return nil
}

func (s *Store) Days(ctx context.Context, tasks []insight.Task, w insight.Window) (map[string]insight.DayTally, error) {
	if len(tasks) == 0 || len(w.NodeIDs) == 0 {
		return nil, nil
	}
	keys := make([][]string, len(tasks))
	for i, t := range tasks {
		keys[i] = []string{t.CampaignID, t.ID}
	}
	own, err := ownAssignments(ctx, s.db.Read(), keys, w.NodeIDs)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := insight.ByDay(func(yield func(insight.Assignment) bool) {
		for _, r := range own {
			if !yield(r.Assignment) {
				return
			}
		}
	})
	if w.OwnOnly {
		return out, nil
	}
	var rows []dayRow
	if err := s.db.Read().NewSelect().Model(&rows).Where("t.campaign_id = ?", tasks[0].CampaignID).Where("t.node_id IN (?)", bun.List(w.NodeIDs)).Scan(ctx); err != nil {
		return nil, db.Translate(err)
	}
	for _, r := range rows {
		out[r.Day] = out[r.Day].Plus(r.DayTally, 1)
	}
	return out, nil
}

func (b book) Days(ctx context.Context, campaignID string) (map[insight.DayKey]insight.DayTally, error) {
	var rows []dayRow
	if err := b.q.NewSelect().Model(&rows).Where("t.campaign_id = ?", campaignID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("days: %w", err)
	}
	out := make(map[insight.DayKey]insight.DayTally, len(rows))
	for _, r := range rows {
		out[r.DayKey] = r.DayTally
	}
	return out, nil
}

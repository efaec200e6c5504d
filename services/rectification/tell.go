package rectification

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/id"
)

// tellChunk is how many things one event tells again; see event.FindingsTold.
const tellChunk = 200

// TellFindings tells every finding of campaigns again, as it is now, for a copy
// that does not agree; an empty id stands for those of no campaign. Nothing
// changes by it. It returns how many there were.
func (s *Service) TellFindings(ctx context.Context, campaignIDs []string) (int, error) {
	told, after := 0, ""
	for len(campaignIDs) > 0 {
		n, last := 0, ""
		err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
			var es []event.Event
			if es, last, n, err = s.tellFindings(ctx, tx, campaignIDs, after); err != nil || n == 0 {
				return err
			}
			return tx.Emit(ctx, es...)
		})
		if err != nil || n == 0 {
			return told, err
		}
		// Only now: the transaction may have run more than once.
		told, after = told+n, last
	}
	return told, nil
}

// TellAllFindings makes the event that tells the findings with the next ids after
// one again, and returns the last id; empty when there are no more.
func (s *Service) TellAllFindings(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	es, last, _, err := s.tellFindings(ctx, tx, nil, after)
	return es, last, err
}

func (s *Service) tellFindings(ctx context.Context, tx Tx, campaignIDs []string, after string) (es []event.Event, last string, n int, err error) {
	fs, err := tx.FindingsOf(ctx, campaignIDs, after, tellChunk)
	if err != nil || len(fs) == 0 {
		return nil, "", 0, err
	}
	data := event.Findings{}
	for _, f := range fs {
		data.Findings = append(data.Findings, findingData(f.FindingHead, f.FileIDs))
	}
	final := fs[len(fs)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.FindingsTold, final.ID, final.Version, data)}, final.ID, len(fs), nil
}

// TellInspections does the same with inspections.
func (s *Service) TellInspections(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	ins, err := tx.InspectionsAfter(ctx, after, tellChunk)
	if err != nil || len(ins) == 0 {
		return nil, "", err
	}
	data := event.Inspections{}
	for _, in := range ins {
		data.Inspections = append(data.Inspections, inspectionData(in))
	}
	last := ins[len(ins)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.InspectionsTold, last.ID, last.Version, data)}, last.ID, nil
}

// TellRectifications does the same with rectifications.
func (s *Service) TellRectifications(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	rs, findings, err := tx.RectificationsAfter(ctx, after, tellChunk)
	if err != nil || len(rs) == 0 {
		return nil, "", err
	}
	data := event.Rectifications{}
	for _, r := range rs {
		data.Rectifications = append(data.Rectifications, rectificationData(r, findings[r.ID]))
	}
	last := rs[len(rs)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.RectificationsTold, last.ID, last.Version, data)}, last.ID, nil
}

// CopyStore counts what a copy of the findings should.
type CopyStore interface {
	// FindingNumbers counts the findings by campaign, those solved in time again.
	FindingNumbers(ctx context.Context) (map[string]int64, error)
}

// CopyTx reads what is told again, in the order of ids.
type CopyTx interface {
	InspectionsAfter(ctx context.Context, after string, limit int) ([]InspectionHead, error)
	// RectificationsAfter gives rectifications with the ids of their findings.
	RectificationsAfter(ctx context.Context, after string, limit int) ([]Rectification, map[string][]string, error)
}

package rectification

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/id"
)

// tellChunk is how many findings one event tells again; see event.FindingsTold.
const tellChunk = 200

// TellFindings tells every finding of campaigns again, as it is now, for a copy
// that does not agree; an empty id stands for those of no campaign. Nothing
// changes by it. It returns how many there were.
func (s *Service) TellFindings(ctx context.Context, campaignIDs []string) (int, error) {
	told, after := 0, ""
	for len(campaignIDs) > 0 {
		n, last := 0, ""
		err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			fs, err := tx.FindingsOf(ctx, campaignIDs, after, tellChunk)
			if n = len(fs); err != nil || n == 0 {
				return err
			}
			data := event.Findings{}
			for _, f := range fs {
				data.Findings = append(data.Findings, findingData(f.FindingHead, nil))
			}
			final := fs[n-1]
			last = final.ID
			return tx.Emit(ctx, event.New(id.New(), s.clock.Now(), event.FindingsTold, final.ID, final.Version, data))
		})
		if err != nil {
			return told, err
		}
		// Only now: the transaction may have run more than once.
		told, after = told+n, last
		if n < tellChunk {
			return told, nil
		}
	}
	return told, nil
}

const (
	// look and lookLate are the times from one look at a copy to the next.
	look     = 3 * time.Second
	lookLate = time.Minute
	// tellings is how often a copy is told again before it is left to people.
	tellings = 3
)

// CatchUp has insight's copy of the findings agree, once for each version of
// its tables: after an update it may lack what was not counted when it was told.
// It returns when that is so, or ctx ends; as long as insight is away it waits.
func (s *Service) CatchUp(ctx context.Context, insight Copy, log *slog.Logger) {
	var before map[string]int64
	told := 0
	for wait := look; ; wait = min(wait*2, lookLate) {
		differ, done, err := s.lag(ctx, insight)
		switch {
		case ctx.Err() != nil || done:
			return
		case err != nil:
			log.Debug("findings: the copy at insight is not looked at yet", "error", err)
		case before == nil || !maps.Equal(before, differ):
			// What is still under way must not be taken for what is lacking.
			before = differ
		case told == tellings:
			log.Error("findings: the copy at insight does not agree, see duban check", "campaigns", len(differ))
			return
		default:
			n, err := s.TellFindings(ctx, slices.Sorted(maps.Keys(differ)))
			log.Info("findings: told again to insight, which counts more of them now", "findings", n, "error", err)
			before, wait = nil, look
			told++
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// lag tells what a copy counts where it does not agree, by campaign; done when
// it agrees, which is noted, or has agreed before.
func (s *Service) lag(ctx context.Context, insight Copy) (differ map[string]int64, done bool, err error) {
	const service = "insight"
	counted, tables, err := insight.FindingNumbers(ctx)
	if err != nil {
		return nil, false, err
	}
	agreed, err := s.store.Agreed(ctx, service)
	if err != nil || agreed == tables {
		return nil, err == nil, err
	}
	own, err := s.store.FindingNumbers(ctx)
	if err != nil {
		return nil, false, err
	}
	differ = map[string]int64{}
	for campaign, n := range own {
		if counted[campaign] != n {
			differ[campaign] = counted[campaign]
		}
	}
	if len(differ) > 0 {
		return differ, false, nil
	}
	if err := s.store.SetAgreed(ctx, service, tables); err != nil {
		return nil, false, fmt.Errorf("note that insight agrees: %w", err)
	}
	return nil, true, nil
}

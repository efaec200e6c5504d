package rectification

import (
	"context"

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
			return tx.Append(ctx, event.New(id.New(), s.clock.Now(), event.FindingsTold, final.ID, final.Version, data))
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

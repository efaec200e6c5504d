package evidence

import (
	"context"
	"fmt"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Sealing is what the person says when sealing.
type Sealing struct {
	// ChildrenReason says why it is handed in although delegated assignments are open.
	ChildrenReason string `limit:"..2000"`
	// FixedOnSpot marks a rectification reported straight after the order.
	FixedOnSpot bool
}

// Seal freezes a draft with its manifest and hands it in. Only what is missing
// refuses it; the answer shows the warnings.
func (s *Service) Seal(ctx context.Context, a policy.Actor, submissionID string, how Sealing, want int64) (View, error) {
	if err := fault.Check(how); err != nil {
		return View{}, err
	}
	sub, rights, err := s.load(ctx, a, submissionID)
	if err != nil {
		return View{}, err
	}
	if !rights.Covers("write", sub.Unit()) {
		return View{}, fault.Denied("You may see this submission, but not seal it.")
	}
	to, err := Next(sub.State, Seal)
	if err != nil {
		if t, ok, terr := s.store.Target(ctx, sub.Target, sub.TargetID); terr == nil && ok && t.Ended {
			err = closed(t) // which ended the draft too
		}
		return View{}, err
	}
	if err := fault.Version(want, sub.Version); err != nil {
		return View{}, err
	}
	t, err := s.ready(ctx, sub, how)
	if err != nil {
		return View{}, err
	}
	u, err := s.unit(ctx, sub.UnitID, sub.UnitPath)
	if err != nil {
		return View{}, err
	}
	items, err := s.store.Items(ctx, sub.ID)
	if err != nil {
		return View{}, err
	}
	if err := complete(Assess(t.Requirements, items, u, Delegated{}, how.FixedOnSpot)); err != nil {
		return View{}, err
	}
	files, err := s.store.Files(ctx, fileIDs(items))
	if err != nil {
		return View{}, err
	}
	if err := sealable(items, files); err != nil {
		return View{}, err
	}
	previous, err := s.lastManifest(ctx, sub)
	if err != nil {
		return View{}, err
	}
	from, err := s.sources(ctx, items)
	if err != nil {
		return View{}, err
	}
	found, err := s.snapshots(ctx, sub.UnitID, items)
	if err != nil {
		return View{}, err
	}
	now := s.clock.Now()
	sub.State, sub.SealedAt, sub.SealedBy, sub.SealedName, sub.UpdatedAt = to, &now, a.PersonID, a.Name, now
	sub.ChildrenReason, sub.FixedOnSpot = strings.TrimSpace(how.ChildrenReason), how.FixedOnSpot
	sub.Version++
	m, err := compose(sub, t, u, content{items, files, from}, previous)
	if err != nil {
		return View{}, err
	}
	m.addSnapshots(found)
	body, err := Canonical(m)
	if err != nil {
		return View{}, fmt.Errorf("manifest of submission %s: %w", sub.ID, err)
	}
	sub.ManifestHash = Hash(body)
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		// The version guards what was read above: any change of an item moves it.
		if err := set(ctx, tx, sub); err != nil {
			return err
		}
		if err := tx.AddManifest(ctx, sub.ID, sub.ManifestHash, body); err != nil {
			return err
		}
		return tx.Tell(ctx, event.New(id.New(), now, event.SubmissionSealed, sub.ID, sub.Version, sub.Data(t.Requirements, items)).
			By(a.PersonID, a.Name).For(sub.UnitID, sub.UnitPath))
	})
	if fault.IsCode(err, "duplicate") {
		err = fault.Meanwhile()
	}
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, rights, sub)
}

// ready finds the target of a draft that is to be sealed and tells whether it
// takes it.
func (s *Service) ready(ctx context.Context, sub Submission, how Sealing) (Target, error) {
	t, err := s.target(ctx, sub.Target, sub.TargetID)
	if err != nil {
		return t, err
	}
	// The copy may be a moment behind, and does not know all that counts: what
	// would be refused a second later is not sealed.
	t, st, err := s.consult(ctx, t, &Offer{UnitID: sub.UnitID, ChildrenReason: strings.TrimSpace(how.ChildrenReason), FixedOnSpot: how.FixedOnSpot})
	if err != nil {
		return t, err
	}
	if t.Kind == Assignment && t.OpenChildren > 0 && strings.TrimSpace(how.ChildrenReason) == "" {
		return t, fault.New(fault.Invalid, "children_open", "Assignments delegated to units below are still open. Wait for them, or say why it is handed in without them.").
			WithField("children_reason", fault.Textf("compulsory while %d delegated assignments are open", t.OpenChildren), nil)
	}
	if !t.Accepts() || t.UnitID != sub.UnitID {
		return t, closed(t)
	}
	if how.FixedOnSpot && (t.Kind != Rectification || (t.State != "ordered" && t.State != "acknowledged")) {
		return t, fault.BadField("fixed_on_spot", "only a rectification that has just been ordered can be reported as fixed on the spot", true)
	}
	return t, st.refused(t)
}

func complete(c Completeness) error {
	if c.Complete() {
		return nil
	}
	f := fault.New(fault.Invalid, "incomplete", "The submission lacks what is compulsory; see errors for each requirement.")
	for _, g := range c.Missing {
		_ = f.WithField("items."+g.RequirementID, g.Message, nil)
	}
	return f
}

// lastManifest is the hash of the last manifest sealed for the same target.
func (s *Service) lastManifest(ctx context.Context, sub Submission) (string, error) {
	all, err := s.store.Versions(ctx, sub.Target, sub.TargetID)
	if err != nil {
		return "", err
	}
	for _, x := range all {
		if x.ManifestHash != "" && x.ID != sub.ID {
			return x.ManifestHash, nil
		}
	}
	return "", nil
}

// Manifest is the manifest of a sealed submission, byte for byte, with its hash.
func (s *Service) Manifest(ctx context.Context, a policy.Actor, submissionID string) ([]byte, string, error) {
	sub, _, err := s.load(ctx, a, submissionID)
	if err != nil {
		return nil, "", err
	}
	if sub.ManifestHash == "" {
		return nil, "", fault.New(fault.Conflict, "not_sealed", "The submission has not been sealed; there is no manifest yet.")
	}
	return s.store.Manifest(ctx, sub.ID)
}

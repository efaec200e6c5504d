// Package feed connects the directory to the bus: it answers who a session
// belongs to, and hears what other replicas of the directory changed.
package feed

import (
	"cmp"
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/bus"
)

// Progress tells on the bus how far an import is, in lines.
func Progress(b *bus.Bus) func(directory.Import) {
	states := map[string]string{directory.Done: "done", directory.Failed: "failed"}
	return func(i directory.Import) {
		p := rpc.Progress{PersonID: i.PersonID, ID: i.ID, Kind: "import", State: cmp.Or(states[i.State], "running"), Total: i.LineCount}
		if i.Chunks > 0 {
			p.Done = i.LineCount * i.Applied / i.Chunks
		}
		b.Progress(p)
	}
}

// changes are the events after which a session may resolve to something else.
var changes = []event.Type{
	event.SessionEnded, event.GrantGiven, event.GrantWithdrawn, event.PersonsChanged, event.UnitMoved, event.UnitsChanged, event.PasswordChanged,
}

// Respond answers rpc.ResolveSession and keeps its cache true.
func Respond(b *bus.Bus, s *directory.Service) error {
	for _, t := range changes {
		if err := b.OnSignal(t.Subject(), func(string, []byte) { s.Forget() }); err != nil {
			return err
		}
	}
	return bus.Respond(b, rpc.ResolveSession, func(ctx context.Context, q rpc.ResolveSessionRequest) (rpc.ResolveSessionReply, error) {
		r, found, err := s.Resolve(ctx, q.TokenHash)
		if err != nil || !found {
			return rpc.ResolveSessionReply{}, err
		}
		a := rpc.ResolveSessionReply{
			Found: true, SessionID: r.Actor.SessionID, ExpiresAt: r.Until, PersonID: r.Actor.PersonID, Name: r.Actor.Name,
			UnitID: r.Actor.UnitID, UnitPath: r.Actor.UnitPath, UnitLevel: r.Actor.UnitLevel, Grants: make([]rpc.Grant, len(r.Actor.Grants)),
		}
		for i, g := range r.Actor.Grants {
			a.Grants[i] = rpc.Grant(g)
		}
		return a, nil
	})
}

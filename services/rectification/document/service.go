package document

import (
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/rectification"
)

// Service holds the use cases.
type Service struct {
	store  Store
	cases  Cases
	visits Inspections
	policy *policy.Engine
	clock  clock.Clock
	papers Papers
	files  rectification.Files

	progress func(Job)
}

// Deps is what the use cases need.
type Deps struct {
	Store       Store
	Cases       Cases
	Inspections Inspections
	Policy      *policy.Engine
	Clock       clock.Clock
	Papers      Papers
	Files       rectification.Files
}

// New makes the service.
func New(d Deps) *Service {
	return &Service{
		store: d.Store, cases: d.Cases, visits: d.Inspections, policy: d.Policy, clock: d.Clock, papers: d.Papers, files: d.Files,
		progress: func(Job) {},
	}
}

func (s *Service) write(p Paper, format string) (Document, error) {
	data, err := s.papers.WritePaper(p, format)
	if err != nil {
		return Document{}, fmt.Errorf("write %s: %w", p.Name, err)
	}
	return Document{Name: p.Name + "." + format, Format: format, Data: data}, nil
}

func (s *Service) origin(actor policy.Actor, state string) Origin {
	return Origin{Person: actor.Name, At: s.clock.Now(), State: state}
}

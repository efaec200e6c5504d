package notice_test

import (
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

func change(t event.Type, unit string, by policy.Actor, more func(*event.AssignmentChange)) event.Event {
	u, c := fixture.Unit(unit), fixture.Unit("C")
	d := event.AssignmentChange{Campaign: "宣传周", Task: "张贴海报", Assignment: event.Assignment{
		ID: "a-" + unit, UnitID: u.ID, UnitPath: u.Path, IssuerID: c.ID, IssuerPath: c.Path,
		OfficeID: fixture.Unit("CO").ID, IssuerOfficeID: fixture.Unit("CO").ID, DueAt: morning.Add(48 * time.Hour), Version: 2}}
	if more != nil {
		more(&d)
	}
	return event.New(id.New(), morning, t, d.Assignment.ID, 2, d).By(by.PersonID, by.Name).For(u.ID, u.Path)
}

func rectify(t event.Type, unit string, by policy.Actor) event.Event {
	u, c := fixture.Unit(unit), fixture.Unit("CO")
	d := event.RectificationChange{Rectification: event.Rectification{ID: "r1", Number: "整改〔2026〕1号", Title: "弱口令", UnitID: u.ID, UnitPath: u.Path,
		IssuerID: c.ID, IssuerPath: c.Path, DueAt: morning}, FromUnitID: fixture.Unit("V12").ID}
	return event.New(id.New(), morning, t, "r1", 2, d).By(by.PersonID, by.Name).For(u.ID, u.Path)
}

// signable is the event after which a leader's word is all that is missing.
func signable(t event.Type, from string) event.Event {
	e := rectify(t, "V11", fixture.Reporter)
	d, err := event.Decode[event.RectificationChange](e)
	if err != nil {
		panic(err)
	}
	d.Rectification.AwaitsSignOff, d.From = true, from
	return event.New(e.ID, e.Time, t, e.Subject, 2, d).By(e.ActorID, e.ActorName).For(e.UnitID, e.UnitPath)
}

func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	reviewer := func(unit string) func(*event.AssignmentChange) {
		return func(c *event.AssignmentChange) { c.Assignment.ReviewerPath = fixture.Unit(unit).Path }
	}
	formal := func(c *event.AssignmentChange) { c.Formal, c.Text = true, "请立即办理" }
	responsible := func(c *event.AssignmentChange) { c.Assignment.ResponsibleID = fixture.Viewer.PersonID }
	nobody := policy.Actor{}
	session := event.Session{PersonID: fixture.Reporter.PersonID, Account: "wanglei"}
	grant := person(fixture.Reporter, 2).Grants[0]
	cases := map[string]struct {
		e    event.Event
		want map[string][]policy.Actor
	}{
		"submitted to the town": {change(event.AssignmentSubmitted, "V11", fixture.Reporter, reviewer("T1")),
			map[string][]policy.Actor{"assignment_submitted": {fixture.Coordinator}}},
		"submitted to the county": {change(event.AssignmentSubmitted, "T1", fixture.Coordinator, reviewer("C")),
			map[string][]policy.Actor{"assignment_submitted": {fixture.Manager}}},
		"level approved": {change(event.AssignmentLevelApproved, "V11", fixture.Coordinator, reviewer("C")),
			map[string][]policy.Actor{"assignment_submitted": {fixture.Manager}, "assignment_level_approved": {fixture.Reporter}}},
		"refused": {change(event.AssignmentSubmissionRefused, "V11", fixture.Reporter, nil),
			map[string][]policy.Actor{"assignment_submission_refused": {fixture.Reporter}}},
		"approved": {change(event.AssignmentApproved, "V11", fixture.Manager, responsible),
			map[string][]policy.Actor{"assignment_approved": {fixture.Reporter, fixture.Viewer}}},
		"returned": {change(event.AssignmentReturned, "T2", fixture.Manager, nil),
			map[string][]policy.Actor{"assignment_returned": {fixture.Coordinator2}}},
		"declined": {change(event.AssignmentDeclined, "V21", fixture.Reporter21, nil),
			map[string][]policy.Actor{"assignment_declined": {fixture.Manager}}},
		"declined to the town that delegated": {change(event.AssignmentDeclined, "V11", fixture.Reporter, func(c *event.AssignmentChange) {
			t1 := fixture.Unit("T1")
			c.Assignment.IssuerID, c.Assignment.IssuerPath, c.Assignment.IssuerOfficeID = t1.ID, t1.Path, t1.ID
		}), map[string][]policy.Actor{"assignment_declined": {fixture.Coordinator, fixture.TownManager}}},
		"urged":                            {change(event.AssignmentUrged, "V11", fixture.Manager, nil), map[string][]policy.Actor{"assignment_urged": {fixture.Reporter}}},
		"urged by the unit's own reporter": {change(event.AssignmentUrged, "V11", fixture.Reporter, nil), nil},
		"supervision": {change(event.AssignmentUrged, "V11", fixture.Manager, formal), map[string][]policy.Actor{
			"supervision_notice": {fixture.Reporter, fixture.UnitLeader}, "supervision_notice_copy": {fixture.Coordinator}}},
		"supervision of a town": {change(event.AssignmentUrged, "T2", fixture.Manager, formal), map[string][]policy.Actor{
			"supervision_notice": {fixture.Coordinator2}, "supervision_notice_copy": {fixture.CountyLeader}}},
		"responsible": {change(event.AssignmentResponsibleChanged, "V11", fixture.Reporter, responsible),
			map[string][]policy.Actor{"assignment_responsible": {fixture.Viewer}}},
		"extension":    {change(event.ExtensionRequested, "V11", fixture.Reporter, nil), map[string][]policy.Actor{"extension_requested": {fixture.Manager}}},
		"granted":      {change(event.ExtensionGranted, "V11", fixture.Manager, nil), map[string][]policy.Actor{"extension_granted": {fixture.Reporter}}},
		"acknowledged": {change(event.AssignmentAcknowledged, "V11", fixture.Reporter, nil), nil},
		"ordered": {rectify(event.RectificationOrdered, "V11", fixture.Inspector),
			map[string][]policy.Actor{"rectification_ordered": {fixture.Reporter, fixture.UnitLeader}}},
		"transferred": {rectify(event.RectificationTransferred, "V11", fixture.Inspector), map[string][]policy.Actor{
			"rectification_ordered": {fixture.Reporter, fixture.UnitLeader}, "rectification_transferred": {fixture.Reporter12}}},
		"reported": {rectify(event.RectificationReported, "V11", fixture.Reporter),
			map[string][]policy.Actor{"rectification_reported": {fixture.Inspector, fixture.Inspector2}}},
		"rejected": {rectify(event.RectificationRejected, "V11", fixture.Inspector),
			map[string][]policy.Actor{"rectification_rejected": {fixture.Reporter, fixture.UnitLeader}}},
		"last measure done, to be signed off": {signable(event.RectificationMeasureDone, "rectifying"),
			map[string][]policy.Actor{"rectification_sign_off": {fixture.UnitLeader}}},
		"a measure done":                  {rectify(event.RectificationMeasureDone, "V11", fixture.Reporter), nil},
		"started again after a rejection": {signable(event.RectificationStarted, "rejected"), nil},
		"locked": {event.New(id.New(), morning, event.AccountLocked, "p", 1, session),
			map[string][]policy.Actor{"account_locked": {fixture.SystemAdmin}}},
		"password reset": {event.New(id.New(), morning, event.PasswordChanged, "p", 1, session).By(fixture.SystemAdmin.PersonID, "管理员"),
			map[string][]policy.Actor{"password_changed": {fixture.Reporter}}},
		"file refused": {event.New(id.New(), morning, event.FileRefused, "f", 2, event.File{ID: "f", OwnerID: fixture.Reporter.PersonID, UnitID: fixture.Unit("V11").ID}),
			map[string][]policy.Actor{"file_refused": {fixture.Reporter}}},
		"own password":  {event.New(id.New(), morning, event.PasswordChanged, "p", 1, session).By(fixture.Reporter.PersonID, "王磊"), nil},
		"grant":         {event.New(id.New(), morning, event.GrantGiven, grant.ID, 1, grant).By(fixture.Security.PersonID, "安全"), map[string][]policy.Actor{"grant_given": {fixture.Reporter}}},
		"by the system": {change(event.AssignmentCancelled, "V21", nobody, nil), map[string][]policy.Actor{"assignment_cancelled": {fixture.Reporter21}}},
		"spot check": {event.New(id.New(), morning, event.InspectionPlanned, "i", 1,
			event.Inspection{ID: "i", Kind: "spot", UnitID: fixture.Unit("V11").ID}), nil},
		"planned inspection": {event.New(id.New(), morning, event.InspectionPlanned, "i", 1,
			event.Inspection{ID: "i", Kind: "planned", UnitID: fixture.Unit("V11").ID}), map[string][]policy.Actor{"inspection_planned": {fixture.Reporter, fixture.UnitLeader}}},
	}
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for name, c := range cases {
			c.e.ID = id.New() // the cases are shared by both engines
			w.take(c.e)
			want := map[string]string{}
			for kind, as := range c.want {
				for _, a := range as {
					want[a.PersonID] = kind
				}
			}
			for _, a := range people {
				got := ""
				for _, i := range w.box(a) {
					if i.ID == c.e.ID {
						got += i.Kind
					}
				}
				if got != want[a.PersonID] {
					t.Errorf("%s: %s is told %q, want %q", name, a.Name, got, want[a.PersonID])
				}
			}
		}
		w.sound()
	})
}

func issue(units ...string) event.Event {
	d := event.Issued{CampaignID: "camp", Campaign: "宣传周", Task: event.Task{ID: "task", Title: "张贴海报"}}
	for _, k := range units {
		u := fixture.Unit(k)
		d.Assignments = append(d.Assignments, event.Assignment{ID: "a-" + k, UnitID: u.ID, UnitPath: u.Path, DueAt: morning.Add(72 * time.Hour)})
	}
	return event.New(id.New(), morning, event.AssignmentsIssued, "camp", 1, d).By(fixture.Manager.PersonID, fixture.Manager.Name)
}

package assignment_test

import (
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/clock"
	"pgregory.net/rapid"
)

// published is the life cycle of doc.go, written down a second time and not
// taken from the code: state → action → states it may end in.
var published = map[assignment.State]map[assignment.Action][]assignment.State{
	assignment.Issued: {
		assignment.Acknowledge: {assignment.Acknowledged}, assignment.Submit: {assignment.Submitted},
		assignment.Decline: {assignment.Declined}, assignment.Cancel: {assignment.Cancelled},
	},
	assignment.Acknowledged: {assignment.Submit: {assignment.Submitted}, assignment.Cancel: {assignment.Cancelled}},
	assignment.Submitted: {
		assignment.Recall: {assignment.Acknowledged, assignment.Returned}, assignment.BeginReview: {assignment.Submitted},
		assignment.ApproveLevel: {assignment.Submitted}, assignment.Approve: {assignment.Approved},
		assignment.Return: {assignment.Returned}, assignment.Cancel: {assignment.Cancelled},
	},
	assignment.Returned: {assignment.Submit: {assignment.Submitted}, assignment.Cancel: {assignment.Cancelled}},
	assignment.Declined: {
		assignment.Reinstate: {assignment.Issued}, assignment.Reassign: {assignment.Cancelled}, assignment.Cancel: {assignment.Cancelled},
	},
}

var moves = []assignment.Action{
	assignment.Acknowledge, assignment.Submit, assignment.Recall, assignment.BeginReview, assignment.ApproveLevel, assignment.Approve,
	assignment.Return, assignment.Decline, assignment.Reinstate, assignment.Reassign, assignment.Cancel,
}

var notes = []assignment.Action{
	assignment.Delegate, assignment.ReportProgress, assignment.Urge, assignment.Instruct, assignment.ChangeResponsible,
	assignment.RequestExtension, assignment.GrantExtension, assignment.RefuseExtension, assignment.WithdrawExtension, assignment.TakeOver,
}

func TestEveryTransition(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 20, 1, 0, 0, 0, time.UTC)
	for _, from := range assignment.States {
		for _, act := range moves {
			a := assignment.Assignment{State: from, Version: 4}
			got, err := a.Apply(act, now)
			want := published[from][act]
			if (err == nil) != (want != nil) {
				t.Errorf("%s of %s: error %v, want it to be possible: %v", act, from, err, want != nil)
				continue
			}
			if err == nil && (!slices.Contains(want, got.State) || got.Version != 5) {
				t.Errorf("%s of %s ends in %s version %d, want %v version 5", act, from, got.State, got.Version, want)
			}
			if err != nil && (got.State != from || got.Version != 4) {
				t.Errorf("a refused %s of %s changed it", act, from)
			}
		}
		for _, act := range notes {
			if got, err := (assignment.Assignment{State: from}).Apply(act, now); err == nil && got.State != from {
				t.Errorf("%s of %s changed the state to %s", act, from, got.State)
			}
		}
	}
	for _, done := range []assignment.State{assignment.Approved, assignment.Cancelled} {
		for _, act := range slices.Concat(moves, notes) {
			if (assignment.Assignment{State: done}).Allows(act) {
				t.Errorf("%s still allows %s", done, act)
			}
		}
	}
}

// Whatever is tried in whatever order: no state is left by a way that is not
// published, the original deadline stays, and times agree with the state.
func TestLifeCycleHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 9, 1, 1, 0, 0, 0, time.UTC)
		a := assignment.Assignment{State: assignment.Issued, IssuedAt: start, DueAt: start.AddDate(0, 0, 10), OriginalDueAt: start.AddDate(0, 0, 10), Version: 1}
		original, now := a.OriginalDueAt, start
		n := rapid.IntRange(1, 60).Draw(t, "steps")
		for range n {
			act := rapid.SampledFrom(slices.Concat(moves, notes)).Draw(t, "action")
			now = now.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			next, err := a.Apply(act, now)
			if err != nil {
				if next.State != a.State || next.Version != a.Version {
					t.Fatalf("a refused %s changed the assignment", act)
				}
				continue
			}
			if next.State != a.State && !slices.Contains(published[a.State][act], next.State) {
				t.Fatalf("%s took it from %s to %s", act, a.State, next.State)
			}
			if next.Version != a.Version+1 {
				t.Fatalf("%s moved the version from %d to %d", act, a.Version, next.Version)
			}
			if act == assignment.GrantExtension {
				next.DueAt = next.DueAt.AddDate(0, 0, 1)
			}
			a = next
			switch {
			case !a.OriginalDueAt.Equal(original):
				t.Fatal("the original deadline changed")
			case (a.State == assignment.Submitted || a.State == assignment.Approved) != (a.SubmittedAt != nil) && a.State != assignment.Cancelled:
				t.Fatalf("%s with submitted_at %v", a.State, a.SubmittedAt)
			case (a.State == assignment.Approved) != (a.ApprovedAt != nil):
				t.Fatalf("%s with approved_at %v", a.State, a.ApprovedAt)
			case slices.Contains([]assignment.State{assignment.Acknowledged, assignment.Submitted, assignment.Returned, assignment.Approved}, a.State) && a.AckAt == nil:
				t.Fatalf("%s but never acknowledged", a.State)
			case a.State != assignment.Submitted && a.ReviewStartedAt != nil:
				t.Fatalf("%s under review", a.State)
			}
		}
	})
}

func TestRecallEndsWhereItBegan(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a := assignment.Assignment{State: assignment.Submitted}
	if got, _ := a.Apply(assignment.Recall, now); got.State != assignment.Acknowledged {
		t.Errorf("recall of a first submission ends in %s", got.State)
	}
	a.Returns = 1
	if got, _ := a.Apply(assignment.Recall, now); got.State != assignment.Returned {
		t.Errorf("recall of a resubmission ends in %s", got.State)
	}
	a.ReviewStartedAt = &now
	if _, err := a.Apply(assignment.Recall, now); err == nil {
		t.Error("recalled although the review has begun")
	}
}

func TestCampaignStates(t *testing.T) {
	t.Parallel()
	want := map[assignment.CampaignState]map[string]assignment.CampaignState{
		assignment.Draft:   {"issue": assignment.Issuing, "cancel": assignment.CampaignCancelled},
		assignment.Issuing: {"activate": assignment.Active},
		assignment.Active:  {"close": assignment.Closed, "cancel": assignment.CampaignCancelled},
		assignment.Closed:  {"archive": assignment.Archived},
	}
	for _, from := range []assignment.CampaignState{assignment.Draft, assignment.Issuing, assignment.Active, assignment.Closed, assignment.Archived, assignment.CampaignCancelled} {
		for _, act := range []string{"issue", "activate", "close", "archive", "cancel"} {
			got, err := from.Next(act)
			to, ok := want[from][act]
			if (err == nil) != ok || ok && got != to {
				t.Errorf("%s of %s: %s, %v", act, from, got, err)
			}
		}
	}
}

// The clock runs from issue, signed or not.
func TestClock(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, clock.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	v := assignment.View{Thresholds: clock.DefaultThresholds()}
	v.State, v.IssuedAt = assignment.Issued, at("2019-09-09 09:00")
	v.AckDueAt = clock.Official.AddWorkdays(v.IssuedAt, 2)
	v.DueAt, v.OriginalDueAt = at("2019-09-20 23:59"), at("2019-09-20 23:59")
	for _, c := range []struct {
		now             string
		light, ack      clock.Light
		deemed, overdue bool
	}{
		{"2019-09-09 10:00", clock.Green, clock.Green, false, false},
		{"2019-09-11 10:00", clock.Green, clock.Blue, false, false}, // the last day for acknowledging
		{"2019-09-12 10:00", clock.Green, clock.Yellow, true, false},
		{"2019-09-17 10:00", clock.Blue, clock.Yellow, true, false},
		{"2019-09-23 10:00", clock.Yellow, clock.Red, true, true},
		{"2019-09-30 10:00", clock.Red, clock.Red, true, true},
	} {
		got := v.ClockAt(at(c.now), clock.Official)
		if got.Light != c.light || got.AckLight != c.ack || got.Deemed != c.deemed || got.Overdue != c.overdue || got.OnTime != nil {
			t.Errorf("%s: %+v, want %+v", c.now, got, c)
		}
	}
	// Handed in after an extension: in time by the new deadline, late by the original one.
	done := at("2019-09-24 10:00")
	v.State, v.SubmittedAt, v.DueAt = assignment.Submitted, &done, at("2019-09-25 23:59")
	got := v.ClockAt(at("2019-10-20 10:00"), clock.Official)
	if got.Light != clock.Green || got.Overdue || !*got.OnTime || *got.OnTimeOriginal {
		t.Errorf("after an extension: %+v", got)
	}
}

func TestReviewPath(t *testing.T) {
	t.Parallel()
	county := assignment.Unit{ID: "c", Path: "r/c/", Level: "county"}
	town := assignment.Unit{ID: "t", Path: "r/c/t/", Level: "town"}
	other := assignment.Unit{ID: "o", Path: "r/c/o/", Level: "town"}
	us := map[string]assignment.Unit{
		"r": {ID: "r", Path: "r/", Level: "city"}, "c": county, "t": town,
		"s": {ID: "s", Path: "r/c/t/s/", Level: "unit"}, "v": {ID: "v", Path: "r/c/t/s/v/", Level: "unit"},
	}
	for _, c := range []struct {
		review, path string
		issuer       assignment.Unit
		want         []string
	}{
		{assignment.Direct, "r/c/t/s/", county, []string{"c"}},
		{assignment.Levels, "r/c/t/s/", county, []string{"t", "c"}},
		{assignment.Levels, "r/c/t/s/v/", county, []string{"t", "c"}}, // a unit level reviews nothing
		{assignment.Levels, "r/c/t/", county, []string{"c"}},
		{assignment.Levels, "r/c/t/s/", town, []string{"t"}},
		// The unit has moved away from its issuer: whoever stands above both.
		{assignment.Direct, "r/c/t/s/", other, []string{"c"}},
		{assignment.Levels, "r/c/t/s/v/", other, []string{"c"}},
		{assignment.Direct, "r/d/", county, []string{"r"}},
	} {
		var got []string
		for _, u := range assignment.ReviewPath(c.review, c.path, c.issuer, us) {
			got = append(got, u.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s review of %s by %s: %v, want %v", c.review, c.path, c.issuer.ID, got, c.want)
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, x := range assignment.Templates() {
		names = append(names, x.Name)
		for _, k := range x.Tasks {
			if k.Targets.Empty() || len(k.Requirements) == 0 {
				t.Errorf("template %s, task %s has no targets or asks for nothing", x.Name, k.Title)
			}
			for _, r := range k.Requirements {
				if r.Kind == "photo" || r.Kind == "video" {
					t.Errorf("template %s asks for a %s: rule 6", x.Name, r.Kind)
				}
			}
		}
	}
	if !slices.Equal(names, []string{"publicity", "inspection"}) {
		t.Errorf("templates %v", names)
	}
}

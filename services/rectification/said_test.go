package rectification_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	platform "github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
)

// Every step that a state does not allow is refused in a sentence of its own.
func TestCase52_EveryRefusalIsASentence(t *testing.T) {
	t.Parallel()
	texts := platform.TextsOf(rectification.Texts)
	latin := regexp.MustCompile(`[A-Za-z]{3,}`)
	actions := []rectification.Action{
		"acknowledge", "start", "plan", "measure_done", "measure_progress", "approve_plan", "return_plan", "sign_off", "apply_close_out", "report",
		"fix_on_spot", "begin_verification", "close", "reject", "reopen", "transfer", "bounce", "contest", "settle", "suspend", "check_stage", "resume",
		"withdraw", "request_extension", "withdraw_extension", "grant_extension", "refuse_extension",
	}
	for _, s := range rectification.States {
		for _, a := range actions {
			if _, err := s.Next(a); err != nil {
				if said := texts.Say(fault.As(err).Detail, "zh"); latin.MatchString(said) || !strings.HasPrefix(said, "该整改当前为“") {
					t.Errorf("%s of %s: %s", a, s, said)
				}
			}
		}
	}
	for _, s := range []string{rectification.FindingOpen, rectification.FindingRectifying, rectification.FindingClosed, rectification.FindingDismissed} {
		for _, a := range []string{rectification.FindingOrder, rectification.FindingClose, rectification.FindingDismiss, rectification.FindingReopen, rectification.FindingRelease} {
			if _, err := rectification.NextFinding(s, a); err != nil {
				if said := texts.Say(fault.As(err).Detail, "zh"); latin.MatchString(said) || !strings.HasPrefix(said, "该问题当前为“") {
					t.Errorf("%s of %s: %s", a, s, said)
				}
			}
		}
	}
}

// What is reported within the last second of the day is on time.
func TestReportedInTheLastInstantIsOnTime(t *testing.T) {
	t.Parallel()
	due, err := clock.EndOfDay("2026-09-25")
	if err != nil {
		t.Fatal(err)
	}
	for late, want := range map[time.Duration]bool{0: true, time.Second - time.Microsecond: true, time.Second: false} {
		at := due.Add(late)
		if got := (rectification.Rectification{State: rectification.Reported, ReportedAt: &at}).OnTime(due); got == nil || *got != want {
			t.Errorf("%s after the deadline: %v, want %v", late, got, want)
		}
	}
}

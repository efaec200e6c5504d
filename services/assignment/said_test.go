package assignment_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

// Days and times in refusals are those of Shanghai, in the reader's words.
func TestCase51_DaysInRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "T1")
		a, town := w.of(fixture.Manager, c, "V11"), w.of(fixture.Manager, c, "T1")
		zh := func(path string, body any) string {
			return string(w.as(fixture.Reporter).With("Accept-Language", "zh").Post("/api/v1/assignments/"+a.ID+path, body).Raw)
		}
		if s := zh("/extension-requests", map[string]any{"due_on": "2026-09-24", "reason": "汛期"}); !strings.Contains(s, "晚于现期限2026年9月25日的日期") {
			t.Error(s)
		}
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/extension-requests", map[string]any{"due_on": "2026-09-24", "reason": "汛期"}).
			Says("after the deadline, 2026-09-25\"")
		m := w.as(fixture.Manager).With("Accept-Language", "zh")
		w.do(fixture.Manager, a.ID, "urge", map[string]any{})
		m.Post("/api/v1/assignments/"+a.ID+"/urge", map[string]any{}).Problem(409, "urged_recently").Says("已于2026-09-07 10:00催办")
		w.as(fixture.Coordinator).With("Accept-Language", "zh").Post("/api/v1/assignments/"+town.ID+"/delegate",
			map[string]any{"unit_ids": []string{fixture.Unit("V12").ID}, "due_on": "2026-09-26"}).Says("不能晚于本单位期限2026年9月25日")
	})
}

// Every action in every state, and as somebody without the right, is refused
// in a whole sentence of its own.
func TestCase52_EveryRefusalIsASentence(t *testing.T) {
	t.Parallel()
	texts := platform.TextsOf(assignment.Texts)
	latin := regexp.MustCompile(`[A-Za-z]{3,}`)
	for _, act := range slices.Concat(moves, notes) {
		for _, s := range assignment.States {
			if _, err := (assignment.Assignment{State: s}).Apply(act, time.Now()); err != nil {
				said := texts.Say(fault.As(err).Detail, "zh")
				if latin.MatchString(said) || !strings.HasPrefix(said, "该任务当前为“") {
					t.Errorf("%s of %s: %s", act, s, said)
				}
			}
		}
	}
	for _, s := range []assignment.CampaignState{assignment.Draft, assignment.Issuing, assignment.Active, assignment.Closed, assignment.Archived, assignment.CampaignCancelled} {
		for _, act := range []string{"issue", "activate", "close", "archive", "cancel"} {
			if _, err := s.Next(act); err != nil {
				if said := texts.Say(fault.As(err).Detail, "zh"); latin.MatchString(said) || !strings.HasPrefix(said, "该专项行动当前为“") {
					t.Errorf("%s of %s: %s", act, s, said)
				}
			}
		}
	}
	each(t, func(w *world) {
		a := w.of(fixture.Manager, w.issued(fixture.Manager, nil, "V11"), "V11")
		v := w.as(fixture.Viewer).With("Accept-Language", "zh")
		v.Post("/api/v1/assignments/"+a.ID+"/instruct", map[string]any{"text": "x"}).Problem(403, "forbidden").Says("您可以查看该任务，但无权对其作批示。")
		v.Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden").Says("但无权审核。")
	})
}

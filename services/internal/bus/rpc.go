package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"github.com/nats-io/nats.go"
)

// maxQuestions bounds how many questions one responder works on at once.
const maxQuestions = 64

const deadlineHeader = "Duban-Deadline"

type handler func(ctx context.Context, req any) (any, error)

// Respond answers questions on subject with f, each in a goroutine of its
// own. Processes that respond to one subject share the questions. On return
// the server knows of the responder; while it is away the connection says so
// once it is back.
func Respond[Q, A any](b *Bus, subject string, f func(context.Context, Q) (A, error)) error {
	slots := make(chan struct{}, maxQuestions)
	sub, err := b.conn.QueueSubscribe(subject, "duban", func(m *nats.Msg) {
		select {
		case slots <- struct{}{}:
		case <-b.answering.Done():
			return
		}
		b.mu.RLock()
		defer b.mu.RUnlock()
		if b.closed {
			return
		}
		b.questions.Go(func() {
			defer func() { <-slots }()
			ctx := b.answering
			if t, err := time.Parse(time.RFC3339Nano, m.Header.Get(deadlineHeader)); err == nil {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, t)
				defer cancel()
			}
			reply := nats.NewMsg(m.Reply)
			a, err := ask(ctx, m.Data, f)
			if err != nil {
				b.log.Error("rpc", "subject", subject, "error", err)
				reply.Header.Set("Duban-Error", "failed")
			} else {
				reply.Data, _ = json.Marshal(a)
			}
			if err := m.RespondMsg(reply); err != nil {
				b.log.Warn("rpc: answer", "subject", subject, "error", err)
			}
		})
	})
	if err != nil {
		return fmt.Errorf("respond to %s: %w", subject, err)
	}
	// A subscription lies in the buffer of the connection until it is flushed;
	// a question on another connection could overtake it.
	if b.conn.IsConnected() {
		if err := b.conn.FlushTimeout(2 * time.Second); err != nil {
			b.log.Warn("rpc: responder not confirmed", "subject", subject, "error", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs = append(b.subs, sub)
	b.local[subject] = func(ctx context.Context, req any) (any, error) { return f(ctx, req.(Q)) }
	return nil
}

func ask[Q, A any](ctx context.Context, data []byte, f func(context.Context, Q) (A, error)) (A, error) {
	var q Q
	if err := json.Unmarshal(data, &q); err != nil {
		var none A
		return none, err
	}
	return f(ctx, q)
}

// Answered tells whether this process itself responds to subject.
func (b *Bus) Answered(subject string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.local[subject] != nil
}

// Ask puts a question and waits for the answer, at most two seconds. When the
// responder lives in this process it is called directly. An unreachable
// responder is a fault.Unavailable. Never ask inside a transaction.
func Ask[Q, A any](ctx context.Context, b *Bus, subject string, q Q) (A, error) {
	var none A
	b.mu.RLock()
	local := b.local[subject]
	b.mu.RUnlock()
	if local != nil {
		a, err := local(ctx, q)
		if err != nil {
			return none, err
		}
		return a.(A), nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	m := nats.NewMsg(subject)
	if t, ok := ctx.Deadline(); ok {
		m.Header.Set(deadlineHeader, t.UTC().Format(time.RFC3339Nano))
	}
	var err error
	if m.Data, err = json.Marshal(q); err != nil {
		return none, err
	}
	reply, err := b.conn.RequestMsgWithContext(ctx, m)
	if err == nil && reply.Header.Get("Duban-Error") != "" {
		err = errors.New("the responder failed")
	}
	if err != nil {
		return none, fault.New(fault.Unavailable, "service_away", "Another part of the system does not answer right now. Try again in a moment.").
			WithCause(fmt.Errorf("ask %s: %w", subject, err))
	}
	var a A
	if err := json.Unmarshal(reply.Data, &a); err != nil {
		return none, fmt.Errorf("ask %s: %w", subject, err)
	}
	return a, nil
}

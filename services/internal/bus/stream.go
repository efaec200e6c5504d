package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/nats-io/nats.go/jetstream"
)

// glance is how often a process looks whether the stream is still there: NATS
// may lose its store, and nobody says so to those who only wait for events.
const glance = 5 * time.Second

// stream is what a Bus knows of the event stream. That it was there once says
// nothing about now, so everything here can be taken back.
type stream struct {
	stop     context.CancelFunc
	watching sync.WaitGroup
	look     chan struct{} // asks the watch to look now

	ensure sync.Mutex // one at a time makes it

	mu      sync.Mutex
	sure    bool
	born    time.Time     // when the stream that is known was made
	renewed chan struct{} // closed once it is another one
}

// EnsureStream makes the event stream where there is none, and brings its
// settings up to date once a connection.
func (b *Bus) EnsureStream(ctx context.Context) error {
	b.stream.ensure.Lock()
	defer b.stream.ensure.Unlock()
	if b.sure() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	want := jetstream.StreamConfig{
		Name: event.Stream, Subjects: []string{event.SubjectPrefix + ">"},
		Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, MaxAge: Retention,
		DenyDelete: true, DenyPurge: true, Replicas: max(1, b.replicas), AllowAtomicPublish: true,
		// A courtesy for what the relay sends again after a lost answer: the
		// inbox is what makes consumers idempotent. The server keeps the ids of
		// this time in memory, and reads them all when it starts.
		Duplicates: 30 * time.Second,
	}
	s, err := b.js.Stream(ctx, want.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		// Where another process has just made the same one, that is answered.
		s, err = b.js.CreateStream(ctx, want)
	case err == nil && !asWanted(s.CachedInfo().Config, want):
		s, err = b.js.UpdateStream(ctx, want)
	}
	if err != nil {
		return fmt.Errorf("event stream: %w", err)
	}
	b.found(s.CachedInfo().Created)
	return nil
}

// asWanted tells whether a stream has the settings that want names. One that has
// is left alone: processes start together, and the server bears no change of a
// stream while consumers of it are made.
func asWanted(is, want jetstream.StreamConfig) bool {
	return slices.Equal(is.Subjects, want.Subjects) && is.Retention == want.Retention && is.Storage == want.Storage && is.MaxAge == want.MaxAge &&
		is.DenyDelete == want.DenyDelete && is.DenyPurge == want.DenyPurge && is.Replicas == want.Replicas &&
		is.AllowAtomicPublish == want.AllowAtomicPublish && is.Duplicates == want.Duplicates
}

// Doubt says that something was answered as if the stream were not there: it
// is looked for again, and made again where it is gone.
func (b *Bus) Doubt() {
	b.stream.mu.Lock()
	b.stream.sure = false
	b.stream.mu.Unlock()
	select {
	case b.stream.look <- struct{}{}:
	default:
	}
}

// Born tells when the stream was made; zero while that is not known. Another
// time is another stream, which has nothing of what the one before it held.
func (b *Bus) Born() time.Time {
	b.stream.mu.Lock()
	defer b.stream.mu.Unlock()
	return b.stream.born
}

// Renewed is closed when another stream has taken the place of the one known now.
func (b *Bus) Renewed() <-chan struct{} {
	b.stream.mu.Lock()
	defer b.stream.mu.Unlock()
	return b.stream.renewed
}

func (b *Bus) sure() bool {
	b.stream.mu.Lock()
	defer b.stream.mu.Unlock()
	return b.stream.sure
}

func (b *Bus) found(born time.Time) {
	born = born.UTC().Truncate(time.Microsecond) // as databases keep it
	b.stream.mu.Lock()
	defer b.stream.mu.Unlock()
	b.stream.sure = true
	if b.stream.born.Equal(born) {
		return
	}
	if !b.stream.born.IsZero() {
		b.log.Warn("nats: the event stream was lost and is made again", "made", born)
	}
	b.stream.born = born
	close(b.stream.renewed)
	b.stream.renewed = make(chan struct{})
}

// watch looks at the stream until ctx ends.
func (b *Bus) watch(ctx context.Context) {
	t := time.NewTicker(glance)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-b.stream.look:
		}
		if !b.conn.IsConnected() {
			continue
		}
		if err := b.glance(ctx); err != nil && ctx.Err() == nil {
			b.log.Debug("nats: look at the event stream", "error", err)
		}
	}
}

func (b *Bus) glance(ctx context.Context) error {
	look, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	s, err := b.js.Stream(look, event.Stream)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		b.stream.mu.Lock()
		b.stream.sure = false
		b.stream.mu.Unlock()
		return b.EnsureStream(ctx)
	case err != nil:
		return err
	}
	if !b.sure() {
		return b.EnsureStream(ctx) // the settings, too
	}
	b.found(s.CachedInfo().Created)
	return nil
}

// Stream is how the event stream does.
type Stream struct {
	Events   uint64
	Replicas int    // wanted
	Current  int    // of them that are there and up to date
	Leader   string // of a cluster; empty on a single server, or while there is none
}

// Well says what is wrong with it, empty for nothing.
func (s Stream) Well() string {
	switch {
	case s.Replicas > 1 && s.Leader == "":
		return "it has no leader, so it takes no events"
	case s.Current < s.Replicas:
		return fmt.Sprintf("%d of its %d replicas are there and up to date", s.Current, s.Replicas)
	}
	return ""
}

// Stream asks NATS how the event stream does. That there is none is
// jetstream.ErrStreamNotFound.
func (b *Bus) Stream(ctx context.Context) (Stream, error) {
	if !b.conn.IsConnected() {
		return Stream{}, errors.New("NATS is not connected")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s, err := b.js.Stream(ctx, event.Stream)
	if err != nil {
		return Stream{}, fmt.Errorf("event stream: %w", err)
	}
	i := s.CachedInfo()
	st := Stream{Events: i.State.Msgs, Replicas: i.Config.Replicas, Current: 1}
	if c := i.Cluster; c != nil {
		st.Leader = c.Leader
		for _, r := range c.Replicas {
			if r.Current && !r.Offline {
				st.Current++
			}
		}
	}
	return st, nil
}

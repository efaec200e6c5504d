package feed

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/notice"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// lookBack is how many events before its start a process reads, so that
	// whoever was connected to the process before misses nothing.
	lookBack = 2000
	// lookBackBytes bounds them too, by what events of the stream are like on
	// average: the fan-outs of large campaigns are a megabyte for a few of them,
	// and the hub remembers only the last of what they say.
	lookBackBytes = 4 << 20
	// again is how long after a failure the event stream is tried again.
	again = time.Second
)

// Changes reads the event stream for the live streams of this process. Unlike
// a consumer it has no memory and no part in the work: every process reads
// everything, once, and what an event means is worked out once for all the
// streams, without a look into any database.
type Changes struct {
	bus *bus.Bus
	hub *notice.Hub
	log *slog.Logger
}

// NewChanges makes the reader of a process and listens to the progress of
// jobs; Run works it.
func NewChanges(b *bus.Bus, hub *notice.Hub, log *slog.Logger) (*Changes, error) {
	return &Changes{bus: b, hub: hub, log: log}, b.OnSignal(rpc.ProgressSignal, func(_ string, data []byte) {
		var p rpc.Progress
		if json.Unmarshal(data, &p) == nil {
			hub.Progress(notice.Progress(p))
		}
	})
}

// Run reads until ctx ends. While NATS is away it waits.
func (c *Changes) Run(ctx context.Context) {
	said := ""
	for ctx.Err() == nil {
		// NATS may be away for long; once is enough to say so.
		if err := c.read(ctx); err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			c.log.Warn("live changes: will read on as soon as that is possible", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// lookBackOn is how many events are read again on a stream.
func lookBackOn(s jetstream.StreamState) uint64 {
	if s.Bytes == 0 {
		return lookBack
	}
	return max(1, min(lookBack, lookBackBytes*s.Msgs/s.Bytes))
}

func (c *Changes) read(ctx context.Context) error {
	renewed := c.bus.Renewed()
	stream, err := c.bus.JetStream().Stream(ctx, event.Stream)
	if err != nil {
		return err
	}
	info := stream.CachedInfo()
	first, last := info.State.FirstSeq, info.State.LastSeq
	// A stream that was lost and made again counts from 1.
	epoch := strconv.FormatInt(info.Created.UnixMicro(), 36)
	from := max(first, 1)
	if n := lookBackOn(info.State); last >= n {
		from = max(from, last-n+1)
	}
	if e, seq := c.hub.Last(); e == epoch && seq+1 >= from && seq <= last {
		from = seq + 1 // nothing was missed
	} else {
		c.hub.Begin(epoch, from-1)
	}
	subjects := make([]string, 0, 100)
	for _, t := range notice.ChangeTypes() {
		subjects = append(subjects, t.Subject())
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
	})
	if err != nil {
		return err
	}
	msgs, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(64, bus.MaxEvent+1<<20))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, msgs.Stop)
	defer stop()
	defer msgs.Stop()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-renewed: // nothing more comes of the stream that is read
			msgs.Stop()
		case <-over:
		}
	}()
	for {
		m, err := msgs.Next()
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		var e event.Event
		var x notice.Happened
		if err := json.Unmarshal(m.Data(), &e); err == nil {
			x, err = notice.Meaning(e)
			if err != nil {
				// The consumers set it aside and tell.
				c.log.Debug("live changes: event not understood", "event", e.ID, "error", err)
			}
		}
		c.hub.Happened(meta.Sequence.Stream, x)
	}
}

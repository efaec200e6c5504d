package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// clients is how many callers there are at once.
const clients = 16

var transport = &http.Transport{MaxIdleConnsPerHost: 2 * clients, MaxConnsPerHost: 0, DisableCompression: true}

var web = &http.Client{Transport: transport, Timeout: 10 * time.Minute}

// call makes a request and reads the answer; any status but 2xx is an error.
func call(ctx context.Context, method, url, token string, body any) ([]byte, error) {
	var r io.Reader
	ct := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		r, ct = bytes.NewReader(b), "text/csv"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if r != nil {
		req.Header.Set("Content-Type", ct)
	}
	if key, ok := ctx.Value(keyKey{}).(string); ok {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := web.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d %.400s", method, url, resp.StatusCode, raw)
	}
	return raw, err
}

type keyKey struct{}

// keyed has call send an Idempotency-Key of its own.
func keyed(ctx context.Context) context.Context {
	return context.WithValue(ctx, keyKey{}, strconv.FormatUint(rand.Uint64(), 36))
}

// ask is call with a JSON answer.
func ask[T any](ctx context.Context, method, url, token string, body any) (T, error) {
	var v T
	raw, err := call(ctx, method, url, token, body)
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &v)
	}
	return v, err
}

var errOver = errors.New("nothing left to do")

// load has the clients call f as often as they can for d and gives how often
// that was a second. f returning errOver ends the load early.
func load(d time.Duration, f func(client int, r *rand.Rand) error) (rate float64, err error) {
	var n atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := time.Now()
	end := begin.Add(d)
	for c := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(c), uint64(begin.UnixNano())))
			for time.Now().Before(end) {
				if ferr := f(c, r); ferr != nil {
					if !errors.Is(ferr, errOver) {
						mu.Lock()
						err = errors.Join(err, ferr)
						mu.Unlock()
					}
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(begin).Seconds(), err
}

// pace calls f at a steady rate until ctx ends and gives the time each call took.
func pace(ctx context.Context, every time.Duration, f func(context.Context) error) ([]time.Duration, error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var took []time.Duration
	var errs error
	slots := make(chan struct{}, 64)
	t := time.NewTicker(every)
	defer t.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-t.C:
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			begin := time.Now()
			err := f(context.WithoutCancel(ctx))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if !errors.Is(err, errOver) {
					errs = errors.Join(errs, err)
				}
				return
			}
			took = append(took, time.Since(begin))
		})
	}
	wg.Wait()
	return took, errs
}

// interleave runs two loads in turns and gives the median rate of each, and
// the median of the ratios of neighbouring turns.
func interleave(rounds int, d time.Duration, a, b func(time.Duration) (float64, error)) (ra, rb, ratio float64, err error) {
	var as, bs, xs []float64
	for i := range rounds + 1 {
		x, err := a(d)
		if err != nil {
			return 0, 0, 0, err
		}
		y, err := b(d)
		if err != nil {
			return 0, 0, 0, err
		}
		if i == 0 {
			continue // warms caches
		}
		as, bs, xs = append(as, x), append(bs, y), append(xs, x/max(y, 1e-9))
	}
	return median(as), median(bs), median(xs), nil
}

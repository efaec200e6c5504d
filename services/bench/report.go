package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// gross is how far below its target a figure must be for a short run to fail:
// short runs share their machine with others.
const gross = 2.0

// figure is one line of the report.
type figure struct {
	engine, what    string
	ours, reference string
	ratio           string
	target          string
	// margin is how well the target was met: 1 is just, 2 twice as good as
	// asked, 0.5 half. 0 is for a line without a target.
	margin float64
	failed bool // something did not hold, whatever the speed
}

type report struct {
	out     io.Writer
	engine  string
	figures []figure
}

func (r *report) add(f figure) {
	f.engine = r.engine
	r.figures = append(r.figures, f)
	fmt.Fprintln(r.out, f.line())
}

func (f figure) line() string {
	mark := ""
	switch {
	case f.failed:
		mark = "FAILED"
	case f.margin == 0:
	case f.margin < 1:
		mark = "SHORT"
	default:
		mark = "ok"
	}
	return fmt.Sprintf("%-8s %-58s %14s %14s %8s  %-8s %s", f.engine, f.what, f.ours, f.reference, f.ratio, f.target, mark)
}

// atLeast reports ours against a reference, both as "more is better".
func (r *report) atLeast(what string, ours, reference, target float64, unit string) {
	x := 0.0
	if reference > 0 {
		x = ours / reference
	}
	r.add(figure{what: what, ours: number(ours, unit), reference: number(reference, unit), ratio: fmt.Sprintf("%.2f", x), target: fmt.Sprintf("≥%g", target), margin: max(x/target, 1e-9)})
}

// atMostTimes reports a time against a reference that it may exceed only so many times.
func (r *report) atMostTimes(what string, ours, reference time.Duration, target float64) {
	x := float64(ours) / float64(max(reference, 1))
	r.add(figure{what: what, ours: short(ours), reference: short(reference), ratio: fmt.Sprintf("%.2f", x), target: fmt.Sprintf("≤%g", target), margin: target / max(x, 1e-9)})
}

// atMost reports a time with a limit of its own.
func (r *report) atMost(what string, ours, limit time.Duration) {
	r.add(figure{what: what, ours: short(ours), target: "≤" + short(limit), margin: float64(limit) / float64(max(ours, 1))})
}

// megabytes reports memory with a limit.
func (r *report) megabytes(what string, bytes, limit int64) {
	r.add(figure{what: what, ours: fmt.Sprintf("%d MB", bytes>>20), target: fmt.Sprintf("≤%dMB", limit>>20), margin: float64(limit) / float64(max(bytes, 1))})
}

// holds reports something that must be so.
func (r *report) holds(what string, breaches []string) {
	f := figure{what: what, ours: "holds", margin: 1}
	if len(breaches) > 0 {
		f.failed, f.ours = true, fmt.Sprintf("%d breaches", len(breaches))
		for _, b := range breaches[:min(5, len(breaches))] {
			fmt.Fprintln(r.out, "         breach:", b)
		}
	}
	r.add(f)
}

// note is a measurement without a target.
func (r *report) note(what, ours string) { r.add(figure{what: what, ours: ours}) }

// bad counts the figures that make the run fail.
func (r *report) bad(brief bool) int {
	n := 0
	for _, f := range r.figures {
		if f.failed || brief && f.margin > 0 && f.margin < 1/gross {
			n++
		}
	}
	return n
}

func (r *report) summary() {
	missed := 0
	for _, f := range r.figures {
		if f.failed || f.margin > 0 && f.margin < 1 {
			missed++
		}
	}
	fmt.Fprintf(r.out, "\n%d figures, %d short of their target\n", len(r.figures), missed)
	for _, f := range r.figures {
		if f.failed || f.margin > 0 && f.margin < 1 {
			fmt.Fprintln(r.out, f.line())
		}
	}
}

func number(x float64, unit string) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f%s", x, unit)
	}
	return fmt.Sprintf("%.2f%s", x, unit)
}

func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%.0fms", float64(d)/1e6)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2fms", float64(d)/1e6)
	}
	return strings.ReplaceAll(fmt.Sprintf("%.2fµs", float64(d)/1e3), ".00", "")
}

// quantile of times, which it sorts.
func quantile(ds []time.Duration, q float64) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	slices.Sort(ds)
	return ds[min(len(ds)-1, int(q*float64(len(ds))))]
}

func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	xs = slices.Clone(xs)
	slices.Sort(xs)
	if n := len(xs); n%2 == 0 {
		return (xs[n/2-1] + xs[n/2]) / 2
	}
	return xs[len(xs)/2]
}

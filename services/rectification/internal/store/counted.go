package store

import "github.com/uptrace/bun"

// countedFindings keeps what counts as a number of the roll-ups, as the insight
// service counts; a test of the host holds the two together.
func countedFindings(sel *bun.SelectQuery, number string) {
	switch number {
	case "", "found":
	case "open":
		sel.Where("f.state IN ('open', 'rectifying')")
	case "closed":
		sel.Where("f.state = 'closed'")
	case "relapses":
		sel.Where("f.repeats_id <> ''")
	case "on_time":
		sel.Where("f.state = 'closed' AND f.on_time")
	case "on_time_original":
		sel.Where("f.state = 'closed' AND f.on_time_original")
	default:
		sel.Where("1 = 0")
	}
}

// reported are the states in which the report of a rectification stands.
const reported = "r.state IN ('reported', 'verifying', 'closed')"

// countedRectifications does the same for rectifications.
func countedRectifications(sel *bun.SelectQuery, number string) {
	switch number {
	case "":
	case "open":
		sel.Where("r.state NOT IN ('closed', 'withdrawn')")
	case "on_time":
		sel.Where(reported).Where("(r.reported_at IS NULL OR r.reported_at <= r.due_at)")
	case "late":
		sel.Where(reported).Where("r.reported_at > r.due_at")
	case "late_original":
		sel.Where(reported).Where("r.reported_at > r.original_due_at")
	case "suspended":
		sel.Where("r.suspended")
	case "relapses":
		sel.Where("r.relapses > 0")
	default:
		sel.Where("1 = 0")
	}
}

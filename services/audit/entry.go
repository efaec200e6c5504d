package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
)

// MaxDetail is how many bytes of an event's data an entry keeps at most.
const MaxDetail = 16 << 10

// Entry is one line of the audit trail.
type Entry struct {
	Seq     int64 // from 1, without gaps
	EventID string
	Type    string
	Subject string // id of the thing that changed
	Version int64  // of it, after the change
	// ActorID is empty when the system did it.
	ActorID, ActorName string
	UnitID, UnitPath   string // for which unit; the path as it was then
	Reason             string
	At                 time.Time // of the event
	RecordedAt         time.Time
	RequestID          string
	CausedBy           string // the event it follows from
	DataHash           string // SHA-256 of the event's data, hex
	// Whole tells that Detail is the event's data as it was; otherwise it is
	// a summary of it.
	Whole    bool
	Detail   string // JSON
	PrevHash string // hash of the entry before; empty for the first
	Hash     string
}

// Head is the end of the chain. Seq is 0 while there is no entry.
type Head struct {
	Seq  int64
	Hash string
}

// FromEvent makes the entry of an event, not yet in its place in the chain.
func FromEvent(e event.Event, now time.Time) Entry {
	sum := sha256.Sum256(e.Data)
	x := Entry{
		EventID: e.ID, Type: string(e.Type), Subject: clean(e.Subject), Version: e.Version,
		ActorID: clean(e.ActorID), ActorName: clean(e.ActorName), UnitID: clean(e.UnitID), UnitPath: clean(e.UnitPath),
		Reason: clean(e.Reason), At: e.Time.UTC().Truncate(time.Microsecond), RecordedAt: now.UTC().Truncate(time.Microsecond),
		RequestID: clean(e.RequestID), CausedBy: clean(e.CausedBy), DataHash: hex.EncodeToString(sum[:]),
	}
	x.Detail, x.Whole = Summary(e)
	return x
}

// clean makes a text one that both databases can hold. Such texts do not come
// from Duban itself, and an audit trail must take them all the same.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// After puts the entry behind the head.
func (x Entry) After(h Head) Entry {
	x.Seq, x.PrevHash = h.Seq+1, h.Hash
	x.Hash = Hash(x)
	return x
}

// Hash is the SHA-256, in hex, over the entry's fields and PrevHash in this
// encoding: the text "duban-audit-1", then for each field, in the order
// below, its length in bytes in decimal, a colon, the text of the field in
// UTF-8, and a comma. Numbers are decimal, times RFC 3339 in UTC with six
// digits of a second, booleans true or false. The lengths make it certain
// that different entries have different encodings.
func Hash(x Entry) string {
	const stamp = "2006-01-02T15:04:05.000000Z"
	b := make([]byte, 0, 1024+len(x.Detail))
	b = append(b, "duban-audit-1"...)
	for _, f := range []string{
		strconv.FormatInt(x.Seq, 10), x.EventID, x.Type, x.Subject, strconv.FormatInt(x.Version, 10),
		x.ActorID, x.ActorName, x.UnitID, x.UnitPath, x.Reason,
		x.At.UTC().Format(stamp), x.RecordedAt.UTC().Format(stamp), x.RequestID, x.CausedBy,
		x.DataHash, strconv.FormatBool(x.Whole), x.Detail, x.PrevHash,
	} {
		b = strconv.AppendInt(b, int64(len(f)), 10)
		b = append(b, ':')
		b = append(b, f...)
		b = append(b, ',')
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Summary is what an entry keeps of an event's data, and whether that is all
// of it.
func Summary(e event.Event) (detail string, whole bool) {
	switch e.Type {
	case event.UnitsChanged, event.UnitsTold:
		if d, err := event.Decode[event.Units](e); err == nil && len(d.Units) != 1 {
			return batch(nil, len(d.Units), func(i int) string { return d.Units[i].ID }), false
		}
	case event.CodesChanged, event.CodesTold:
		if d, err := event.Decode[event.Codes](e); err == nil && len(d.Codes) != 1 {
			return batch(nil, len(d.Codes), func(i int) string { return d.Codes[i].ID }), false
		}
	case event.PersonsChanged, event.PersonsTold:
		if d, err := event.Decode[event.Persons](e); err == nil && len(d.Persons) != 1 {
			return batch(nil, len(d.Persons), func(i int) string { return d.Persons[i].ID }), false
		}
	case event.AssignmentsIssued:
		if d, err := event.Decode[event.Issued](e); err == nil && len(d.Assignments) != 1 {
			about := map[string]any{"campaign_id": d.CampaignID, "campaign": d.Campaign, "task_id": d.Task.ID, "task": d.Task.Title}
			return batch(about, len(d.Assignments), func(i int) string { return d.Assignments[i].ID + " " + d.Assignments[i].UnitID }), false
		}
	case event.FindingsTold:
		if d, err := event.Decode[event.Findings](e); err == nil && len(d.Findings) != 1 {
			return batch(nil, len(d.Findings), func(i int) string { return d.Findings[i].ID }), false
		}
	}
	raw := string(e.Data)
	switch {
	case len(raw) > MaxDetail:
		return encode(map[string]any{"left_out": "data is too large", "bytes": len(raw)}), false
	case !json.Valid(e.Data) || clean(raw) != raw:
		return encode(map[string]any{"left_out": "data is not JSON", "bytes": len(raw)}), false
	}
	return raw, true
}

// batch keeps how many there are and their ids; for assignments the id of
// each with that of its unit.
func batch(about map[string]any, n int, id func(int) string) string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = clean(id(i))
	}
	m := map[string]any{"count": n, "ids": ids}
	for k, v := range about {
		m[k] = v
	}
	return encode(m)
}

func encode(m map[string]any) string {
	raw, err := json.Marshal(m)
	if err != nil {
		return "{}"
	}
	return clean(string(raw))
}

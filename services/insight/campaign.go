package insight

import (
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/services/internal/clock"
)

// Campaign is what roll-ups show of a campaign.
type Campaign struct {
	ID          string
	Title       string
	Template    string
	UnitID      string // in whose name it is issued
	UnitPath    string
	OfficeID    string // whose it is
	State       string
	StartsOn    string // local day
	EndsOn      string
	NearDays    int64
	OverdueDays int64
	AckDays     int64
	Version     int64 // below 1 while only its assignments are known

	Tasks []Task
}

// Thresholds are the campaign's limits for lights.
func (c Campaign) Thresholds() clock.Thresholds {
	return clock.Thresholds{NearDays: int(c.NearDays), OverdueDays: int(c.OverdueDays), AckDays: int(c.AckDays)}
}

// Task is what roll-ups show of a task.
type Task struct {
	CampaignID string
	ID         string
	Position   int64 // order within the campaign, from 1
	Title      string
	ThemedDay  string // local day, empty for none
	DueAt      time.Time
	Weight     int64
	Figures    []FigureTitle
	Version    int64 // of the campaign it came with
}

// FigureTitle names a figure that a task asks for.
type FigureTitle struct {
	Figure  string `json:"figure"`
	Title   string `json:"title"`
	Measure string `json:"measure,omitempty"`
}

func campaignOf(e event.Campaign) Campaign {
	c := Campaign{
		ID: e.ID, Title: e.Title, Template: e.Template, UnitID: e.UnitID, UnitPath: e.UnitPath, OfficeID: e.OfficeID, State: e.State,
		StartsOn: e.StartsOn, EndsOn: e.EndsOn, NearDays: int64(e.NearDays), OverdueDays: int64(e.OverdueDays), AckDays: int64(e.AckDays),
		Version: e.Version,
	}
	for i, t := range e.Tasks {
		c.Tasks = append(c.Tasks, taskOf(e.ID, t, int64(i+1), e.Version))
	}
	return c
}

func taskOf(campaignID string, e event.Task, position, version int64) Task {
	t := Task{
		CampaignID: campaignID, ID: e.ID, Position: position, Title: e.Title, ThemedDay: e.ThemedDay, DueAt: e.DueAt.UTC(),
		Weight: int64(e.Weight), Figures: []FigureTitle{}, Version: version,
	}
	for _, r := range e.Requirements {
		if r.Kind != kinds.Number {
			continue
		}
		f := FigureTitle{Figure: r.Figure, Title: r.Title, Measure: r.Measure}
		if f.Figure == "" {
			f.Figure = r.ID
		}
		t.Figures = append(t.Figures, f)
	}
	return t
}

// Versions of what is known of a campaign from its assignments alone.
const (
	fromChange = -1
	fromChunk  = 0
)

// stub is a campaign of which only a task or an assignment is known yet.
func stub(id, title, unitID, unitPath string, t Task) Campaign {
	th := clock.DefaultThresholds()
	return Campaign{
		ID: id, Title: title, UnitID: unitID, UnitPath: unitPath, State: "issuing", NearDays: int64(th.NearDays),
		OverdueDays: int64(th.OverdueDays), AckDays: int64(th.AckDays), Version: t.Version, Tasks: []Task{t},
	}
}

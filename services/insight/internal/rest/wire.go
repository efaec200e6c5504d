package rest

import (
	"math"
	"net/url"
	"time"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/rest"
)

// Unit is a node of the tree.
type Unit struct {
	ID     string `json:"id" doc:"Id of the unit" example:"01985b2e-7c1a-7000-8000-000000000012"`
	Name   string `json:"name" doc:"Name of the unit" example:"东镇"`
	Level  string `json:"level" words:"level" doc:"Level of the unit" example:"town"`
	Code   string `json:"code" doc:"Code of the unit" example:"370283101"`
	Active bool   `json:"active" doc:"False for a unit that was deactivated" example:"true"`
}

// Campaign is what a roll-up shows of a campaign.
type Campaign struct {
	ID       string `json:"id" doc:"Id of the campaign" example:"01985b2e-7c1a-7000-8000-000000000020"`
	Title    string `json:"title" doc:"Title of the campaign" example:"国家网络安全宣传周"`
	Template string `json:"template,omitempty" doc:"Built-in template it was made from, if any" example:"publicity"`
	State    string `json:"state" words:"state.campaign" except:"draft" doc:"State of the campaign" example:"active"`
	StartsOn string `json:"starts_on,omitempty" doc:"First local day" example:"2026-09-19"`
	EndsOn   string `json:"ends_on,omitempty" doc:"Last local day" example:"2026-09-25"`
}

// Task is what a roll-up shows of a task.
type Task struct {
	ID        string     `json:"id" doc:"Id of the task" example:"01985b2e-7c1a-7000-8000-000000000030"`
	Title     string     `json:"title" doc:"Title of the task" example:"悬挂标语、张贴海报"`
	ThemedDay string     `json:"themed_day,omitempty" doc:"Local day of the theme it belongs to" example:"2026-09-20"`
	DueAt     *time.Time `json:"due_at,omitempty" doc:"Original deadline" example:"2026-09-16T15:59:59Z"`
	Weight    int64      `json:"weight" doc:"Weight in the campaign's progress" example:"1"`
}

// States counts assignments by their state now.
type States struct {
	Issued       int64 `json:"issued" doc:"Neither acknowledged nor declined yet" example:"3"`
	Acknowledged int64 `json:"acknowledged" doc:"Being worked on" example:"10"`
	Submitted    int64 `json:"submitted" doc:"Waiting for review" example:"4"`
	Approved     int64 `json:"approved" doc:"Complete" example:"20"`
	Returned     int64 `json:"returned" doc:"Returned, to be handed in again" example:"1"`
	Declined     int64 `json:"declined" doc:"Declined, waiting for the issuer's decision" example:"1"`
	Cancelled    int64 `json:"cancelled" doc:"Cancelled; not counted in issued" example:"0"`
}

// Rates are shares of what was issued, 0 to 1.
type Rates struct {
	Acknowledged float64 `json:"acknowledged" doc:"Acknowledged" example:"0.921"`
	Submitted    float64 `json:"submitted" doc:"Handed in and standing" example:"0.632"`
	Approved     float64 `json:"approved" doc:"Approved" example:"0.526"`
	InTime       float64 `json:"in_time" doc:"Of what was handed in, the share within the deadline in force" example:"0.958"`
	Progress     float64 `json:"progress" doc:"Approved, tasks weighted" example:"0.5"`
}

// Numbers is how far the work is at one node, now. Each number is a link: see
// Query.
type Numbers struct {
	Query              string `json:"query" doc:"Path and query, below /api/v1, of the list of the assignments that are counted. With &counted= and the name of a number it is the list of those that make that number up, with &state= and a state that of those in the state" example:"/assignments?campaign_id=01985b2e-7c1a-7000-8000-000000000020&under=01985b2e-7c1a-7000-8000-000000000012"`
	Issued             int64  `json:"issued" doc:"Assignments that are not cancelled" example:"38"`
	Acknowledged       int64  `json:"acknowledged" doc:"Of them, acknowledged at any time" example:"35"`
	Submitted          int64  `json:"submitted" doc:"Of them, handed in and standing: waiting for review or approved" example:"24"`
	Approved           int64  `json:"approved" doc:"Of them, approved" example:"20"`
	Returned           int64  `json:"returned" doc:"Of them, returned and not handed in again" example:"1"`
	Declined           int64  `json:"declined" doc:"Of them, declined and not decided" example:"1"`
	Overdue            int64  `json:"overdue" doc:"Open after the deadline in force, right now" example:"2"`
	SeriouslyOverdue   int64  `json:"seriously_overdue" doc:"Of them, by more working days than the campaign allows" example:"1"`
	OverdueOriginal    int64  `json:"overdue_original" doc:"Open after the original deadline, extensions left aside" example:"3"`
	Near               int64  `json:"near" doc:"Open with a deadline that is near" example:"5"`
	AcknowledgeOverdue int64  `json:"acknowledge_overdue" doc:"Not acknowledged in time" example:"1"`
	InTime             int64  `json:"in_time" doc:"Handed in within the deadline in force" example:"23"`
	Late               int64  `json:"late" doc:"Handed in after the deadline in force" example:"1"`
	LateOriginal       int64  `json:"late_original" doc:"Handed in after the original deadline" example:"2"`
	Light              string `json:"light" words:"light" doc:"Worst light of the open work here and below: red seriously overdue, yellow overdue, blue deadline near" example:"red"`
	AcknowledgeLight   string `json:"acknowledge_light" words:"light" doc:"The same for acknowledging" example:"yellow"`
	States             States `json:"states" doc:"Every assignment by its state"`
	Rates              Rates  `json:"rates" doc:"Shares"`
}

// Figure is the sum of a figure: every unit's own, whether it was given the
// task by the office or by delegation.
type Figure struct {
	Figure      string  `json:"figure" doc:"Name of the figure across tasks and years" example:"leaflets"`
	Title       string  `json:"title,omitempty" doc:"What the task calls it" example:"发放宣传资料"`
	Measure     string  `json:"measure,omitempty" doc:"Unit of measure" example:"份"`
	Aggregate   string  `json:"aggregate" words:"aggregate" doc:"How values are put together: added, the greatest, or the last of each unit added" example:"sum"`
	Reported    float64 `json:"reported" doc:"Of submissions that stand: sealed or accepted" example:"260"`
	Accepted    float64 `json:"accepted" doc:"Of accepted submissions" example:"200"`
	Reports     int64   `json:"reports" doc:"How many values are in reported" example:"12"`
	Acceptances int64   `json:"acceptances" doc:"How many values are in accepted" example:"9"`
}

// CampaignRollup is a campaign at one node.
type CampaignRollup struct {
	Campaign Campaign `json:"campaign" doc:"The campaign"`
	Unit     Unit     `json:"unit" doc:"The node"`
	OwnOnly  bool     `json:"own_only" doc:"True where you may see the unit itself and nothing below it" example:"false"`
	Numbers  Numbers  `json:"numbers" doc:"Of the unit and everything below it"`
	Own      Numbers  `json:"own" doc:"Of the unit itself"`
	Open     bool     `json:"open" doc:"Whether its figures are open to you: they are its office's" example:"true"`
	Figures  []Figure `json:"figures,omitempty" doc:"Sums of figures; where they are open to you"`
}

// ChildRollup is a campaign at a unit directly below the node.
type ChildRollup struct {
	Unit    Unit     `json:"unit" doc:"The unit"`
	Numbers Numbers  `json:"numbers" doc:"Of the unit and everything below it"`
	Figures []Figure `json:"figures,omitempty" doc:"Sums of figures; where they are open to you"`
}

// TaskRollup is a task at one node.
type TaskRollup struct {
	Task    Task    `json:"task" doc:"The task"`
	Numbers Numbers `json:"numbers" doc:"Of the unit and everything below it"`
}

// TaskRollups is every task of a campaign at one node.
type TaskRollups struct {
	Unit  Unit         `json:"unit" doc:"The node"`
	Items []TaskRollup `json:"items" doc:"One per task, in the campaign's order"`
}

// Cell is a unit's numbers in one task.
type Cell struct {
	TaskID  string `json:"task_id" doc:"The task" example:"01985b2e-7c1a-7000-8000-000000000030"`
	Query   string `json:"query" doc:"As in the numbers of a roll-up" example:"/assignments?campaign_id=01985b2e-7c1a-7000-8000-000000000020&task_id=01985b2e-7c1a-7000-8000-000000000030&under=01985b2e-7c1a-7000-8000-000000000012"`
	Issued  int64  `json:"issued" doc:"Assignments that are not cancelled" example:"38"`
	Overdue int64  `json:"overdue" doc:"Of them, overdue now" example:"2"`
	Light   string `json:"light" words:"light" doc:"Worst light of the open work" example:"red"`
	States  States `json:"states" doc:"By state"`
}

// MatrixRow is a unit with a cell per task.
type MatrixRow struct {
	Unit  Unit   `json:"unit" doc:"The unit"`
	Cells []Cell `json:"cells" doc:"One per task, in the order of tasks"`
}

// Matrix is the units directly below a node by the tasks of a campaign.
type Matrix struct {
	Unit       Unit              `json:"unit" doc:"The node"`
	Tasks      []Task            `json:"tasks" doc:"The columns"`
	Items      []MatrixRow       `json:"items" doc:"The rows of this page"`
	NextCursor rest.Continuation `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last"`
}

// CampaignLine is a campaign with its headline numbers.
type CampaignLine struct {
	Campaign Campaign `json:"campaign" doc:"The campaign"`
	Numbers  Numbers  `json:"numbers" doc:"Over everything in your reach"`
}

// FindingCount counts findings that are alike.
type FindingCount struct {
	Category string `json:"category,omitempty" doc:"Category of the findings; absent of those that are not open to you" example:"technical"`
	Severity string `json:"severity,omitempty" doc:"Severity of the findings; absent of those that are not open to you" example:"ordinary"`
	State    string `json:"state" doc:"State of the findings" example:"open"`
	Count    int64  `json:"count" doc:"How many" example:"7"`
	Relapses int64  `json:"relapses" doc:"Of them, repeats of an earlier finding" example:"1"`
}

// StateCount counts things in one state.
type StateCount struct {
	State string `json:"state" doc:"The state" example:"closed"`
	Count int64  `json:"count" doc:"How many" example:"4"`
}

// Findings counts findings.
type Findings struct {
	Query    string         `json:"query" doc:"Path and query, below /api/v1, of the list of all of them. With &counted= and open, closed or relapses it is the list of those; with &category=, &severity= and &state= that of one of the items" example:"/findings?under=01985b2e-7c1a-7000-8000-000000000012"`
	Total    int64          `json:"total" doc:"All, dismissed ones too" example:"12"`
	Open     int64          `json:"open" doc:"Open or being rectified" example:"5"`
	Closed   int64          `json:"closed" doc:"Closed" example:"6"`
	Relapses int64          `json:"relapses" doc:"Repeats of an earlier finding" example:"1"`
	Items    []FindingCount `json:"items" doc:"By category, severity and state"`
}

// Rectifications counts rectifications.
type Rectifications struct {
	Query        string       `json:"query" doc:"Path and query, below /api/v1, of the list of all of them. With &counted= and the name of a number it is the list of those that make that number up, with &state= and a state that of those in the state" example:"/rectifications?under=01985b2e-7c1a-7000-8000-000000000012"`
	Total        int64        `json:"total" doc:"All, withdrawn ones too" example:"6"`
	Open         int64        `json:"open" doc:"Neither closed nor withdrawn" example:"2"`
	Overdue      int64        `json:"overdue" doc:"Waiting for their unit after the deadline, right now" example:"1"`
	OnTime       int64        `json:"on_time" doc:"Reported within the deadline in force" example:"4"`
	Late         int64        `json:"late" doc:"Reported after it" example:"0"`
	LateOriginal int64        `json:"late_original" doc:"Reported after the original deadline" example:"1"`
	Suspended    int64        `json:"suspended" doc:"Long-term ones" example:"0"`
	Relapses     int64        `json:"relapses" doc:"How often closed ones were reopened; the list shows each of them once" example:"1"`
	States       []StateCount `json:"states" doc:"By state"`
}

// Inspections counts inspections.
type Inspections struct {
	Query         string       `json:"query" doc:"Path and query, below /api/v1, of the list of all of them; with &state= and a state that of those in the state" example:"/inspections?under=01985b2e-7c1a-7000-8000-000000000012"`
	States        []StateCount `json:"states" doc:"By state"`
	FailedAnswers int64        `json:"failed_answers" doc:"Failed answers in them" example:"9"`
}

// Register is what inspections found and what became of it.
type Register struct {
	Findings       Findings       `json:"findings" doc:"Findings"`
	Rectifications Rectifications `json:"rectifications" doc:"Rectifications"`
	Inspections    Inspections    `json:"inspections" doc:"Inspections"`
}

// FindingsRollup is the register at one node.
type FindingsRollup struct {
	Unit     Unit     `json:"unit" doc:"The node"`
	OwnOnly  bool     `json:"own_only" doc:"True where you may see the unit itself and nothing below it" example:"false"`
	Register Register `json:"register" doc:"Of the unit and everything below it"`
}

// FindingsChild is the register at a unit directly below the node.
type FindingsChild struct {
	Unit     Unit     `json:"unit" doc:"The unit"`
	Register Register `json:"register" doc:"Of the unit and everything below it"`
}

func wireUnit(u insight.Unit) Unit {
	return Unit{ID: u.ID, Name: u.Name, Level: u.Level, Code: u.Code, Active: u.Active}
}

func wireCampaign(c insight.Campaign) Campaign {
	return Campaign{ID: c.ID, Title: c.Title, Template: c.Template, State: c.State, StartsOn: c.StartsOn, EndsOn: c.EndsOn}
}

func wireTask(t insight.Task) Task {
	w := Task{ID: t.ID, Title: t.Title, ThemedDay: t.ThemedDay, Weight: t.Weight}
	if !t.DueAt.IsZero() {
		due := t.DueAt.UTC()
		w.DueAt = &due
	}
	return w
}

func wireStates(t insight.Tally) States {
	return States{
		Issued: t.Issued, Acknowledged: t.Acknowledged, Submitted: t.Submitted, Approved: t.Approved, Returned: t.Returned,
		Declined: t.Declined, Cancelled: t.Cancelled,
	}
}

// assignments is the list of what is counted: of a campaign, and where they
// are given of a task and of a unit, itself or with what is below it.
func assignments(campaignID, taskID, scope, unitID string) string {
	q := "/assignments?campaign_id=" + url.QueryEscape(campaignID)
	if taskID != "" {
		q += "&task_id=" + url.QueryEscape(taskID)
	}
	if unitID != "" {
		q += "&" + scope + "=" + url.QueryEscape(unitID)
	}
	return q
}

func wireNumbers(n insight.Numbers, query string) Numbers {
	inTime := n.HandedIn() - n.Late
	w := Numbers{
		Query:  query,
		Issued: n.Live(), Acknowledged: n.Accepted(), Submitted: n.HandedIn(), Approved: n.Approved, Returned: n.Returned,
		Declined: n.Declined, Overdue: n.Overdue, SeriouslyOverdue: n.SeriouslyOverdue, OverdueOriginal: n.OverdueOriginal, Near: n.Near,
		AcknowledgeOverdue: n.AckOverdue, InTime: inTime, Late: n.Late, LateOriginal: n.LateOriginal,
		Light: string(n.Light), AcknowledgeLight: string(n.AckLight), States: wireStates(n.Tally),
	}
	w.Rates = Rates{
		Acknowledged: rate(n.Share(w.Acknowledged)), Submitted: rate(n.Share(w.Submitted)), Approved: rate(n.Share(w.Approved)), Progress: rate(n.Progress()),
	}
	if w.Submitted > 0 {
		w.Rates.InTime = rate(float64(inTime) / float64(w.Submitted))
	}
	return w
}

// rate is a share in four digits.
func rate(f float64) float64 { return parts(f, 10_000) }

// parts is a share in so many parts of a whole: rounded down, so that 1 means all
// of it, and at least one, so that 0 means none.
func parts(f, of float64) float64 {
	n := math.Floor(f*of + 1e-9)
	if n == 0 && f > 0 {
		n = 1
	}
	return n / of
}

func wireFigures(fs []insight.FigureSum) []Figure {
	out := make([]Figure, len(fs))
	for i, f := range fs {
		out[i] = Figure(f)
	}
	return out
}

func wireTasks(campaignID, unitID string, ts []insight.TaskRollup) []TaskRollup {
	out := make([]TaskRollup, len(ts))
	for i, t := range ts {
		out[i] = TaskRollup{Task: wireTask(t.Task), Numbers: wireNumbers(t.Numbers, assignments(campaignID, t.Task.ID, "under", unitID))}
	}
	return out
}

// registered is the list of what is counted of one kind.
func registered(kind, unitID, campaignID string) string {
	q := "/" + kind + "?under=" + url.QueryEscape(unitID)
	if campaignID != "" {
		q += "&campaign_id=" + url.QueryEscape(campaignID)
	}
	return q
}

func wireRegister(r insight.Register, unitID, campaignID string) Register {
	w := Register{
		Findings: Findings{Query: registered("findings", unitID, campaignID), Total: r.FindingsTotal, Open: r.FindingsOpen, Closed: r.FindingsClosed, Relapses: r.Relapses, Items: []FindingCount{}},
		Rectifications: Rectifications{
			Query: registered("rectifications", unitID, campaignID),
			Total: r.RectificationsTotal, Open: r.RectificationsOpen, Overdue: r.RectificationsOverdue, OnTime: r.RectificationsOnTime,
			Late: r.RectificationsLate, LateOriginal: r.LateOriginal, Suspended: r.Suspended, Relapses: r.Reopened, States: wireCounts(r.Rectifications),
		},
		Inspections: Inspections{Query: registered("inspections", unitID, campaignID), States: wireCounts(r.Inspections), FailedAnswers: r.FailedAnswers},
	}
	for _, f := range r.Findings {
		w.Findings.Items = append(w.Findings.Items, FindingCount(f))
	}
	return w
}

func wireCounts(cs []insight.StateCount) []StateCount {
	out := make([]StateCount, len(cs))
	for i, c := range cs {
		out[i] = StateCount(c)
	}
	return out
}

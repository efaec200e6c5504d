package rest

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/deed"
)

type findingsIn struct {
	rest.Page
	FindingFilters
}

// FindingFilters select findings.
type FindingFilters struct {
	UnitID       string    `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under        string    `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
	State        []string  `query:"state" words:"state.finding" doc:"Only in these states" example:"open,rectifying"`
	Category     string    `query:"category" words:"category" doc:"Only of this category"`
	Severity     string    `query:"severity" words:"severity" doc:"Only of this severity"`
	CampaignID   string    `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
	InspectionID string    `query:"inspection_id" maxLength:"64" doc:"Only of this inspection"`
	DeviceID     string    `query:"device_id" maxLength:"64" doc:"Only of this device" example:"01985b2e-7c1a-7000-8000-000000000701"`
	Clause       string    `query:"clause" maxLength:"300" doc:"Only of this clause" example:"网络安全法 第二十一条"`
	Item         string    `query:"item" maxLength:"200" doc:"Only of this item of a checklist, whatever its version: series and key with a slash between" example:"terminal-rules/antivirus"`
	Sector       string    `query:"sector" maxLength:"60" doc:"Only at units of this sector" example:"education"`
	FoundFrom    string    `query:"from" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" patternDescription:"a month" doc:"Only found in this month or later" example:"2026-01"`
	FoundTo      string    `query:"to" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" patternDescription:"a month" doc:"Only found in this month or earlier" example:"2026-12"`
	Distinct     bool      `query:"distinct" doc:"Without dismissed ones and those that record an earlier one again, of those that are open to the caller"`
	Counted      string    `query:"counted" enum:"found,open,closed,relapses,on_time,on_time_original" doc:"Only what counts as this number of a roll-up" example:"open"`
	Relapse      rest.Flag `query:"relapse" doc:"Only those that repeat an earlier one, or do not"`
}

func (in FindingFilters) query() rectification.FindingQuery {
	series, key, _ := strings.Cut(in.Item, "/")
	return rectification.FindingQuery{
		Clause: in.Clause, ChecklistSeries: series, ItemKey: key, Sector: in.Sector, Distinct: in.Distinct,
		FoundFrom: month(in.FoundFrom, 0), FoundBefore: month(in.FoundTo, 1),
		UnitID: in.UnitID, UnderID: in.Under, States: in.State, Category: in.Category, Severity: in.Severity, Campaign: in.CampaignID,
		InspectionID: in.InspectionID, DeviceID: in.DeviceID, Counted: in.Counted, Relapse: in.Relapse.Ptr(),
	}
}

// month is when the month begins that lies some months after one; zero for none.
func month(of string, after int) time.Time {
	t, err := time.ParseInLocation("2006-01", of, clock.Shanghai)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, after, 0).UTC()
}

type findingBody struct {
	ID           string   `json:"id,omitempty" doc:"A UUID of your own making, so that you may send it again" example:"01985b2e-7c1a-7000-8000-000000000201"`
	InspectionID string   `json:"inspection_id,omitempty" doc:"Inspection it was found in"`
	ItemKey      string   `json:"item_key,omitempty" doc:"Failed item of that inspection; title, category, severity and clause come from it"`
	DeviceID     string   `json:"device_id,omitempty" doc:"Device of that inspection"`
	UnitID       string   `json:"unit_id,omitempty" doc:"Unit; compulsory without an inspection" example:"01985b2e-7c1a-7000-8000-000000000007"`
	CampaignID   string   `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	Title        string   `json:"title,omitempty" doc:"What is wrong; compulsory without an item" example:"未建立网络安全责任制"`
	Text         string   `json:"text,omitempty" doc:"What was found" example:"查无责任制文件，未明确分管领导"`
	Place        string   `json:"place,omitempty" doc:"Where" example:"二楼机房"`
	Category     string   `json:"category,omitempty" doc:"Category; compulsory without an item" example:"institutions"`
	Severity     string   `json:"severity,omitempty" doc:"Severity; compulsory without an item" example:"ordinary"`
	Clause       string   `json:"clause,omitempty" doc:"Law, standard or rule" example:"网络安全法 第二十一条"`
	DeadlineDays int      `json:"deadline_days,omitempty" doc:"Working days to rectify" example:"10"`
	RepeatsID    string   `json:"repeats_id,omitempty" doc:"Earlier finding of the unit that it repeats: a relapse"`
	FileIDs      []string `json:"file_ids,omitempty" doc:"Pictures and files of how it is now: before it is fixed"`
	Source       string   `json:"source,omitempty" doc:"What it comes from: the inspection it names, else the review of a submission, a report by somebody, or something else" example:"review"`
	SourceID     string   `json:"source_id,omitempty" doc:"The submission that was reviewed, or that reported it; compulsory for a review" example:"01985b2e-7c1a-7000-8000-000000000501"`
	OfficeID     string   `json:"office_id,omitempty" doc:"Office that you act for; needed only by somebody who acts there for several"`
}

type linkBody struct {
	FindingID string `json:"finding_id,omitempty" doc:"The earlier finding; not for none" example:"01985b2e-7c1a-7000-8000-000000000200"`
	Kind      string `json:"kind" doc:"What it repeats" example:"relapse"`
}

type after struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

func mountFindings(g *rest.Group, svc *rectification.Service) {
	register(g, rest.Op{
		ID: "list-findings", Method: http.MethodGet, Path: "/findings", Resource: "finding", Action: "read",
		Summary: "List findings", Description: "Findings in your reach, the latest first: found at units in your reach, or transferred to them to be rectified. Of those that are not open to you there is the outline, and filters that ask for more (category, severity, device_id, clause, item, relapse, counted=relapses) leave them out.",
	}, func(ctx context.Context, in *findingsIn) (*rest.Reply[rest.List[finding]], error) {
		q := in.query()
		q.Limit = in.Limit + 1
		var a after
		if _, err := in.Decode(&a); err != nil {
			return nil, err
		}
		q.AfterAt, q.AfterID = a.At, a.ID
		rows, err := svc.Findings(ctx, rest.Actor(ctx), q)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(mapped(rows, findingRow), in.Limit, func(f finding) any { return after{f.FoundAt, f.ID} })), nil
	})
	register(g, rest.Op{
		ID: "get-finding", Method: http.MethodGet, Path: "/findings/{id}", Resource: "finding", Action: "read",
		Summary: "Read a finding", Description: "One finding, or its outline where no more is open to you.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[finding], error) {
		return replyFinding(svc.Finding(ctx, rest.Actor(ctx), in.ID))
	})
	register(g, rest.Op{
		ID: "list-similar-findings", Method: http.MethodGet, Path: "/findings/{id}/similar", Resource: "finding", Action: "open",
		Summary: "Earlier findings it may repeat", Description: "At most 20 earlier findings of the same unit from the same item, of the same clause or with a similar text, the likest first. proposed says relapse where the earlier one was closed, duplicate where it is not; a person decides and links them.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[rest.List[finding]], error) {
		rows, err := svc.Similar(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.List[finding]{Items: mapped(rows, func(p rectification.Proposal) finding {
			f := findingRow(p.FindingView)
			f.Proposed, f.Because, f.Likeness = p.Kind, p.Because, p.Likeness
			return f
		})}), nil
	})
	register(g, rest.Op{
		ID: "link-finding", Input: rectification.Link{}, Method: http.MethodPost, Path: "/findings/{id}/link", Resource: "finding", Action: "dismiss",
		Summary: "Link to an earlier finding", Description: "Says that a finding repeats an earlier one of the same unit: a relapse of one that was closed, or a duplicate of one that is not. none takes the links back.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: linkBody{FindingID: "01985b2e-7c1a-7000-8000-000000000200", Kind: "relapse"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body linkBody
	}) (*rest.Reply[finding], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyFinding(svc.LinkFinding(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.Link(in.Body)))
	})
	register(g, rest.Op{
		ID: "record-finding", Input: rectification.FindingInput{}, Method: http.MethodPost, Path: "/findings", Resource: "finding", Action: "record", Status: http.StatusCreated,
		Summary: "Record a finding",
		Description: "Records what is wrong at a unit, never your own: from a failed answer of an inspection, or directly. " +
			"The id may be of your own making: the same id with the same content answers the same, with other content 409 and what is stored.",
		Example: findingBody{
			UnitID: "01985b2e-7c1a-7000-8000-000000000007", Title: "未建立网络安全责任制", Text: "查无责任制文件，未明确分管领导", Category: "institutions",
			Severity: "ordinary", Clause: "网络安全法 第二十一条", DeadlineDays: 10,
		},
	}, func(ctx context.Context, in *struct{ Body findingBody }) (*rest.Reply[finding], error) {
		return replyFinding(svc.RecordFinding(ctx, rest.Actor(ctx), rectification.FindingInput(in.Body)))
	})
	register(g, rest.Op{
		ID: "dismiss-finding", Input: rectification.Reason{}, Method: http.MethodPost, Path: "/findings/{id}/dismiss", Resource: "finding", Action: "dismiss",
		Summary: "Dismiss a finding", Description: "Dismisses an open finding with a reason; never by the inspector who recorded it.",
		IfMatch: true, Example: reasonBody{Reason: "复核后该机不属于本单位"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body reasonBody
	}) (*rest.Reply[finding], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyFinding(svc.DismissFinding(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.Reason(in.Body)))
	})
}

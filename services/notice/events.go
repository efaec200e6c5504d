package notice

import (
	"cmp"
	"strconv"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/id"
)

// Letter is one text to one circle of people about one event.
type Letter struct {
	Kind                   string
	SubjectType, SubjectID string
	UnitID                 string
	Params                 map[string]string
	To                     []Circle
	// Actor has the one who did it told as well.
	Actor bool
}

// Circle selects people. What is set adds up: the holders of Roles at UnitID
// exactly, or for the office OfficeID, the unit's Contact, the people of its
// superior, one Person.
type Circle struct {
	Roles  []string
	UnitID string
	// OfficeID means those who hold Roles for this office, wherever they hold them,
	// or for what it was merged into.
	OfficeID string
	// Contact adds the responsible person of UnitID.
	Contact bool
	// Superior means the unit above UnitID in place of UnitID.
	Superior bool
	// Anywhere means holders of Roles at any unit.
	Anywhere bool
	Person   string
}

// unit are the people who do the work of a unit.
func unit(id string) Circle {
	return Circle{Roles: []string{policy.Reporter, policy.Coordinator}, UnitID: id, Contact: true}
}

func at(unitID string, roles ...string) Circle { return Circle{Roles: roles, UnitID: unitID} }

func office(id string, roles ...string) Circle { return Circle{Roles: roles, OfficeID: id} }

func superior(id string, roles ...string) Circle {
	return Circle{Roles: roles, UnitID: id, Superior: true}
}

func who(id string) Circle { return Circle{Person: id} }

// rule makes letters of an assignment's or a rectification's event.
type rule[T any] struct {
	kind  string
	to    func(c T) []Circle
	actor bool
	// when bounds the rule; nil is always.
	when func(c T) bool
}

type (
	ac = event.AssignmentChange
	rc = event.RectificationChange
)

func workers(c ac) []Circle {
	return []Circle{unit(c.Assignment.UnitID), who(c.Assignment.ResponsibleID)}
}
func issuers(c ac) []Circle {
	return []Circle{office(cmp.Or(c.Assignment.IssuerOfficeID, c.Assignment.IssuerID), policy.CampaignManager, policy.Coordinator)}
}

// reviewers are those whose turn it is: the coordinators of a level between the
// unit and the issuer, or the office that handed it out.
func reviewers(c ac) []Circle {
	if level := id.LastOf(c.Assignment.ReviewerPath); level != c.Assignment.IssuerID {
		return []Circle{at(level, policy.Coordinator)}
	}
	return issuers(c)
}
func reviewed(c ac) bool { return c.Assignment.ReviewerPath != "" }
func formal(c ac) bool   { return c.Formal }
func informal(c ac) bool { return !c.Formal }

// assignmentRules say who is told what of an assignment. A person in several
// circles gets the first.
var assignmentRules = map[event.Type][]rule[ac]{
	event.AssignmentSubmitted:         {{kind: "assignment_submitted", to: reviewers, when: reviewed}},
	event.AssignmentSubmissionRefused: {{kind: "assignment_submission_refused", to: workers, actor: true}},
	event.AssignmentRecalled:          {{kind: "assignment_recalled", to: reviewers, when: reviewed}},
	event.AssignmentLevelApproved: {
		{kind: "assignment_submitted", to: reviewers, when: reviewed},
		{kind: "assignment_level_approved", to: workers},
	},
	event.AssignmentApproved:   {{kind: "assignment_approved", to: workers}},
	event.AssignmentReturned:   {{kind: "assignment_returned", to: workers}},
	event.AssignmentDeclined:   {{kind: "assignment_declined", to: issuers}},
	event.AssignmentReassigned: {{kind: "assignment_reassigned", to: workers}},
	event.AssignmentReinstated: {{kind: "assignment_reinstated", to: workers}},
	event.AssignmentCancelled:  {{kind: "assignment_cancelled", to: workers}},
	event.AssignmentUrged: {
		{kind: "assignment_urged", to: workers, when: informal},
		{kind: "supervision_notice", to: func(c ac) []Circle {
			return append(workers(c), at(c.Assignment.UnitID, policy.Leader))
		}, when: formal},
		{kind: "supervision_notice_copy", to: func(c ac) []Circle {
			return []Circle{superior(c.Assignment.UnitID, policy.Coordinator, policy.Leader)}
		}, when: formal},
	},
	event.AssignmentInstructed: {{kind: "assignment_instructed", to: workers}},
	event.AssignmentResponsibleChanged: {{kind: "assignment_responsible", to: func(c ac) []Circle {
		return []Circle{who(c.Assignment.ResponsibleID)}
	}}},
	event.ExtensionRequested: {{kind: "extension_requested", to: issuers}},
	event.ExtensionGranted:   {{kind: "extension_granted", to: workers}},
	event.ExtensionRefused:   {{kind: "extension_refused", to: workers}},
	event.ExtensionWithdrawn: {{kind: "extension_withdrawn", to: issuers, when: takenBack}},
}

func rectifiers(c rc) []Circle {
	r := c.Rectification
	return []Circle{unit(r.UnitID), at(r.UnitID, policy.Leader), who(r.ResponsibleID)}
}

func inspectors(c rc) []Circle {
	return []Circle{office(cmp.Or(c.Rectification.OfficeID, c.Rectification.IssuerID), policy.Inspector)}
}

// signers are those whose word is asked for before the unit reports.
func signers(c rc) []Circle   { return []Circle{at(c.Rectification.UnitID, policy.Leader)} }
func awaitsSignOff(c rc) bool { return c.Rectification.AwaitsSignOff }

// signedFirst leaves out what starts again after a rejection: there the unit has
// something to do before its leader has.
func signedFirst(c rc) bool { return awaitsSignOff(c) && c.From != "rejected" }

// rectificationRules say who is told what of a rectification.
var rectificationRules = map[event.Type][]rule[rc]{
	event.RectificationOrdered: {
		{kind: "rectification_ordered", to: rectifiers},
		{kind: "rectification_ordered_copy", to: func(c rc) []Circle {
			return []Circle{superior(c.Rectification.UnitID, policy.Coordinator, policy.Leader)}
		}, when: func(c rc) bool { return c.Rectification.CopyToSuperior }},
	},
	event.RectificationPlanned:       {{kind: "rectification_planned", to: inspectors}},
	event.RectificationStarted:       {{kind: "rectification_sign_off", to: signers, when: signedFirst}},
	event.RectificationMeasureDone:   {{kind: "rectification_sign_off", to: signers, when: awaitsSignOff}},
	event.RectificationPlanApproved:  {{kind: "rectification_plan_approved", to: rectifiers}},
	event.RectificationPlanReturned:  {{kind: "rectification_plan_returned", to: rectifiers}},
	event.RectificationCloseOutAsked: {{kind: "rectification_close_out_requested", to: inspectors}},
	event.RectificationReported:      {{kind: "rectification_reported", to: inspectors}},
	event.RectificationReportRefused: {{kind: "rectification_report_refused", to: rectifiers, actor: true}},
	event.RectificationRejected:      {{kind: "rectification_rejected", to: rectifiers}},
	event.RectificationClosed:        {{kind: "rectification_closed", to: rectifiers}},
	event.RectificationReopened:      {{kind: "rectification_reopened", to: rectifiers}},
	event.RectificationTransferred: {
		{kind: "rectification_ordered", to: rectifiers},
		{kind: "rectification_transferred", to: func(c rc) []Circle {
			return []Circle{unit(c.FromUnitID), at(c.FromUnitID, policy.Leader)}
		}},
	},
	event.RectificationContested:      {{kind: "rectification_contested", to: inspectors}},
	event.RectificationSettled:        {{kind: "rectification_settled", to: rectifiers}},
	event.RectificationSuspended:      {{kind: "rectification_suspended", to: rectifiers}},
	event.RectificationResumed:        {{kind: "rectification_resumed", to: rectifiers}},
	event.RectificationWithdrawn:      {{kind: "rectification_withdrawn", to: rectifiers}},
	event.RectificationExtended:       {{kind: "rectification_extended", to: rectifiers}},
	event.RectificationExtensionAsked: {{kind: "rectification_extension_requested", to: inspectors}},
	event.RectificationExtensionEnded: {{kind: "rectification_extension_withdrawn", to: inspectors}},
	event.RectificationStageChecked:   {{kind: "rectification_stage_checked", to: rectifiers}},
	event.RectificationHandedOver: {{kind: "rectification_handed_over", to: func(c rc) []Circle {
		return []Circle{who(c.ToPersonID)}
	}}},
	event.RectificationExtensionDenied: {{kind: "rectification_extension_refused", to: rectifiers}},
}

// others are the events with a rule of their own.
var others = map[event.Type]func(event.Event) ([]Letter, error){
	event.AssignmentsIssued:          issued,
	event.InspectionPlanned:          inspection("inspection_planned"),
	event.InspectionCancelled:        inspection("inspection_cancelled"),
	event.InspectionObjected:         objected,
	event.InspectionObjectionDecided: inspection("objection_decided"),
	event.GrantGiven:                 grant("grant_given"),
	event.GrantWithdrawn:             grant("grant_withdrawn"),
	event.AccountLocked: account("account_locked", func(event.Session) Circle {
		return Circle{Roles: []string{policy.SystemAdministrator}, Anywhere: true}
	}),
	event.FileRefused:     fileRefused,
	event.PasswordChanged: account("password_changed", func(s event.Session) Circle { return who(s.PersonID) }),
}

// Silent are the events nobody is told of, with the reason.
var Silent = map[event.Type]string{
	event.UnitsChanged:                   "keeps the copy of the tree",
	event.UnitMoved:                      "keeps the copy of the tree",
	event.PersonsChanged:                 "keeps the copy of people",
	event.SessionStarted:                 "the person's own doing",
	event.SessionEnded:                   "the person's own doing, or no longer there to read it",
	event.SignInFailed:                   "told when the account is locked",
	event.InstallationSetUp:              "the first people there are",
	event.CampaignDrafted:                "not issued yet",
	event.CampaignRevised:                "not issued yet, or a change of description",
	event.CampaignIssuing:                "each unit is told of its own assignment",
	event.CampaignActive:                 "each unit is told of its own assignment",
	event.CampaignClosed:                 "nothing is asked of anybody",
	event.CampaignArchived:               "nothing is asked of anybody",
	event.CampaignCancelled:              "each unit is told of its own assignment",
	event.TemplateKept:                   "nothing is asked of anybody",
	event.TemplateRevised:                "nothing is asked of anybody",
	event.TemplateDropped:                "nothing is asked of anybody",
	event.AssignmentAcknowledged:         "shown by the roll-ups",
	event.AssignmentReviewStarted:        "its outcome is told",
	event.AssignmentTakenOver:            "nothing is asked of the unit; it waits on the workbench of the county",
	event.AssignmentDelegated:            "the units below are told of their own assignments",
	event.AssignmentChildrenChanged:      "shown by the roll-ups",
	event.AssignmentProgressReported:     "shown by the roll-ups",
	event.FileReceived:                   "the person's own doing",
	event.FileExamined:                   "shown where the file is",
	event.FileCleared:                    "nothing is asked of anybody",
	event.FileDownloaded:                 "kept by the audit trail",
	event.SubmissionSealed:               "told when it is taken in",
	event.SubmissionAccepted:             "told by the assignment or rectification",
	event.SubmissionReturned:             "told by the assignment or rectification",
	event.SubmissionRecalled:             "told by the assignment or rectification",
	event.SubmissionDiscarded:            "the person's own doing",
	event.ChecklistDrafted:               "nothing is asked of anybody",
	event.ChecklistRevised:               "nothing is asked of anybody",
	event.InspectionConfirmed:            "shown in the register",
	event.InspectionRevised:              "not sent yet",
	event.InspectionAmended:              "told by the order that follows",
	event.ChecklistPublished:             "nothing is asked of anybody",
	event.InspectionSent:                 "told by the order that follows",
	event.DrawDrawn:                      "nobody is warned of a spot check",
	event.DrawPlanned:                    "each unit is told of its own inspection, or not",
	event.DrawRevised:                    "shown to whoever may plan them",
	event.DeviceRegistered:               "shown in the register",
	event.DeviceChanged:                  "shown in the register",
	event.FindingOpened:                  "told by the order that follows",
	event.FindingRectifying:              "told by the order",
	event.FindingClosed:                  "told by the rectification",
	event.FindingDismissed:               "nothing is asked of the unit",
	event.FindingLinked:                  "shown in the register",
	event.FindingReopened:                "told by the rectification",
	event.FindingTransferred:             "told by the rectification",
	event.FindingsTold:                   "nothing changed",
	event.CampaignsTold:                  "nothing changed",
	event.AssignmentsTold:                "nothing changed",
	event.SubmissionsTold:                "nothing changed",
	event.InspectionsTold:                "nothing changed",
	event.RectificationsTold:             "nothing changed",
	event.UnitsTold:                      "nothing changed",
	event.CodesChanged:                   "shown wherever units are",
	event.LeadOfficesChanged:             "shown at the area",
	event.CodesTold:                      "nothing changed",
	event.LeadOfficesTold:                "nothing changed",
	event.PersonsTold:                    "nothing changed",
	event.AssignmentCopyAsked:            "nothing changed",
	event.EvidenceCopyAsked:              "nothing changed",
	event.RectificationCopyAsked:         "nothing changed",
	event.InsightCopyAsked:               "nothing changed",
	event.NoticeCopyAsked:                "nothing changed",
	event.RectificationAcknowledged:      "shown in the register",
	event.RectificationMeasureProgressed: "shown in the register",
	event.RectificationSignedOff:         "shown in the register",
	event.RectificationVerifying:         "its outcome is told",
	event.FileAltered:                    "kept by the audit trail, and in the log of the machine it happened on",
	event.FileDeleted:                    "kept by the audit trail",
	event.RetentionSet:                   "kept by the audit trail",
	event.FileRestored:                   "kept by the audit trail",
	event.FileCaptureViewed:              "kept by the audit trail",
	event.MatchFound:                     "shown to whoever reviews the submission",
	event.MatchConfirmed:                 "kept by the audit trail",
	event.MatchDismissed:                 "kept by the audit trail",
	event.MatchShared:                    "kept by the audit trail",
}

// Told lists the event types that make notices.
func Told() []event.Type {
	var ts []event.Type
	for _, k := range event.Kinds() {
		if tells(k.Type) {
			ts = append(ts, k.Type)
		}
	}
	return ts
}

func tells(t event.Type) bool {
	_, a := assignmentRules[t]
	_, r := rectificationRules[t]
	_, o := others[t]
	return a || r || o
}

// Letters says who is told what of e. It fails only when the data of e is
// not what its type says.
func Letters(e event.Event) ([]Letter, error) {
	if rs, ok := assignmentRules[e.Type]; ok {
		c, err := event.Decode[ac](e)
		return apply(rs, c, aboutAssignment(e, c)), err
	}
	if rs, ok := rectificationRules[e.Type]; ok {
		c, err := event.Decode[rc](e)
		return apply(rs, c, aboutRectification(e, c)), err
	}
	if f, ok := others[e.Type]; ok {
		return f(e)
	}
	return nil, nil
}

func apply[T any](rs []rule[T], c T, about Letter) []Letter {
	var ls []Letter
	for _, r := range rs {
		if r.when != nil && !r.when(c) {
			continue
		}
		l := about
		l.Kind, l.To, l.Actor = r.kind, r.to(c), r.actor
		ls = append(ls, l)
	}
	return ls
}

// takenBack: a request that ended by itself needs no notice; what ended it does.
func takenBack(c ac) bool { return c.Extension == nil || !c.Extension.Ended }

func aboutAssignment(e event.Event, c ac) Letter {
	p := params(e)
	p["campaign"], p["task"], p["text"] = c.Campaign, c.Task, c.Text
	p["due_at"] = stamp(c.Assignment.DueAt)
	if x := c.Extension; x != nil {
		p["wanted_at"], p["reason"] = stamp(x.DueAt), x.Reason
		if x.Answer != "" {
			p["reason"] = x.Answer
		}
	}
	return Letter{SubjectType: "assignment", SubjectID: c.Assignment.ID, UnitID: c.Assignment.UnitID, Params: p}
}

func aboutRectification(e event.Event, c rc) Letter {
	r, p := c.Rectification, params(e)
	p["number"], p["title"], p["text"], p["due_at"] = r.Number, r.Title, c.Text, stamp(r.DueAt)
	return Letter{SubjectType: "rectification", SubjectID: r.ID, UnitID: r.UnitID, Params: p}
}

func issued(e event.Event) ([]Letter, error) {
	d, err := event.Decode[event.Issued](e)
	if err != nil {
		return nil, err
	}
	ls := make([]Letter, 0, len(d.Assignments))
	for _, a := range d.Assignments {
		p := params(e)
		p["campaign"], p["task"], p["due_at"] = d.Campaign, d.Task.Title, stamp(a.DueAt)
		p["campaign_id"] = d.CampaignID
		ls = append(ls, Letter{
			Kind: "assignment_issued", SubjectType: "assignment", SubjectID: a.ID, UnitID: a.UnitID, Params: p,
			To: []Circle{unit(a.UnitID), who(a.ResponsibleID)},
		})
	}
	return ls, nil
}

// inspection tells the unit of inspections it has to prepare for; a spot
// check or a look-back is worth nothing when it is announced.
func inspection(kind string) func(event.Event) ([]Letter, error) {
	return func(e event.Event) ([]Letter, error) {
		d, err := event.Decode[event.Inspection](e)
		if err != nil || d.Unannounced() {
			return nil, err
		}
		return []Letter{{
			Kind: kind, SubjectType: "inspection", SubjectID: d.ID, UnitID: d.UnitID, Params: params(e),
			To: []Circle{unit(d.UnitID), at(d.UnitID, policy.Leader)},
		}}, nil
	}
}

// objected tells the inspectors of the office that a unit objects.
func objected(e event.Event) ([]Letter, error) {
	d, err := event.Decode[event.Inspection](e)
	if err != nil {
		return nil, err
	}
	return []Letter{{
		Kind: "inspection_objected", SubjectType: "inspection", SubjectID: d.ID, UnitID: d.UnitID, Params: params(e),
		To: []Circle{office(d.OfficeID, policy.Inspector)},
	}}, nil
}

func grant(kind string) func(event.Event) ([]Letter, error) {
	return func(e event.Event) ([]Letter, error) {
		g, err := event.Decode[event.Grant](e)
		if err != nil {
			return nil, err
		}
		p := params(e)
		p["role"] = g.Role
		return []Letter{{Kind: kind, SubjectType: "unit", SubjectID: g.UnitID, UnitID: g.UnitID, Params: p, To: []Circle{who(g.PersonID)}}}, nil
	}
}

func account(kind string, to func(event.Session) Circle) func(event.Event) ([]Letter, error) {
	return func(e event.Event) ([]Letter, error) {
		s, err := event.Decode[event.Session](e)
		if err != nil {
			return nil, err
		}
		p := params(e)
		p["account"] = s.Account
		return []Letter{{Kind: kind, SubjectType: "person", SubjectID: s.PersonID, Params: p, To: []Circle{to(s)}}}, nil
	}
}

// fileRefused tells the one who sent a file that was not kept after all. What it
// is called stays in the evidence service.
func fileRefused(e event.Event) ([]Letter, error) {
	f, err := event.Decode[event.File](e)
	if err != nil {
		return nil, err
	}
	return []Letter{{Kind: "file_refused", SubjectType: "file", SubjectID: f.ID, UnitID: f.UnitID, Params: params(e), To: []Circle{who(f.OwnerID)}}}, nil
}

// params are those every text may use.
func params(e event.Event) map[string]string {
	return map[string]string{"actor": e.ActorName, "reason": e.Reason}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// merge folds several letters of one event to one person into one: a clerk of
// many units that are all given the same task is told once.
func merge(first Letter, more int) Letter {
	if first.Kind != "assignment_issued" || more == 0 {
		return first
	}
	first.Kind = "assignments_issued"
	p := make(map[string]string, len(first.Params)+1)
	for k, v := range first.Params {
		p[k] = v
	}
	p["count"] = strconv.Itoa(more + 1)
	first.Params = p
	first.SubjectType, first.SubjectID = "campaign", p["campaign_id"]
	return first
}

package event

// Whoever keeps a copy of what another service owns, and lacks something of it,
// asks that service to tell it again. What is told again says nothing new: it
// carries things as they are, at the version they have, and nobody but copies takes it.
const (
	AssignmentCopyAsked    Type = "assignment.copy.asked.v1"
	EvidenceCopyAsked      Type = "evidence.copy.asked.v1"
	RectificationCopyAsked Type = "rectification.copy.asked.v1"
	InsightCopyAsked       Type = "insight.copy.asked.v1"
	NoticeCopyAsked        Type = "notice.copy.asked.v1"

	UnitsTold   Type = "directory.units.told.v1"
	PersonsTold Type = "directory.persons.told.v1"

	CodesTold       Type = "directory.codes.told.v1"
	LeadOfficesTold Type = "directory.lead_offices.told.v1"

	CampaignsTold   Type = "assignment.campaigns.told.v1"
	AssignmentsTold Type = "assignment.assignments.told.v1"

	SubmissionsTold Type = "evidence.submissions.told.v1"

	FindingsTold       Type = "rectification.findings.told.v1"
	InspectionsTold    Type = "rectification.inspections.told.v1"
	RectificationsTold Type = "rectification.rectifications.told.v1"
)

func init() {
	const asked = "The service keeps a copy that lacks something, and asks its owner to tell it again."
	define(CopyAsked{}, map[Type]string{
		AssignmentCopyAsked: asked, EvidenceCopyAsked: asked, RectificationCopyAsked: asked, InsightCopyAsked: asked, NoticeCopyAsked: asked,
	})
	define(Units{}, map[Type]string{
		UnitsTold: "Units were told again for those who lack something of them; nothing changed. At most 500 an event, each as it is now, at the version it has.",
	})
	define(Persons{}, map[Type]string{
		PersonsTold: "People were told again for those who lack something of them; nothing changed. At most 500 an event, each as they are now, at the version they have.",
	})
	define(Codes{}, map[Type]string{
		CodesTold: "Values of the code lists were told again for those who lack something of them; nothing changed. At most 500 an event, each as it is now, at the version it has.",
	})
	define(LeadOffices{}, map[Type]string{
		LeadOfficesTold: "Lead offices were told again for those who lack something of them; nothing changed. At most 500 an event, each as it is now, at the version it has.",
	})
	told := func(what string) string {
		return what + " were told again for those who lack something of them; nothing changed. At most 200 an event, each as it is now, at the version it has."
	}
	define(Campaigns{}, map[Type]string{CampaignsTold: told("Campaigns")})
	define(Assignments{}, map[Type]string{AssignmentsTold: told("Assignments")})
	define(Submissions{}, map[Type]string{SubmissionsTold: told("Submissions that were sealed once")})
	define(Findings{}, map[Type]string{FindingsTold: told("Findings")})
	define(Inspections{}, map[Type]string{InspectionsTold: told("Inspections")})
	define(Rectifications{}, map[Type]string{RectificationsTold: told("Rectifications")})
}

// Campaigns are campaigns with their tasks.
type Campaigns struct {
	Campaigns []Campaign `json:"campaigns"`
}

// Assignments are assignments, those of a task together.
type Assignments struct {
	Issued []Issued `json:"issued"`
}

// Submissions are sealed versions, with what became of them.
type Submissions struct {
	Submissions []Submission `json:"submissions"`
}

// Findings are findings.
type Findings struct {
	Findings []Finding `json:"findings"`
}

// Inspections are inspections.
type Inspections struct {
	Inspections []Inspection `json:"inspections"`
}

// Rectifications are rectifications.
type Rectifications struct {
	Rectifications []Rectification `json:"rectifications"`
}

// CopyAsked names what is to be told again.
type CopyAsked struct {
	Owner  string `json:"owner"`  // the service
	Things string `json:"things"` // as "units"
}

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
}

// CopyAsked names what is to be told again.
type CopyAsked struct {
	Owner  string `json:"owner"`  // the service
	Things string `json:"things"` // as "units"
}

package rectification

// What somebody may do to a thing now: computed for each answer, never stored.

// InspectionMay is what somebody may do to an inspection.
type InspectionMay struct{ Update, Answer, Send, Cancel, Amend, Respond, DecideObjection, RecordFindings bool }

// DrawMay is what somebody may do to a draw.
type DrawMay struct{ Plan bool }

// DeviceMay is what somebody may do to a registered device.
type DeviceMay struct{ Update bool }

// FindingMay is what somebody may do to a finding.
type FindingMay struct{ Dismiss, Link, Order bool }

// CaseMay is what somebody may do to a rectification.
type CaseMay struct {
	Acknowledge, Start, Plan, Report, ApprovePlan, SignOff, ApplyCloseOut, FixOnSpot bool
	BeginVerification, Verify, Reopen                                                bool
	Transfer, Bounce, Settle, Suspend, CheckStage, Resume, Withdraw                  bool
	RequestExtension, WithdrawExtension, DecideExtension                             bool
}

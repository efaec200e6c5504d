package rectification

import "github.com/duban/duban/api/words"

// State is the state of a rectification.
type State string

// The states.
const (
	Ordered      State = "ordered"
	Acknowledged State = "acknowledged"
	Rectifying   State = "rectifying"
	Reported     State = "reported"
	Verifying    State = "verifying"
	Rejected     State = "rejected"
	Closed       State = "closed"
	Withdrawn    State = "withdrawn"
)

// States are all of them.
var States = words.Typed[State]("state.rectification")

// Action is what can be done to a rectification.
type Action string

// The actions.
const (
	ActOrder             Action = "order" // makes it; never a transition
	ActAcknowledge       Action = "acknowledge"
	ActStart             Action = "start"
	ActPlan              Action = "plan"
	ActMeasureDone       Action = "measure_done"
	ActMeasureProgress   Action = "measure_progress"
	ActApprovePlan       Action = "approve_plan"
	ActReturnPlan        Action = "return_plan"
	ActSignOff           Action = "sign_off"
	ActApplyCloseOut     Action = "apply_close_out"
	ActReport            Action = "report"
	ActFixOnSpot         Action = "fix_on_spot"
	ActRefuseReport      Action = "refuse_report"
	ActBegin             Action = "begin_verification"
	ActClose             Action = "close"
	ActReject            Action = "reject"
	ActReopen            Action = "reopen"
	ActTransfer          Action = "transfer"
	ActBounce            Action = "bounce"
	ActContest           Action = "contest"
	ActSettle            Action = "settle"
	ActSuspend           Action = "suspend"
	ActCheckStage        Action = "check_stage"
	ActResume            Action = "resume"
	ActWithdraw          Action = "withdraw"
	ActRequestExtension  Action = "request_extension"
	ActWithdrawExtension Action = "withdraw_extension"
	ActGrantExtension    Action = "grant_extension"
	ActRefuseExtension   Action = "refuse_extension"
	// Who had something of it has left.
	ActChangeResponsible Action = "change_responsible"
	ActHandMeasures      Action = "hand_measures"
	ActChangeVerifier    Action = "change_verifier"
)

// machine is every transition there is. Actions that lead to the state they
// start from are recorded and change no state.
var machine = build()

func build() map[State]map[Action]State {
	m := map[State]map[Action]State{
		Ordered:      {ActAcknowledge: Acknowledged, ActFixOnSpot: Reported, ActBounce: Ordered, ActContest: Ordered, ActSettle: Ordered},
		Acknowledged: {ActPlan: Rectifying, ActStart: Rectifying},
		Rectifying:   {ActPlan: Rectifying, ActMeasureDone: Rectifying, ActMeasureProgress: Rectifying, ActApprovePlan: Rectifying, ActReturnPlan: Rectifying, ActReport: Reported},
		Reported:     {ActBegin: Verifying, ActApplyCloseOut: Reported},
		Verifying:    {ActClose: Closed, ActReject: Rejected, ActApplyCloseOut: Verifying, ActChangeVerifier: Verifying},
		Rejected:     {ActStart: Rectifying},
		Closed:       {ActReopen: Ordered},
		Withdrawn:    {},
	}
	for _, s := range States {
		m[s][ActRefuseReport] = s
		if s.Unit() {
			m[s][ActTransfer] = Ordered
			for _, a := range []Action{ActSignOff, ActSuspend, ActCheckStage, ActResume, ActRequestExtension, ActGrantExtension, ActRefuseExtension, ActWithdrawExtension} {
				m[s][a] = s
			}
		}
		if s.Open() {
			m[s][ActWithdraw] = Withdrawn
			m[s][ActChangeResponsible], m[s][ActHandMeasures] = s, s
		}
	}
	return m
}

// Unit tells that it is the unit's turn.
func (s State) Unit() bool {
	return s == Ordered || s == Acknowledged || s == Rectifying || s == Rejected
}

// Open tells that it is neither closed nor withdrawn.
func (s State) Open() bool { return s != Closed && s != Withdrawn }

// Allows tells whether the state has a transition for the action.
func (s State) Allows(a Action) bool { _, ok := machine[s][a]; return ok }

// Next is the state after the action; a fault when there is no such transition.
func (s State) Next(a Action) (State, error) {
	to, ok := machine[s][a]
	if !ok {
		return s, verbs.WrongState(string(a), string(s))
	}
	return to, nil
}

// Before are the steps that an action takes first, each recorded on its own,
// where the unit skipped them.
func (s State) Before(a Action) []Action {
	switch a {
	case ActStart:
		if s == Ordered {
			return []Action{ActAcknowledge}
		}
	case ActPlan:
		switch s {
		case Ordered:
			return []Action{ActAcknowledge}
		case Rejected:
			return []Action{ActStart}
		}
	case ActMeasureDone, ActMeasureProgress, ActReport:
		switch s {
		case Ordered:
			return []Action{ActAcknowledge, ActStart}
		case Acknowledged, Rejected:
			return []Action{ActStart}
		}
	}
	return nil
}

// Reaches tells whether the action is possible, with the steps before it.
func (s State) Reaches(a Action) bool {
	for _, b := range append(s.Before(a), a) {
		next, err := s.Next(b)
		if err != nil {
			return false
		}
		s = next
	}
	return true
}

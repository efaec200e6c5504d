package rest

type checklistMay struct {
	Update     bool `json:"update" doc:"Change the draft" example:"true"`
	Publish    bool `json:"publish" doc:"Publish the draft" example:"true"`
	NewVersion bool `json:"new_version" doc:"Begin the next version" example:"false"`
}

type inspectionMay struct {
	Update          bool `json:"update" doc:"Change what is planned" example:"true"`
	Answer          bool `json:"answer" doc:"Save answers" example:"true"`
	Send            bool `json:"send" doc:"Send it" example:"true"`
	Cancel          bool `json:"cancel" doc:"Call it off" example:"true"`
	Amend           bool `json:"amend" doc:"Add what was overlooked" example:"false"`
	Respond         bool `json:"respond" doc:"Confirm the results or object to them" example:"false"`
	DecideObjection bool `json:"decide_objection" doc:"Decide the objection" example:"false"`
	RecordFindings  bool `json:"record_findings" doc:"Take up what failed in a self-check" example:"false"`
}

type drawMay struct {
	Plan bool `json:"plan" doc:"Plan the inspections that were drawn" example:"true"`
}

type deviceMay struct {
	Update bool `json:"update" doc:"Change or retire it" example:"true"`
}

type findingMay struct {
	Dismiss bool `json:"dismiss" doc:"Dismiss it" example:"false"`
	Link    bool `json:"link" doc:"Link it to an earlier one" example:"true"`
	Order   bool `json:"order" doc:"Order its rectification" example:"true"`
}

type caseMay struct {
	Acknowledge       bool `json:"acknowledge" doc:"Acknowledge it" example:"false"`
	Start             bool `json:"start" doc:"Start without a plan, or again" example:"false"`
	Plan              bool `json:"plan" doc:"Give a plan" example:"false"`
	Report            bool `json:"report" doc:"Report it through a submission" example:"false"`
	ApprovePlan       bool `json:"approve_plan" doc:"Decide the plan" example:"false"`
	SignOff           bool `json:"sign_off" doc:"Sign it off" example:"false"`
	ApplyCloseOut     bool `json:"apply_close_out" doc:"Apply for its close-out" example:"false"`
	FixOnSpot         bool `json:"fix_on_spot" doc:"Report it as fixed on the spot" example:"false"`
	BeginVerification bool `json:"begin_verification" doc:"Take the report up" example:"true"`
	Verify            bool `json:"verify" doc:"Close it, or reject the report" example:"false"`
	Reopen            bool `json:"reopen" doc:"Open it again" example:"false"`
	Transfer          bool `json:"transfer" doc:"Give it to another unit" example:"false"`
	Bounce            bool `json:"bounce" doc:"Say that it is another unit's" example:"false"`
	Settle            bool `json:"settle" doc:"Say, as the arbiter, whose it is" example:"false"`
	Suspend           bool `json:"suspend" doc:"Make it long-term" example:"false"`
	CheckStage        bool `json:"check_stage" doc:"Check a stage off" example:"false"`
	Resume            bool `json:"resume" doc:"End the long-term way" example:"false"`
	Withdraw          bool `json:"withdraw" doc:"Take the order back" example:"true"`
	RequestExtension  bool `json:"request_extension" doc:"Ask for a later deadline" example:"false"`
	WithdrawExtension bool `json:"withdraw_extension" doc:"Take the request back" example:"false"`
	DecideExtension   bool `json:"decide_extension" doc:"Decide the request" example:"false"`
}

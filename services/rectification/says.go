package rectification

import (
	"embed"

	"github.com/duban/duban/services/internal/fault"
)

// Texts holds the texts of the service's problems, a file a language.
//
//go:embed i18n/*.json
var Texts embed.FS

// verbs are what is said of the actions on a rectification, and of its steps.
var verbs = fault.Verbs{States: "state.rectification", Of: map[string]fault.Verb{
	"open":                               {Denied: "This rectification is another office's; only its outline is open to you."},
	"acknowledge":                        {Denied: "You may see this rectification, but not acknowledge it.", Cannot: "The rectification is %s; it cannot be acknowledged."},
	"start":                              {Denied: "You may see this rectification, but not start it.", Cannot: "The rectification is %s; it cannot be started."},
	"plan":                               {Denied: "You may see this rectification, but not plan it.", Cannot: "The rectification is %s; no plan can be given."},
	"decide the plan of":                 {Denied: "You may see this rectification, but not decide about its plan."},
	"mark a measure of":                  {Denied: "You may see this rectification, but not mark its measures.", Cannot: "The rectification is %s; its measures cannot be marked."},
	"measure_done":                       {Cannot: "The rectification is %s; its measures cannot be marked."},
	"measure_progress":                   {Cannot: "The rectification is %s; no progress of its measures can be reported."},
	"report the progress of":             {Denied: "You may see this rectification, but not report the progress of its measures.", Cannot: "The rectification is %s; no progress of its measures can be reported."},
	"sign off":                           {Denied: "You may see this rectification, but not sign it off.", Cannot: "The rectification is %s; it cannot be signed off."},
	"sign_off":                           {Cannot: "The rectification is %s; it cannot be signed off."},
	"apply for the close-out of":         {Denied: "You may see this rectification, but not apply to have it closed out.", Cannot: "The rectification is %s; no close-out can be applied for."},
	"apply_close_out":                    {Cannot: "The rectification is %s; no close-out can be applied for."},
	"report":                             {Cannot: "The rectification is %s; it cannot be reported."},
	"fix_on_spot":                        {Cannot: "The rectification is %s; it cannot be reported as fixed on the spot."},
	"begin verification of":              {Cannot: "The rectification is %s; there is nothing to verify yet."},
	"begin_verification":                 {Cannot: "The rectification is %s; there is nothing to verify yet."},
	"verify":                             {Denied: "You may see this rectification, but not verify it.", Cannot: "The rectification is %s; it is not being verified."},
	"close":                              {Cannot: "The rectification is %s; it cannot be closed out."},
	"reject":                             {Cannot: "The rectification is %s; it cannot be rejected."},
	"reopen":                             {Denied: "You may see this rectification, but not reopen it.", Cannot: "The rectification is %s; it cannot be reopened."},
	"transfer":                           {Denied: "You may see this rectification, but not transfer it.", Cannot: "The rectification is %s; it cannot be transferred."},
	"bounce":                             {Denied: "You may see this rectification, but not say that it belongs to another unit.", Cannot: "The rectification is %s; it can no longer be refused as another unit's."},
	"contest":                            {Cannot: "The rectification is %s; it can no longer be refused as another unit's."},
	"settle":                             {Denied: "You may see this rectification, but not settle whose it is.", Cannot: "The rectification is %s; there is nothing to settle."},
	"suspend":                            {Denied: "You may see this rectification, but not suspend it.", Cannot: "The rectification is %s; it cannot be suspended."},
	"check a stage of":                   {Denied: "You may see this rectification, but not check off its stages.", Cannot: "The rectification is %s; its stages cannot be checked off."},
	"check_stage":                        {Cannot: "The rectification is %s; its stages cannot be checked off."},
	"resume":                             {Denied: "You may see this rectification, but not resume it.", Cannot: "The rectification is %s; it cannot be resumed."},
	"withdraw":                           {Denied: "You may see this rectification, but not withdraw it.", Cannot: "The rectification is %s; it cannot be withdrawn."},
	"ask for an extension of":            {Denied: "You may see this rectification, but not ask for a later deadline of it.", Cannot: "The rectification is %s; no later deadline can be asked for."},
	"request_extension":                  {Cannot: "The rectification is %s; no later deadline can be asked for."},
	"take back the extension request of": {Denied: "You may see this rectification, but not take back its request for a later deadline."},
	"withdraw_extension":                 {Cannot: "The rectification is %s; no request for a later deadline can be taken back."},
	"decide an extension of":             {Denied: "You may see this rectification, but not decide about its deadline."},
	"grant_extension":                    {Cannot: "The rectification is %s; its deadline cannot be moved."},
	"refuse_extension":                   {Cannot: "The rectification is %s; no request for a later deadline can be refused."},
	"approve_plan":                       {Cannot: "The rectification is %s; no plan waits for a decision."},
	"return_plan":                        {Cannot: "The rectification is %s; no plan waits for a decision."},
}}

// inspectionVerbs are what is said of the actions on an inspection.
var inspectionVerbs = fault.Verbs{States: "state.inspection", Of: map[string]fault.Verb{
	"open":                   {Denied: "This inspection is another office's; only its outline is open to you."},
	"change":                 {Denied: "You may see this inspection, but not change it.", Cannot: "The inspection is %s; it can no longer be changed."},
	"answer":                 {Denied: "You may see this inspection, but not fill it in.", Cannot: "The inspection is %s; it can no longer be filled in."},
	"send":                   {Denied: "You may see this inspection, but not send it.", Cannot: "The inspection is %s; it cannot be sent."},
	"cancel":                 {Denied: "You may see this inspection, but not cancel it.", Cannot: "The inspection is %s; it cannot be cancelled."},
	"amend":                  {Denied: "You may see this inspection, but not add to it.", Cannot: "The inspection is %s; nothing can be added to it."},
	"confirm":                {Denied: "You may see this inspection, but not confirm its results.", Cannot: "The inspection is %s; there are no results to confirm."},
	"object to":              {Denied: "You may see this inspection, but not object to its results.", Cannot: "The inspection is %s; there are no results to object to."},
	"decide an objection to": {Denied: "You may see this inspection, but not decide about objections to it."},
	"record findings from":   {Denied: "You may see this inspection, but not record findings from it.", Cannot: "The inspection is %s; no findings can be recorded from it."},
}}

// findingVerbs are what is said of the actions on a finding.
var findingVerbs = fault.Verbs{States: "state.finding", Of: map[string]fault.Verb{
	FindingOrder:   {Cannot: "The finding is %s; its rectification cannot be ordered."},
	FindingClose:   {Cannot: "The finding is %s; it cannot be closed out."},
	FindingDismiss: {Denied: "You may see this finding, but not dismiss it.", Cannot: "The finding is %s; it cannot be dismissed."},
	FindingReopen:  {Cannot: "The finding is %s; it cannot be reopened."},
	FindingRelease: {Cannot: "The finding is %s; it is part of no order."},
	"open":         {Denied: "This finding is another office's; only its outline is open to you."},
	"link":         {Denied: "You may see this finding, but not link it.", Cannot: "The finding is %s; it can no longer be linked."},
}}

// unitVerbs are what is said of what an inspector does about a unit.
var unitVerbs = fault.Verbs{Of: map[string]fault.Verb{
	"plan an inspection": {Denied: "You may see this unit, but not plan inspections of it."},
	"draw":               {Denied: "You may see this unit, but not draw from what is below it."},
	"record findings":    {Denied: "You may see this unit, but not record findings of it."},
	"register devices":   {Denied: "You may see this unit, but not register its devices."},
}}

// drawVerbs are what is said of the actions on a draw.
var drawVerbs = fault.Verbs{States: "state.draw", Of: map[string]fault.Verb{
	"plan": {Denied: "You may see this draw, but not plan its inspections.", Cannot: "The draw is %s; its inspections cannot be planned."},
}}

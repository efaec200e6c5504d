package directory

import "github.com/duban/duban/services/internal/fault"

// personVerbs are what is said of the actions on a person.
var personVerbs = fault.Verbs{Of: map[string]fault.Verb{
	"change":                {Denied: "You may see this person, but not change them."},
	"disable":               {Denied: "You may see this person, but not disable the account."},
	"enable":                {Denied: "You may see this person, but not enable the account."},
	"unlock":                {Denied: "You may see this person, but not unlock the account."},
	"reset the password of": {Denied: "You may see this person, but not reset the password."},
}}

// unitVerbs are what is said of the actions on a unit.
var unitVerbs = fault.Verbs{Of: map[string]fault.Verb{
	"change":           {Denied: "You may see this unit, but not change it."},
	"add units to":     {Denied: "You may see this unit, but not add units below it."},
	"add people to":    {Denied: "You may see this unit, but not add people to it."},
	"grant roles at":   {Denied: "You may see this unit, but not grant roles at it."},
	"move":             {Denied: "You may see this unit, but not move it."},
	"move units to":    {Denied: "You may see this unit, but not move units below it."},
	"deactivate":       {Denied: "You may see this unit, but not deactivate it."},
	"activate":         {Denied: "You may see this unit, but not activate it."},
	"merge":            {Denied: "You may see this unit, but not merge it."},
	"merge units into": {Denied: "You may see this unit, but not merge other units into it."},
	"split":            {Denied: "You may see this unit, but not split it."},
}}

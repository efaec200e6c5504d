package host

import "github.com/duban/duban/policy"

// Engine is what decides in this process.
func (h *Host) Engine() *policy.Engine { return h.engine }

// Lock claims a data folder.
var Lock = lock

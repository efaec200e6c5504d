package host

import (
	assignment "github.com/duban/duban/services/assignment/module"
	audit "github.com/duban/duban/services/audit/module"
	directory "github.com/duban/duban/services/directory/module"
	evidence "github.com/duban/duban/services/evidence/module"
	insight "github.com/duban/duban/services/insight/module"
	"github.com/duban/duban/services/internal/module"
	notice "github.com/duban/duban/services/notice/module"
	rectification "github.com/duban/duban/services/rectification/module"
)

type service struct {
	name string
	make func(module.Deps) (module.Service, error)
}

// services are all there are; nothing else in the program lists them but
// migrations.Services.
var services = []service{
	{"directory", directory.New},
	{"assignment", assignment.New},
	{"evidence", evidence.New},
	{"rectification", rectification.New},
	{"insight", insight.New},
	{"notice", notice.New},
	{"audit", audit.New},
}

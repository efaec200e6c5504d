package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/table"
)

// Import is an import on the wire.
type Import struct {
	ID           string         `json:"id,omitempty" example:"01985b2e-7c1a-7000-8000-000000000004" doc:"Absent in a dry run"`
	Kind         string         `json:"kind" enum:"units,people,grants" example:"units" doc:"What is imported"`
	State        string         `json:"state" enum:"dry_run,staging,applying,done,failed" doc:"applying: all of it will take effect, also after a restart" example:"done"`
	Lines        int64          `json:"lines" doc:"Lines below the header" example:"380"`
	Created      int64          `json:"created" doc:"New things the file brings" example:"362"`
	Updated      int64          `json:"updated" doc:"Known things it changes" example:"18"`
	Unchanged    int64          `json:"unchanged" doc:"Known things it leaves as they are"`
	Progress     float64        `json:"progress" minimum:"0" maximum:"1" doc:"Part that has taken effect" example:"1"`
	Reason       string         `json:"reason,omitempty" doc:"Why it failed; nothing of it was imported"`
	Unknown      []UnknownValue `json:"unknown_values,omitempty" doc:"Values that no code list knows, each once"`
	Problems     []Problem      `json:"problems,omitempty" doc:"What is wrong, line by line; at most 10,000 are listed"`
	ProblemCount int            `json:"problem_count" doc:"How many problems there are"`
	Credentials  []Credentials  `json:"credentials,omitempty" doc:"Initial passwords of new people; told this once"`
	CreatedAt    *time.Time     `json:"created_at,omitempty" doc:"When it was sent"`
}

// UnknownValue is what a file says that no code list knows.
type UnknownValue struct {
	Column  string `json:"column" example:"kind" doc:"The column"`
	Value   string `json:"value" example:"学 校" doc:"What stands there"`
	Rows    int    `json:"rows" example:"12" doc:"How many lines have it"`
	Row     int    `json:"row" example:"7" doc:"The first of them, as people count; 1 is the header"`
	Nearest string `json:"nearest,omitempty" example:"school" doc:"Code of the value that may be meant; absent where none is like it"`
}

// Problem is what is wrong with a line.
type Problem struct {
	Row     int        `json:"row" doc:"Line as people count; 1 is the header" example:"7"`
	Column  string     `json:"column,omitempty" example:"parent_code" doc:"The column"`
	Message fault.Text `json:"message" example:"文件和系统中都没有此编码的单位" doc:"What is wrong, in the language of the request"`
	Value   string     `json:"value,omitempty" example:"370283199" doc:"What stands there"`
}

func importWire(i directory.Import) Import {
	w := Import{
		ID: i.ID, Kind: i.Kind, State: i.State, Lines: i.LineCount, Created: i.Created, Updated: i.Updated, Unchanged: i.Unchanged,
		Reason: i.Reason,
	}
	switch {
	case i.State == directory.Done:
		w.Progress = 1
	case i.Chunks > 0:
		w.Progress = float64(i.Applied) / float64(i.Chunks)
	}
	if !i.CreatedAt.IsZero() {
		w.CreatedAt = &i.CreatedAt
	}
	return w
}

// FileInput is a file as the body of a request.
type FileInput struct {
	rest.TableType
	DryRun bool `query:"dry_run" doc:"Only check: lists every problem and the counts, imports nothing"`
	File   rest.Spool
}

// ImportReply answers 200 when it is done and 202 while it goes on.
type ImportReply struct {
	Status int
	Body   Import
}

func (x *server) mountImports(g *rest.Group) {
	type do = func(context.Context, policy.Actor, directory.Upload, bool) (directory.Report, error)
	for _, o := range []struct {
		kind, resource, columns string
		do                      do
		example                 string
	}{
		{"units", "unit", "code, name, parent_code, level and, where wanted, kind, sectors, classes, staff, residents, longitude, latitude (or 编码, 名称, 上级编码, 级别, 类型, 系统, 班级数, 职工数, 人口数, 经度, 纬度). " +
			"Lines come in any order; a known code is updated, its parent and level cannot change. " +
			"Kinds and lines are codes or names of the code lists, several lines in one cell with a comma between; what no list knows is refused, see unknown_values.", x.s.ImportUnits,
			"code,name,parent_code,level,residents\n370283001,东阁街道,370283,镇,24000\n370283001001,东关社区,370283001,unit,1800\n"},
		{"people", "person", "account, name, unit_code and, where wanted, title, phone (or 账号, 姓名, 单位编码, 职务, 电话). The answer tells the initial password of each new person, once.",
			x.s.ImportPeople, "account,name,unit_code,title\nwangfang,王芳,370283001,网信专干\n"},
		{"grants", "grant", "account, role, unit_code and, where wanted, office_code (or 账号, 角色, 单位编码, 督办机构编码): for which office campaign managers and inspectors act, without it where the person works. Administrator roles are never given from a file.",
			x.s.ImportGrants, "account,role,unit_code\nwangfang,reporter,370283001\n"},
	} {
		rest.Register(g, rest.Op{
			ID: "import-" + o.kind, Secret: o.kind == "people", Method: http.MethodPost, Path: "/imports/" + o.kind, Resource: o.resource, Action: "write", Summary: "Import " + o.kind,
			Description: "The body is the file itself, CSV or XLSX, up to 64 MiB, with the columns " + o.columns +
				" Everything is imported or nothing: one bad line answers 422 `import_rejected` with every problem. Files of more than 2,000 lines answer 202 and go on; see `GET /imports/{id}`. " + rest.TablesAreRead,
			MaxBody: directory.MaxUpload, Also: []int{http.StatusAccepted}, Errors: []int{http.StatusConflict}, Takes: table.Types, Example: o.example,
		}, func(ctx context.Context, in *FileInput) (*ImportReply, error) {
			defer in.File.Close()
			if err := in.File.Err(); err != nil {
				return nil, err
			}
			r, err := o.do(ctx, rest.Actor(ctx), directory.Upload{PersonID: rest.Actor(ctx).PersonID, ContentType: in.ContentType, Body: &in.File}, in.DryRun)
			if err != nil {
				return nil, err
			}
			return importReply(r), nil
		})
	}
	rest.Register(g, rest.Op{
		ID: "get-import", Method: http.MethodGet, Path: "/imports/{id}", Session: true, Summary: "Follow an import",
		Description: "How far an import of yours is; the messages progress of stream-notices tell the same while it goes on.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Import], error) {
		i, err := x.s.Import(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return rest.Answer(importWire(i)), nil
	})
}

func importReply(r directory.Report) *ImportReply {
	out := &ImportReply{Status: http.StatusOK, Body: importWire(r.Import)}
	out.Body.ProblemCount = r.Wrong
	for _, u := range r.Unknown {
		out.Body.Unknown = append(out.Body.Unknown, UnknownValue{Column: u.Column, Value: u.Value, Rows: u.Rows, Row: u.First, Nearest: u.Nearest.Code})
	}
	for _, p := range r.Problems {
		out.Body.Problems = append(out.Body.Problems, Problem(p))
	}
	switch {
	case r.DryRun:
		out.Body.State = "dry_run"
		return out
	case r.Import.State == directory.Applying:
		out.Status = http.StatusAccepted
	}
	out.Body.Credentials = credentialsWire(r.Credentials)
	return out
}

package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
)

// RegisterLine is a register of a unit in a list.
type RegisterLine struct {
	Register string     `json:"register" doc:"Name of the register, the same in every task" example:"network-devices"`
	Title    string     `json:"title" doc:"Title of the table it was last handed in as" example:"设备台账"`
	Count    int        `json:"count" doc:"How many rows it has" example:"42"`
	From     ItemSource `json:"from" doc:"Where it was last brought up to date"`
}

// Register is a register of a unit as it stands.
type Register struct {
	RegisterLine
	Columns []Column         `json:"columns" doc:"Its columns, as they were last asked for"`
	Rows    []map[string]any `json:"rows" doc:"Its rows, by column key"`
}

// RegistersInput is the input of list-registers.
type RegistersInput struct {
	UnitID string `query:"unit_id" required:"true" minLength:"1" maxLength:"64" doc:"Unit whose registers are wanted"`
}

// RegisterInput is the input of get-register.
type RegisterInput struct {
	RegistersInput
	Register string `path:"register" maxLength:"60" doc:"Name of the register" example:"network-devices"`
}

// RegistersReply is the answer of list-registers.
type RegistersReply struct{ Body rest.List[RegisterLine] }

// RegisterReply is the answer of get-register.
type RegisterReply struct{ Body Register }

func registerLine(r evidence.Register) RegisterLine {
	return RegisterLine{Register: r.Name, Title: r.Title, Count: len(r.Rows), From: sourceOf(r.From, r.RequirementID)}
}

func (h handlers) registers(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-registers", Method: http.MethodGet, Path: "/registers", Summary: "List the registers of a unit",
		Description: "The registers that live on from task to task, as the device ledger, each as the unit handed it in last in a submission that stands. get-register shows the rows.",
		Resource:    "submission", Action: "read",
	}, func(ctx context.Context, in *RegistersInput) (*RegistersReply, error) {
		rs, err := h.s.Registers(ctx, rest.Actor(ctx), in.UnitID)
		if err != nil {
			return nil, err
		}
		l := rest.List[RegisterLine]{Items: make([]RegisterLine, len(rs))}
		for i, r := range rs {
			l.Items[i] = registerLine(r)
		}
		return &RegistersReply{Body: l}, nil
	})
	rest.Register(g, rest.Op{
		ID: "get-register", Method: http.MethodGet, Path: "/registers/{register}", Summary: "Read a register of a unit",
		Description: "Columns and rows of one register as it stands, and the sealed submission that proves it. It is brought up to date by handing it in for a task that asks for it: the draft begins with what stands here.",
		Resource:    "submission", Action: "read",
	}, func(ctx context.Context, in *RegisterInput) (*RegisterReply, error) {
		r, err := h.s.Register(ctx, rest.Actor(ctx), in.UnitID, in.Register)
		if err != nil {
			return nil, err
		}
		w := Register{RegisterLine: registerLine(r), Columns: make([]Column, len(r.Columns)), Rows: r.Rows}
		for i, c := range r.Columns {
			w.Columns[i] = Column(c)
		}
		if w.Rows == nil {
			w.Rows = []map[string]any{}
		}
		return &RegisterReply{Body: w}, nil
	})
}

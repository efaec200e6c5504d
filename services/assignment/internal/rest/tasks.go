package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/rest"
)

var taskExample = map[string]any{
	"title": "发放宣传资料", "due_on": "2026-09-25", "review": "direct", "weight": 1,
	"targets": map[string]any{"levels": []string{"town", "unit"}},
	"requirements": []any{map[string]any{
		"kind": "number", "title": "发放宣传册数", "compulsory": true, "figure": "leaflets", "measure": "份", "aggregate": "sum"}},
}

func (h *handlers) mountTasks(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "list-tasks", Method: http.MethodGet, Path: "/campaigns/{id}/tasks", Resource: "campaign", Action: "read",
		Summary: "List the tasks of a campaign", Description: "All of them, in their order; a campaign has at most 100."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[rest.List[Task]], error) {
			ts, err := h.svc.ListTasks(ctx, rest.Actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			l := rest.List[Task]{Items: make([]Task, len(ts))}
			for i, t := range ts {
				l.Items[i] = task(t)
			}
			return &rest.Reply[rest.List[Task]]{Body: l}, nil
		})

	rest.Register(g, rest.Op{ID: "add-task", Input: assignment.TaskPatch{}, Method: http.MethodPost, Path: "/campaigns/{id}/tasks", Resource: "campaign", Action: "update", Status: http.StatusCreated,
		Summary: "Add a task to a draft", Description: "A compulsory photo or video, or a compulsory file that can only be a picture, needs the reason why it is necessary. Targets are the units below the campaign's unit that match every filter given, and those named, without those excluded; units elsewhere are refused.",
		Example: taskExample},
		func(ctx context.Context, in *rest.Act[TaskInput]) (*rest.Reply[Task], error) {
			t, err := h.svc.AddTask(ctx, rest.Actor(ctx), in.ID, in.Body.patch())
			return answer(t, err, task)
		})

	rest.Register(g, rest.Op{ID: "get-task", Method: http.MethodGet, Path: "/tasks/{id}", Resource: "campaign", Action: "read",
		Summary: "Read a task", Description: "One task of a campaign in reach."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Task], error) {
			t, err := h.svc.Task(ctx, rest.Actor(ctx), in.ID)
			return answer(t, err, task)
		})

	rest.Register(g, rest.Op{ID: "update-task", Input: assignment.TaskPatch{}, Method: http.MethodPatch, Path: "/tasks/{id}", Resource: "campaign", Action: "update", IfMatch: true, Errors: []int{409},
		Summary: "Change a task of a draft", Description: "Fields that are absent stay as they are; targets and requirements are replaced whole.",
		Example: map[string]any{"due_on": "2026-09-26"}},
		func(ctx context.Context, in *rest.Act[TaskInput]) (*rest.Reply[Task], error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			t, err := h.svc.UpdateTask(ctx, rest.Actor(ctx), in.ID, want, in.Body.patch())
			return answer(t, err, task)
		})

	rest.Register(g, rest.Op{ID: "delete-task", Method: http.MethodDelete, Path: "/tasks/{id}", Resource: "campaign", Action: "update", IfMatch: true, Errors: []int{409},
		Summary: "Take a task out of a draft", Description: "Only while the campaign is a draft."},
		func(ctx context.Context, in *rest.ByID) (*struct{}, error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			return nil, h.svc.DeleteTask(ctx, rest.Actor(ctx), in.ID, want)
		})
}

package evidence

import (
	"context"
	"reflect"
	"slices"
)

// Change is a requirement that is answered in another way than in the version
// before. Before or After is nil where one of them does not answer it.
type Change struct {
	RequirementID string
	Title         string
	Before, After *Item
}

// changes compares a version with the one its items come from, in the order
// of the requirements, and adds the files of the one before to the view.
func (s *Service) changes(ctx context.Context, v *View) error {
	old, err := s.store.Items(ctx, v.PreviousID)
	if err != nil {
		return err
	}
	files, err := s.store.Files(ctx, fileIDs(old))
	if err != nil {
		return err
	}
	find := func(items []Item, requirementID string) *Item {
		i := slices.IndexFunc(items, func(it Item) bool { return it.RequirementID == requirementID })
		if i < 0 {
			return nil
		}
		return &items[i]
	}
	for _, r := range v.Requirements {
		before, after := find(old, r.ID), find(v.Items, r.ID)
		if before == nil && after == nil || before != nil && after != nil && before.same(*after) {
			continue
		}
		v.Changes = append(v.Changes, Change{RequirementID: r.ID, Title: r.Title, Before: before, After: after})
	}
	v.FilesBefore = files
	return nil
}

// same tells that two items say the same, whoever gave them and when.
func (it Item) same(other Item) bool {
	value := func(x Item) any {
		if x.Value == nil {
			return nil
		}
		return *x.Value
	}
	return value(it) == value(other) && it.Text == other.Text && slices.Equal(it.Links, other.Links) && slices.Equal(it.FileIDs, other.FileIDs) &&
		(len(it.Rows) == 0 && len(other.Rows) == 0 || reflect.DeepEqual(it.Rows, other.Rows))
}

package document

import (
	"context"
	"fmt"
	"slices"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/rectification"
)

// album is what may be shown of files, by id.
type album map[string]rectification.Shown

// albumOf asks for the pictures of findings.
func (s *Service) albumOf(ctx context.Context, actor policy.Actor, fs []rectification.Finding) (album, error) {
	var given []rectification.GivenFile
	for _, f := range fs {
		for _, x := range f.FileIDs {
			given = append(given, rectification.GivenFile{ID: x, GivenBy: f.FoundBy})
		}
	}
	return s.albumFor(ctx, actor, given)
}

func (s *Service) albumFor(ctx context.Context, actor policy.Actor, given []rectification.GivenFile) (album, error) {
	a := album{}
	if len(given) == 0 {
		return a, nil
	}
	got, err := s.files.Show(ctx, actor, rectification.FileQuery{Given: given, Pictures: true})
	if err != nil {
		return nil, err
	}
	for _, x := range got.Files {
		a[x.ID] = x
	}
	return a, nil
}

// cell is a cell with the pictures among files; it names what is no picture
// and tells how many it does not show.
func (a album) cell(fileIDs []string) Cell {
	shown := make([]rectification.Shown, 0, len(fileIDs))
	for _, x := range fileIDs {
		if f, ok := a[x]; ok {
			shown = append(shown, f)
		}
	}
	return pictureCell(shown, len(fileIDs)-len(shown))
}

func pictureCell(shown []rectification.Shown, hidden int) Cell {
	var c Cell
	for _, f := range shown {
		switch {
		case len(f.Thumbnail) == 0:
			c.Text = lines(c.Text, "附件："+f.Name)
		case len(c.Pictures) == maxCellPictures:
			hidden++
		default:
			c.Pictures = append(c.Pictures, f)
		}
	}
	if hidden > 0 {
		c.Text = lines(c.Text, fmt.Sprintf("另有%d个附件未列出", hidden))
	}
	return c
}

// Requirements of the evidence service that every report of a rectification
// answers.
const (
	evidenceBefore = "before"
	evidenceAfter  = "after"
)

// reportFiles are the files of the report that stands, given for one requirement.
func reportFiles(all []rectification.Shown, requirement string) []rectification.Shown {
	return slices.DeleteFunc(slices.Clone(all), func(f rectification.Shown) bool { return f.RequirementID != requirement })
}

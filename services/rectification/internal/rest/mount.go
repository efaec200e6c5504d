package rest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
)

// Mount adds the operations.
func Mount(g *rest.Group, svc *rectification.Service) {
	mountChecklists(g, svc)
	mountSheets(g, svc)
	mountInspections(g, svc)
	mountResponses(g, svc)
	mountDraws(g, svc)
	mountDevices(g, svc)
	mountFindings(g, svc)
	mountOrders(g, svc)
	mountUnitSide(g, svc)
	mountVerification(g, svc)
	mountPapers(g, svc)
	mountDocuments(g, svc)
}

// register adds an operation whose input has no control characters in any
// text, and whose faults show wire types.
func register[I, O any](g *rest.Group, op rest.Op, f func(context.Context, *I) (*O, error)) {
	rest.Register(g, op, func(ctx context.Context, in *I) (*O, error) {
		if err := plainTexts("", reflect.ValueOf(in)); err != nil {
			return nil, err
		}
		out, err := f(ctx, in)
		return out, shown(err)
	})
}

// shown turns what a conflict shows into its wire form.
func shown(err error) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	switch v := f.Current.(type) {
	case rectification.InspectionView:
		f.Current = wholeInspection(v)
	case rectification.Registered:
		f.Current = deviceWire(rectification.Row[rectification.Registered, *rectification.DeviceMay]{Thing: v})
	case rectification.DrawView:
		f.Current = wholeDraw(v)
	case rectification.Finding:
		f.Current = findingRow(rectification.FindingView{Row: rectification.Row[rectification.Finding, *rectification.FindingMay]{Thing: v}})
	}
	return err
}

// plainTexts refuses control characters other than tab and newline.
func plainTexts(at string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return plainTexts(at, v.Elem())
		}
	case reflect.String:
		bad := func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || r == unicode.ReplacementChar
		}
		if i := strings.IndexFunc(v.String(), bad); i >= 0 {
			return fault.New(fault.Invalid, "invalid_text", "A text contains a character that is not allowed.").
				WithField(strings.TrimPrefix(at, "."), fault.Textf("remove the character at byte %d", i), nil)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil // a file, not a text
		}
		for i := range v.Len() {
			if err := plainTexts(fmt.Sprintf("%s[%d]", at, i), v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			ft := v.Type().Field(i)
			if !ft.IsExported() || ft.Type.PkgPath() == "time" {
				continue
			}
			name := at
			if !ft.Anonymous {
				tag, _, _ := strings.Cut(ft.Tag.Get("json"), ",")
				if tag == "" {
					tag = strings.ToLower(ft.Name)
				}
				name += "." + tag
			}
			if err := plainTexts(name, v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func one[W, V any](conv func(V) W) func(V, error) (*rest.Reply[W], error) {
	return func(v V, err error) (*rest.Reply[W], error) {
		if err != nil {
			return nil, err
		}
		return rest.Answer(conv(v)), nil
	}
}

var (
	replyChecklist  = one(wholeChecklist)
	replyInspection = one(wholeInspection)
	replyFinding    = one(findingRow)
	replyCase       = one(wholeCase)
)

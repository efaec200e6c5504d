package demo

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"

	"github.com/duban/duban/api/client"
)

// photo makes a picture with something on it, always the same, saved with
// this quality.
func photo(quality int) []byte { return scene(20260922, quality) }

// scene makes another picture for each seed.
func scene(seed uint64, quality int) []byte {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a picture, no secret
	img := image.NewRGBA(image.Rect(0, 0, 960, 720))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{196, 214, 232, 255}), image.Point{}, draw.Src)
	for range 80 {
		x, y := r.IntN(960), r.IntN(720)
		c := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		draw.Draw(img, image.Rect(x, y, x+30+r.IntN(260), y+30+r.IntN(200)), image.NewUniform(c), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}) // a buffer takes everything
	return b.Bytes()
}

// samePhoto has the town find that two of its communities handed in the same
// picture, look at both, and confirm it; the second one's report stays what it is.
func (p *play) samePhoto(campaignID, town, first, second string) {
	who := p.reporter(town)
	var m client.EvidenceMatch
	p.until(who, "is shown that two communities handed in the same photo", func() (string, bool, error) {
		x, err := p.assignment(who, campaignID, second, leaflets)
		if err != nil {
			return "", false, err
		}
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		s, err := a.GetSubmission(p.ctx, val(x.SubmissionID))
		if err != nil {
			return "", false, err
		}
		if len(s.Matches) == 0 {
			return "not examined yet", false, nil
		}
		m = s.Matches[0]
		if len(s.Matches) > 1 || m.Other == nil || m.Other.File.UnitID != p.units[first].ID || m.File.File.UnitID != p.units[second].ID {
			return "", false, fmt.Errorf("%d matches, the first of %s", len(s.Matches), m.File.File.UnitName)
		}
		return fmt.Sprintf("%s and %s, %.0f %% alike", m.Other.File.UnitName, m.File.File.UnitName, 100*m.Score), true, nil
	})
	p.do(who, "looks at both, side by side", func() (string, error) {
		if m.Other == nil {
			return "", errNothing
		}
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		sizes := [2]int64{}
		for i, id := range []string{m.Other.File.ID, m.File.File.ID} {
			if sizes[i], err = seen(a.GetFilePreview(p.ctx, id)); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("previews of %d and %d KB", sizes[0]/1024, sizes[1]/1024), nil
	})
	p.do(who, "looks when and where it was taken", func() (string, error) {
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		c, err := a.GetFileCapture(p.ctx, m.File.File.ID)
		if err != nil {
			return "", err
		}
		if c.TakenAt != nil || c.Latitude != nil {
			return "", fmt.Errorf("a drawn picture says when it was taken: %v", c)
		}
		return "the picture does not say", nil
	})
	p.refused(p.reporter(second), "looks at what its photo was compared with", 404, "not_found", func() error {
		a, err := p.as(p.reporter(second))
		if err != nil {
			return err
		}
		_, err = a.GetMatch(p.ctx, m.ID)
		return err
	})
	p.do(who, "confirms that it is the same photo", func() (string, error) {
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		y, err := a.ConfirmMatch(p.ctx, m.ID, client.EvidenceDecideMatchBody{Reason: "与" + p.units[first].Name + "上报的是同一张照片"})
		if err != nil {
			return "", err
		}
		return string(y.State), nil
	})
}

// seen reads a picture to its end and tells its size in bytes.
func seen(resp *http.Response, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && (n == 0 || resp.Header.Get("Content-Type") != "image/jpeg") {
		err = fmt.Errorf("%d bytes of %s", n, cmp.Or(resp.Header.Get("Content-Type"), "nothing"))
	}
	return n, err
}

package demo

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/duban/duban/api/client"
)

// returns has the office return a school's report and the school resubmit it.
func (p *play) returns(campaignID, code string) {
	var id string
	p.do(office, "returns a school's talks", func() (string, error) {
		x, err := p.assignment(office, campaignID, code, talks)
		if err != nil {
			return "", err
		}
		id = x.ID
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		y, err := a.ReturnAssignment(p.ctx, x.ID, client.AssignmentReturnBody{Reasons: []string{"材料不全"}, Text: ptr("请补充讲座提纲")})
		if err != nil {
			return "", err
		}
		return string(y.State), nil
	})
	p.hand(campaignID, code, talks, given{figures: map[string]float64{"talks": 6, "listeners": 180}, name: "讲座提纲.pdf", document: pdf("讲座提纲")})
	p.do(office, "reads the second version", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		s, err := p.standing(a, id)
		if err != nil {
			return "", err
		}
		if s.Number != 2 {
			return "", fmt.Errorf("it is version %d", s.Number)
		}
		v, err := a.VerifySubmission(p.ctx, s.ID)
		if err != nil {
			return "", err
		}
		if !v.Ok {
			return "", fmt.Errorf("the manifest does not hold: %v", v.Differences)
		}
		if len(s.Changes) == 0 {
			return "", errors.New("it does not say what changed against the first version")
		}
		return fmt.Sprintf("version 2, %d change, %d files, the manifest holds", len(s.Changes), v.Files), nil
	})
	p.do(office, "takes the second version along as a bundle", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		s, err := p.standing(a, id)
		if err != nil {
			return "", err
		}
		names, hash, err := bundle(a.DownloadSubmission(p.ctx, s.ID))
		if err != nil {
			return "", err
		}
		if hash != val(s.ManifestSha256) {
			return "", fmt.Errorf("the manifest in the bundle has the hash %s, sealed was %s", hash, val(s.ManifestSha256))
		}
		return fmt.Sprintf("%d parts, with the manifest that was sealed", len(names)), nil
	})
}

// standing is the submission that stands for an assignment.
func (p *play) standing(a *actor, assignmentID string) (*client.EvidenceSubmission, error) {
	x, err := a.GetAssignment(p.ctx, assignmentID)
	if err != nil {
		return nil, err
	}
	return a.GetSubmission(p.ctx, val(x.SubmissionID))
}

// bundle reads a bundle and tells what is in it and the SHA-256 of its manifest.
func bundle(resp *http.Response, err error) (names []string, manifest string, _ error) {
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", err
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, "", err
	}
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	f, err := z.Open("manifest.json")
	if err != nil {
		return names, "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return names, hex.EncodeToString(h.Sum(nil)), err
}

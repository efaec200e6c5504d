package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed" // the cover page
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/words"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/id"
)

// Names in a bundle. Files lie in files/<id>/<name>, where the name is one that
// every system can create and the manifest has the real one; earlier manifests
// of the same target in earlier/<number>.json.
const (
	bundleManifest = "manifest.json"
	bundleCover    = "cover.html"
	bundleFiles    = "files/"
	bundleEarlier  = "earlier/"
)

// Bundle is a sealed submission ready to be written out.
type Bundle struct {
	Submission Submission
	Manifest   Manifest
	body       []byte
	earlier    map[string][]byte // name → manifest
	s          *Service
}

// Bundle gathers a sealed submission with its originals. That they leave the
// house is recorded, for each file, before a byte is given out.
func (s *Service) Bundle(ctx context.Context, a policy.Actor, submissionID string) (*Bundle, error) {
	sub, _, err := s.load(ctx, a, submissionID)
	if err != nil {
		return nil, err
	}
	if sub.ManifestHash == "" {
		return nil, fault.New(fault.Conflict, "not_sealed", "The submission has not been sealed; there is no manifest yet.")
	}
	if !s.policy.Can(ctx, a, "file", "read", sub.Unit()) {
		return nil, fault.Denied("You may see this submission, but not take its files out.")
	}
	b := &Bundle{Submission: sub, earlier: map[string][]byte{}, s: s}
	if b.body, _, err = s.store.Manifest(ctx, sub.ID); err != nil {
		return nil, err
	}
	if b.Manifest, err = parse(b.body); err != nil {
		return nil, err
	}
	files, err := s.store.Files(ctx, b.Manifest.fileIDs())
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.State == Deleted {
			return nil, fault.New(fault.Conflict, "file_deleted", "The retention of the campaign is over: files of this submission were deleted, and a bundle would not be whole. Take the manifest instead.")
		}
	}
	versions, err := s.store.Versions(ctx, sub.Target, sub.TargetID)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.ManifestHash == "" || v.Number >= sub.Number {
			continue
		}
		if b.earlier[fmt.Sprintf("%s%d.json", bundleEarlier, v.Number)], _, err = s.store.Manifest(ctx, v.ID); err != nil {
			return nil, err
		}
	}
	return b, s.record(ctx, a, b.Manifest)
}

// record notes the download of every file of a manifest.
func (s *Service) record(ctx context.Context, a policy.Actor, m Manifest) error {
	ids := m.fileIDs()
	files, err := s.store.Files(ctx, ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		var es []event.Event
		for _, fileID := range ids {
			f, ok := files[fileID]
			if !ok {
				continue // its absence is what the bundle will show
			}
			v, err := tx.Bump(ctx, f.ID)
			if err != nil {
				return err
			}
			es = append(es, event.New(id.New(), s.clock.Now(), event.FileDownloaded, f.ID, v, f.Event()).
				By(a.PersonID, a.Name).For(f.UnitID, f.UnitPath))
		}
		return tx.Tell(ctx, es...)
	})
}

// fileIDs are the files of a manifest, each once, in order.
func (m Manifest) fileIDs() []string {
	var ids []string
	for _, it := range m.Items {
		for _, f := range it.Files {
			if !slices.Contains(ids, f.ID) {
				ids = append(ids, f.ID)
			}
		}
	}
	return ids
}

// Write streams the bundle as a ZIP. An error means that what was written is
// not whole.
func (b *Bundle) Write(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	at := b.Manifest.sealed().In(clock.Shanghai) // programs show the time of an entry as it stands there
	put := func(name string, method uint16, r io.Reader) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: at})
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return err
	}
	var cover bytes.Buffer
	if err := coverOf(&cover, b); err != nil {
		return err
	}
	if err := put(bundleCover, zip.Deflate, &cover); err != nil {
		return err
	}
	if err := put(bundleManifest, zip.Deflate, bytes.NewReader(b.body)); err != nil {
		return err
	}
	for name, body := range b.earlier {
		if err := put(name, zip.Deflate, bytes.NewReader(body)); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, it := range b.Manifest.Items {
		for _, f := range it.Files {
			if err := ctx.Err(); err != nil || seen[f.ID] {
				if err != nil {
					return err
				}
				continue
			}
			seen[f.ID] = true
			r, err := b.s.blobs.Open(ctx, f.ID)
			if err != nil {
				return fmt.Errorf("file %s: %w", f.ID, err)
			}
			err = put(f.path(), zip.Store, r) // pictures and films do not get smaller
			r.Close()
			if err != nil {
				return err
			}
		}
	}
	return z.Close()
}

// path is where a file lies in a bundle.
func (f ManifestFile) path() string {
	return bundleFiles + f.ID + "/" + filename.Safe(f.Name, filename.Packed)
}

// plainPath is where it lay in bundles that took names as people gave them.
func (f ManifestFile) plainPath() string { return bundleFiles + f.ID + "/" + f.Name }

// sealed is when the manifest was sealed; zero when it does not say so.
func (m Manifest) sealed() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, m.SealedAt)
	return t
}

//go:embed cover.html
var coverText string

// coverPage is the readable page of a bundle, in every language: whoever opens
// it years later has no settings with this program.
var coverPage = sync.OnceValues(func() (*template.Template, error) {
	texts := map[string][]string{}
	for _, lang := range words.Languages() {
		raw, err := Texts.ReadFile("i18n/" + lang + ".json")
		if err != nil {
			return nil, err
		}
		var m map[string]string
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, err
		}
		for k, v := range m {
			texts[k] = append(texts[k], v)
		}
	}
	return template.New(bundleCover).Funcs(template.FuncMap{
		"t":      func(k string) string { return strings.Join(texts["cover_"+k], " ") },
		"figure": func(v *float64) string { return strconv.FormatFloat(*v, 'f', -1, 64) },
		"size":   func(n int64) string { return fmt.Sprintf("%.1f KB", float64(n)/1024) },
	}).Parse(coverText)
})

func coverOf(w io.Writer, b *Bundle) error {
	page, err := coverPage()
	if err != nil {
		return fmt.Errorf("cover page: %w", err)
	}
	type file struct {
		ManifestFile
		Path string
	}
	type item struct {
		ManifestItem
		Files []file
	}
	var items []item
	for _, it := range b.Manifest.Items {
		x := item{ManifestItem: it}
		for _, f := range it.Files {
			x.Files = append(x.Files, file{f, f.path()})
		}
		items = append(items, x)
	}
	return page.Execute(w, map[string]any{
		"M": b.Manifest, "Items": items, "Hash": Hash(b.body), "SealedAt": b.Manifest.sealed().In(clock.Shanghai).Format("2006-01-02 15:04:05"),
	})
}

// VerifyBundle checks a bundle by itself: that the manifest is what it says,
// that every file in it is there, byte for byte, and nothing else, and that
// the earlier manifests are those it was built upon. The manifest's own hash
// is to be compared with the receipt or the audit trail.
func VerifyBundle(r io.ReaderAt, size int64) (Verification, Manifest, error) {
	v, m := Verification{}, Manifest{}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return v, m, fmt.Errorf("this is not a bundle: %w", err)
	}
	differ := func(format string, args ...any) { v.Differences = append(v.Differences, fmt.Sprintf(format, args...)) }
	in := map[string]*zip.File{}
	for _, f := range z.File {
		if in[f.Name] != nil {
			differ("%q is there twice", f.Name)
		}
		in[f.Name] = f
	}
	if in[bundleManifest] == nil {
		return v, m, errors.New("this is not a bundle: it has no " + bundleManifest)
	}
	body, err := readAll(in[bundleManifest])
	if err != nil {
		differ("the manifest cannot be read: %v", err)
		return v, m, nil
	}
	v.ManifestHash = Hash(body)
	if m, err = parse(body); err != nil || m.Format != ManifestFormat {
		differ("the manifest is not of the form %s", ManifestFormat)
		return v, m, nil //nolint:nilerr // the difference says so
	}
	if again, err := Canonical(m); err != nil || !bytes.Equal(again, body) {
		differ("the manifest is not in canonical form, or says more than it should")
	}
	known := map[string]bool{bundleManifest: true, bundleCover: true}
	for _, it := range m.Items {
		for _, f := range it.Files {
			at := f.path()
			if in[at] == nil && in[f.plainPath()] != nil {
				at = f.plainPath()
			}
			if known[at] {
				continue
			}
			known[at] = true
			v.Files++
			verifyEntry(in[at], f, differ)
		}
	}
	verifyChain(in, m, known, differ)
	for _, f := range z.File {
		if !known[f.Name] {
			differ("%q does not belong to it", f.Name)
		}
	}
	slices.Sort(v.Differences)
	v.OK = len(v.Differences) == 0
	return v, m, nil
}

func verifyEntry(e *zip.File, f ManifestFile, differ func(string, ...any)) {
	if e == nil {
		differ("%q (%s) is missing", f.Name, f.ID)
		return
	}
	r, err := e.Open()
	if err != nil {
		differ("%q cannot be read: %v", f.Name, err)
		return
	}
	defer r.Close()
	d, err := digestsOf(r, f.SM3 != "")
	switch {
	case err != nil:
		differ("%q cannot be read: %v", f.Name, err)
	case d.size != f.Size || d.sha256 != f.SHA256:
		differ("%q is not what was sealed: %d bytes with SHA-256 %s, sealed were %d with %s", f.Name, d.size, d.sha256, f.Size, f.SHA256)
	case d.sm3 != f.SM3:
		differ("%q is not what was sealed: its SM3 digest is %s, sealed was %s", f.Name, d.sm3, f.SM3)
	}
}

// verifyChain follows the manifests back from m.
func verifyChain(in map[string]*zip.File, m Manifest, known map[string]bool, differ func(string, ...any)) {
	byHash := map[string]Manifest{}
	for name, f := range in {
		if !strings.HasPrefix(name, bundleEarlier) {
			continue
		}
		known[name] = true
		body, err := readAll(f)
		if err != nil {
			differ("%s cannot be read: %v", name, err)
			continue
		}
		old, err := parse(body)
		if err != nil || old.TargetID != m.TargetID {
			differ("%s is not an earlier version of it", name)
			continue
		}
		byHash[Hash(body)] = old
	}
	for at := m; at.Previous != ""; {
		old, ok := byHash[at.Previous]
		if !ok {
			differ("version %d follows a manifest with SHA-256 %s, which is not there", at.Number, at.Previous)
			return
		}
		delete(byHash, at.Previous)
		at = old
	}
	for hash := range byHash {
		differ("the earlier manifest with SHA-256 %s is not one it was built upon", hash)
	}
}

// readAll reads a small entry of a bundle.
func readAll(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, 64<<20))
}

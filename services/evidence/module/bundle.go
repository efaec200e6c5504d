package module

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/duban/duban/services/evidence"
)

// VerifyBundle checks a downloaded bundle without any server and writes what
// it found to out. want, when not empty, is what the manifest's SHA-256 must
// be. It fails when the bundle is not what was sealed.
func VerifyBundle(path, want string, out io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	v, m, err := evidence.VerifyBundle(f, st.Size())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s, version %d, sealed %s by %s\n", m.Unit.Name, m.Task.Name, m.Number, m.SealedAt, m.SealedBy.Name)
	fmt.Fprintf(out, "manifest SHA-256 %s, %d files\n", v.ManifestHash, v.Files)
	if want != "" && !strings.EqualFold(want, v.ManifestHash) {
		v.Differences = append(v.Differences, "the manifest is not the one with SHA-256 "+want)
	}
	for _, d := range v.Differences {
		fmt.Fprintln(out, "DIFFERS: "+d)
	}
	if len(v.Differences) > 0 {
		return errors.New("the bundle is not what was sealed")
	}
	fmt.Fprintln(out, "Everything is as it was sealed. The cover page is for reading only: what counts is the manifest.")
	return nil
}

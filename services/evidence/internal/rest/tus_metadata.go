package rest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/tus/tusd/v2/pkg/handler"
)

// metadataOf reads Upload-Metadata as tus 1.0 says: pairs of a name and a
// value in base64, with a comma between them. tusd passes over what it does
// not understand, and the file would be someone else's, or nameless.
func metadataOf(h http.Header) (map[string]string, error) {
	meta := map[string]string{}
	header := strings.Join(h.Values("Upload-Metadata"), ",")
	if header == "" {
		return meta, nil
	}
	for i, pair := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(strings.Trim(pair, " "), " ")
		_, twice := meta[name]
		raw, err := base64.StdEncoding.DecodeString(value)
		switch {
		case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }):
			return nil, badPair(i, "expected a name of printable ASCII, a space, and the value in base64; pairs are separated by commas")
		case twice:
			return nil, badPair(i, "the name stands there twice; give it once")
		case err != nil:
			return nil, badPair(i, "the value is not valid base64 (RFC 4648, with padding); encode the UTF-8 bytes of the text")
		case !utf8.Valid(raw):
			return nil, badPair(i, "the value is not UTF-8 text; encode the text in UTF-8 first, then in base64")
		}
		meta[name] = string(raw)
	}
	return meta, nil
}

func badPair(i int, message fault.Text) error {
	return fault.BadField(fmt.Sprintf("header.Upload-Metadata[%d]", i), message, nil)
}

func metadata(f evidence.File) handler.MetaData {
	return handler.MetaData{"filename": f.Name, "unit_id": f.UnitID, "client_id": f.ClientID}
}

// inMetadata tells where what a use case names as its own stood: beside the
// file, in its metadata.
func inMetadata(err error) error {
	if f := fault.As(err); f != nil {
		for i, x := range f.Fields {
			f.Fields[i].Location = "header.Upload-Metadata." + x.Location
		}
	}
	return err
}

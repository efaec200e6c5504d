//go:build !nodynamic

package examine

import (
	"errors"
	"image"
	"io"
)

// A program built without the tag takes HEIC pictures and shows nothing of them.
func decodeHEIC(io.Reader) (image.Image, error) {
	return nil, errors.New("built without the HEIC decoder")
}

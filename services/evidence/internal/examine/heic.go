//go:build nodynamic

package examine

import "github.com/gen2brain/heic"

// Without the build tag the package would make the program dynamically linked,
// and load a libheif that it finds on the machine. The Makefile sets the tag for
// everything.
var decodeHEIC = heic.Decode

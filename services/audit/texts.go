package audit

import "embed"

// Texts holds the texts of the service's own problem codes; so far the
// platform's are enough.
//
//go:embed i18n/*.json
var Texts embed.FS

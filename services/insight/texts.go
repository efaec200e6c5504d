package insight

import "embed"

// Texts are the texts of the service's own problem codes; so far it has none
// beyond the platform's.
//
//go:embed i18n/*.json
var Texts embed.FS

package rectification

import "embed"

// Texts holds the texts of the service's problems, a file a language.
//
//go:embed i18n/*.json
var Texts embed.FS

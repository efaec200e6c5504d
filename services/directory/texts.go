package directory

import "embed"

// Texts are the texts of the directory's problem codes, by language.
//
//go:embed i18n/*.json
var Texts embed.FS

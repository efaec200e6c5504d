package evidence

import "embed"

// Texts holds the texts of the service's own problem codes, as i18n/zh-CN.json
// and i18n/en.json.
//
//go:embed i18n/*.json
var Texts embed.FS

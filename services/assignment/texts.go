package assignment

import "embed"

// Texts holds what people read for each problem code: i18n/zh-CN.json and
// i18n/en.json.
//
//go:embed i18n/*.json
var Texts embed.FS

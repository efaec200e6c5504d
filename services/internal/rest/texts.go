package rest

import (
	"context"
	"embed"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/i18n"
)

//go:embed i18n/*.json
var ownTexts embed.FS

var platformTexts = i18n.New(ownTexts)

// TextsOf are the texts of a service, given its i18n files, and of the platform.
func TextsOf(files i18n.Files) *i18n.Texts { return i18n.New(ownTexts, files) }

// Language is that of the request that ctx belongs to.
func Language(ctx context.Context) string { return platformTexts.Language(headersOf(ctx).language) }

// Words answers the word of a value of an enumeration of api/words in the
// language of the request that ctx belongs to.
func Words(ctx context.Context) func(enumeration, value string) string {
	lang := Language(ctx)
	return func(enumeration, value string) string { return words.Of(lang, enumeration, value) }
}

// Say gives a sentence in the language of the request that ctx belongs to.
func Say(ctx context.Context, s fault.Text) string {
	h := headersOf(ctx)
	if h.texts == nil {
		return s.String()
	}
	return h.texts.Say(s, h.language)
}

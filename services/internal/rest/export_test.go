package rest

// OwnText is the platform's text file of a language.
func OwnText(lang string) ([]byte, error) { return ownTexts.ReadFile("i18n/" + lang + ".json") }

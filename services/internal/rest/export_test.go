package rest

import "encoding/base64"

// OwnText reads a file of texts of this package.
func OwnText(lang string) ([]byte, error) { return ownTexts.ReadFile("i18n/" + lang + ".json") }

// Base64 is how cursors are encoded.
func Base64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// PageOf is the paging part of a list's input.
func PageOf(list, cursor string) Page { return Page{Cursor: cursor, list: list} }

// CursorOf is the cursor of a list.
func CursorOf(list string, key any) string { return cursor(list, mustJSON(key)) }

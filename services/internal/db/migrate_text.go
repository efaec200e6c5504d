package db

import (
	"regexp"
	"strings"
)

// statementsOf gives the statements of a migration, in their order. It knows
// quotes, comments, dollar quotes and the bodies of SQLite's triggers.
func statementsOf(text string) []string {
	var out []string
	start, depth, trigger := 0, 0, false
	end := func(i int) {
		if s := strings.TrimSpace(text[start:i]); s != "" && code(s) != "" {
			out = append(out, s)
		}
		start, depth, trigger = i+1, 0, false
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, "--"):
			i += until(rest, "\n", 2)
		case strings.HasPrefix(rest, "/*"):
			i += until(rest, "*/", 2)
		case rest[0] == '\'' || rest[0] == '"':
			i += until(rest, rest[:1], 1) // a doubled one begins the next
		case dollar.MatchString(rest):
			tag := dollar.FindString(rest)
			i += until(rest, tag, len(tag))
		case name(rest[0]):
			w := strings.ToUpper(wordAt.FindString(rest))
			switch {
			case w == "TRIGGER" && strings.HasPrefix(strings.ToUpper(code(text[start:])), "CREATE"):
				trigger = true
			case trigger && (w == "BEGIN" || w == "CASE"):
				depth++
			case trigger && w == "END":
				depth--
			}
			i += len(w)
		case rest[0] == ';' && depth == 0:
			end(i)
			i++
		default:
			i++
		}
	}
	end(len(text))
	return out
}

var (
	dollar  = regexp.MustCompile(`^\$[A-Za-z_]*\$`)
	wordAt  = regexp.MustCompile(`^[A-Za-z_0-9\x80-\xff]+`)
	comment = regexp.MustCompile(`(?s)^(\s+|--[^\n]*(\n|$)|/\*.*?\*/)+`)
)

// code is a statement without what stands before its first word.
func code(s string) string { return comment.ReplaceAllString(s, "") }

// until is where the text after the first next stands, from the offset on.
func until(s, next string, from int) int {
	if i := strings.Index(s[from:], next); i >= 0 {
		return from + i + len(next)
	}
	return len(s)
}

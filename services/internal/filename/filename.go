// Package filename makes names of files out of names that people gave.
package filename

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/text"
)

const (
	// Shown is how many characters a name may have that is only shown.
	Shown = 200
	// Most is how many bytes a name may have that is given to a file: systems take
	// 255, and a browser adds something of its own while it saves.
	Most = 240
	// Packed is how many bytes a name may have within an archive: with the folders
	// of a bundle before it, it stays below 200, and Windows takes 260 in all.
	Packed = 150

	longestEnding = 20 // characters, with the dot; a longer one is no ending
	nameless      = "file"
)

// Clean makes a name harmless to show: the last part of a path, cleaned as every
// text of one line, at most Shown characters with its ending kept. What is left
// of nothing is "file". It may still be a name that some system cannot create;
// see Safe. Clean(Clean(s)) is Clean(s).
func Clean(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = tidy(name[strings.LastIndexAny(name, `/\`)+1:])
	if utf8.RuneCountInString(name) <= Shown {
		return name
	}
	stem, end := Split(name)
	n := Shown - utf8.RuneCountInString(end)
	return tidy(text.Line(string([]rune(stem)[:n])) + end)
}

// tidy cleans a name until nothing is left to be cleaned: what is taken off may
// uncover what is to be taken off, too.
func tidy(name string) string {
	for {
		was := name
		if name = named(text.Line(name)); name == was {
			return name
		}
	}
}

// named takes off the blanks and dots around a name, which Windows does not
// keep. One that is nothing but an ending gets a stem.
func named(name string) string {
	rest := strings.TrimRight(strings.TrimLeft(name, " "), " .")
	name = strings.TrimLeft(rest, " .")
	switch {
	case name == "":
		return nameless
	case name != rest && Ending("x."+name) != "" && path.Ext(name) == "":
		return nameless + "." + name
	}
	return name
}

// Split cuts a name before its ending; the ending is empty or begins with a dot.
func Split(name string) (stem, ending string) {
	ending = path.Ext(name)
	if utf8.RuneCountInString(ending) > longestEnding || ending == name {
		ending = ""
	}
	return name[:len(name)-len(ending)], ending
}

// Ending is the ending of a name as Windows reads it: without the dots and
// blanks behind it, in small letters. What stands behind the last dot of
// 附件1.现场照片 or of 报告v1.2 is none, for no program is ever started by it.
func Ending(name string) string {
	end := strings.ToLower(path.Ext(strings.TrimRight(name, " .")))
	letter := false
	for _, r := range strings.TrimPrefix(end, ".") {
		if r <= ' ' || r > '~' {
			return ""
		}
		letter = letter || (r >= 'a' && r <= 'z')
	}
	if !letter {
		return ""
	}
	return end
}

// reserved are the names of devices, with which no name may begin on Windows,
// whatever its ending.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields("CON PRN AUX NUL CONIN$ CONOUT$ CLOCK$ COM¹ COM² COM³ LPT¹ LPT² LPT³") {
		m[s] = true
	}
	for _, d := range "0123456789" {
		m["COM"+string(d)], m["LPT"+string(d)] = true, true
	}
	return m
}()

// Reserved tells whether Windows takes a name for a device.
func Reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	return reserved[strings.ToUpper(strings.TrimRight(stem, " "))]
}

// Safe is a name of at most most bytes that Windows, macOS and Linux can all
// create, as like to the one given as possible and with its ending kept. It is
// not unique, and most must leave room for an ending.
func Safe(name string, most int) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.Is(unicode.Cf, r):
			return -1
		case !unicode.IsGraphic(r):
			return '_' // macOS creates nothing with what Unicode has not assigned
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, Clean(strings.Map(func(r rune) rune {
		// Composed names join what people wrote, a stroke as well: it is no folder.
		if r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name)))
	name = tidy(name)
	if Reserved(name) {
		name = "_" + name
	}
	if len(name) <= most {
		return name
	}
	stem, end := Split(name)
	if len(end) > most/2 {
		stem, end = name, ""
	}
	stem = stem[:most-len(end)]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return tidy(strings.TrimRight(stem, " .") + end)
}

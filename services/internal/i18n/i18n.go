// Package i18n holds what people read in the languages they read it in: it
// picks the language of a reader, and says codes and sentences in it. The texts
// are those of the files in the i18n folder of the platform and of each
// service; a further language is further files.
package i18n

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/fault"
)

// Default is the language of who asks for none that is here, and Source the one
// that sentences are written in.
const (
	Default = "zh-CN"
	Source  = "en"
)

// Files is a file system with i18n/<language>.json: objects from a stable code
// (of a problem, of a notice) to its text; and i18n/phrases.<language>.json for
// every language but Source: objects from an English sentence, the format of
// one, a word or a layout of times to what it is there. A text of another
// language takes the values in its own order with %[2]s.
type Files = fs.FS

// Texts are the texts of a service with those of the platform: services call
// different things by one code, and say different things in one word. They are
// safe for use by several goroutines.
type Texts struct {
	mu      sync.RWMutex
	codes   map[string]map[string]string // language → code → text
	phrases map[string]map[string]string // language → English → text
	picker  *picker
}

// New are the texts in all of the files, in every language that one of them has;
// what is later in the list wins.
func New(files ...Files) *Texts {
	t := &Texts{codes: map[string]map[string]string{}, phrases: map[string]map[string]string{}}
	for _, f := range files {
		t.Add(f)
	}
	t.picker = newPicker(slices.Sorted(maps.Keys(t.codes)))
	return t
}

// Add adds the texts in files, which may be nil. It panics when one cannot be
// read: they are part of the program.
func (t *Texts) Add(files Files) {
	if files == nil {
		return
	}
	names, err := fs.Glob(files, "i18n/*.json")
	if err != nil {
		panic("i18n: " + err.Error())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range names {
		into, lang := t.codes, strings.TrimSuffix(path.Base(name), ".json")
		if l, ok := strings.CutPrefix(lang, "phrases."); ok {
			into, lang = t.phrases, l
		}
		if into[lang] == nil {
			into[lang] = map[string]string{}
		}
		maps.Copy(into[lang], read(files, name))
	}
}

func read(files Files, name string) map[string]string {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		panic("i18n: " + err.Error())
	}
	var m map[string]string
	if err := json.Unmarshal(raw, &m); err != nil {
		panic(name + ": " + err.Error())
	}
	return m
}

// Language is the one that accept, an Accept-Language header, asks for.
func (t *Texts) Language(accept string) string { return t.picker.pick(accept) }

// Lookup is the text of a code in the language that accept asks for, and
// whether there is one.
func (t *Texts) Lookup(code, accept string) (string, bool) {
	lang := t.Language(accept)
	t.mu.RLock()
	defer t.mu.RUnlock()
	s, ok := t.codes[lang][code]
	return s, ok
}

// Title is the text of a code in the language that accept asks for; the code
// itself where there is none.
func (t *Texts) Title(code, accept string) string {
	if s, ok := t.Lookup(code, accept); ok {
		return s
	}
	return code
}

// Say gives a sentence in the language that accept asks for. What has no text
// there stays English.
func (t *Texts) Say(s fault.Text, accept string) string {
	if s == "" {
		return ""
	}
	lang := t.Language(accept)
	t.mu.RLock()
	defer t.mu.RUnlock()
	phrases, known := t.phrases[lang], words.In(lang)
	if phrases == nil { // Source, where a value is said as the API writes it
		return s.String()
	}
	return s.Say(func(english string) string {
		if said, ok := phrases[english]; ok {
			return said
		}
		if word, ok := known[english]; ok {
			return word
		}
		return english
	})
}

// picker finds the language of a reader among those that are here.
type picker struct {
	names   []string
	matcher language.Matcher
	mu      sync.RWMutex
	known   map[string]string // by header
}

// maxKnown bounds what is remembered: browsers send a handful of headers, and
// whoever makes up more of them has each one read.
const maxKnown = 64

func newPicker(names []string) *picker {
	slices.SortFunc(names, func(a, b string) int { // the default first
		switch {
		case a == Default:
			return -1
		case b == Default:
			return 1
		}
		return strings.Compare(a, b)
	})
	tags := make([]language.Tag, len(names))
	for i, name := range names {
		tags[i] = language.Make(name)
	}
	return &picker{names: names, matcher: language.NewMatcher(tags), known: map[string]string{}}
}

func (p *picker) pick(accept string) string {
	p.mu.RLock()
	name, ok := p.known[accept]
	p.mu.RUnlock()
	if ok {
		return name
	}
	name = Default
	// A header that cannot be read asks for nothing.
	if wanted, _, err := language.ParseAcceptLanguage(accept); err == nil {
		if _, i, sure := p.matcher.Match(wanted...); sure != language.No {
			name = p.names[i]
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) < maxKnown {
		p.known[strings.Clone(accept)] = name
	}
	return name
}

package rest

import (
	"embed"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// TextFiles holds i18n/zh-CN.json and i18n/en.json: objects from a stable
// code (of a problem or a notice) to its text; and i18n/phrases.zh-CN.json, see
// Phrases.
type TextFiles = fs.FS

// The languages; the first is the default.
var languages = []string{"zh-CN", "en"}

//go:embed i18n/*.json
var ownTexts embed.FS

// Texts holds the texts of a service and those of the platform: services call
// different things by one code, and say different things in one word.
type Texts struct {
	mu      sync.RWMutex
	m       map[string]map[string]string // language → code → text
	phrases Phrases
}

var platformTexts = NewTexts(nil)

// NewTexts are the platform's texts and those in files, which may be nil.
func NewTexts(files TextFiles) *Texts {
	t := &Texts{m: map[string]map[string]string{}}
	t.add(ownTexts)
	t.add(files)
	return t
}

func (t *Texts) add(files TextFiles) {
	if files == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, lang := range languages {
		if t.m[lang] == nil {
			t.m[lang] = map[string]string{}
		}
		maps.Copy(t.m[lang], readTexts(files, lang))
	}
	t.phrases.add(readTexts(files, "phrases.zh-CN"))
}

func readTexts(files TextFiles, name string) map[string]string {
	raw, err := fs.ReadFile(files, "i18n/"+name+".json")
	if err != nil {
		panic("i18n: " + err.Error())
	}
	var m map[string]string
	if err := json.Unmarshal(raw, &m); err != nil {
		panic("i18n/" + name + ".json: " + err.Error())
	}
	return m
}

// language is the one that accept, an Accept-Language header, asks for: English
// when it comes first, otherwise Chinese.
func language(accept string) string {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(accept)), "en") {
		return "en"
	}
	return languages[0]
}

// Title is the text of code in the language that accept, an Accept-Language
// header, asks for.
func (t *Texts) Title(code, accept string) string {
	lang := language(accept)
	t.mu.RLock()
	defer t.mu.RUnlock()
	if s, ok := t.m[lang][code]; ok {
		return s
	}
	return code
}

// Codes lists the codes that have a text in lang.
func (t *Texts) Codes(lang string) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Sorted(maps.Keys(t.m[lang]))
}

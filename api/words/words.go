// Package words holds the words of the values that the API answers: states,
// roles, levels, kinds, results. Each value has one word in each language, by
// its key: the enumeration, a dot and the value, such as state.campaign.active.
// Sentences, papers, workbooks and pages all read these files; the terms are
// those of the glossary in services/README.md.
package words

import (
	"embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// Official is the language of official papers.
const Official = "zh-CN"

var all = read()

func read() map[string]map[string]string {
	names, err := files.ReadDir(".")
	if err != nil {
		panic("words: " + err.Error())
	}
	m := map[string]map[string]string{}
	for _, f := range names {
		raw, err := files.ReadFile(f.Name())
		if err != nil {
			panic("words: " + err.Error())
		}
		var of map[string]string
		if err := json.Unmarshal(raw, &of); err != nil {
			panic("words: " + f.Name() + ": " + err.Error())
		}
		m[strings.TrimSuffix(f.Name(), ".json")] = of
	}
	return m
}

// Languages are those that have words.
func Languages() []string { return slices.Sorted(maps.Keys(all)) }

// In are all words of a language by their keys, nil where it has none. They are
// not to be changed.
func In(language string) map[string]string { return all[language] }

// Of is the word of a value of an enumeration, the value itself where it has none.
func Of(language, enumeration, value string) string {
	if w, ok := all[language][enumeration+"."+value]; ok {
		return w
	}
	return value
}

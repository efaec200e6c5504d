// Package words holds the words of the values that the API answers: states,
// roles, levels, kinds, results. Each value has one word in each language, by
// its key: the enumeration, a dot and the value, such as state.campaign.active.
// Sentences, papers, workbooks and pages all read these files; the terms are
// those of the glossary in services/README.md. Which values an enumeration has,
// and their order, is said here and nowhere else: see Values.
package words

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// Official is the language of official papers.
const Official = "zh-CN"

type language struct {
	keys  []string // in the order of the file
	words map[string]string
}

var (
	all    = read()
	values = enumerations(all[Official].keys)
)

func read() map[string]language {
	names, err := files.ReadDir(".")
	if err != nil {
		panic("words: " + err.Error())
	}
	m := map[string]language{}
	for _, f := range names {
		raw, err := files.ReadFile(f.Name())
		if err != nil {
			panic("words: " + err.Error())
		}
		l, err := inOrder(raw)
		if err != nil {
			panic("words: " + f.Name() + ": " + err.Error())
		}
		m[strings.TrimSuffix(f.Name(), ".json")] = l
	}
	return m
}

// inOrder reads an object of texts with the order of its keys, which a map loses.
func inOrder(raw []byte) (language, error) {
	l := language{words: map[string]string{}}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return l, err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return l, err
		}
		var word string
		if err := d.Decode(&word); err != nil {
			return l, err
		}
		key := fmt.Sprint(token)
		l.keys, l.words[key] = append(l.keys, key), word
	}
	return l, nil
}

func enumerations(keys []string) map[string][]string {
	m := map[string][]string{}
	for _, k := range keys {
		dot := strings.LastIndexByte(k, '.')
		m[k[:dot]] = append(m[k[:dot]], k[dot+1:])
	}
	return m
}

// Languages are those that have words, the official one first.
func Languages() []string {
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(l string) bool { return l == Official })
	return append([]string{Official}, others...)
}

// Keys are those of all words, in the order of the file of a language.
func Keys(language string) []string { return slices.Clone(all[language].keys) }

// In are all words of a language by their keys, nil where it has none. They are
// not to be changed.
func In(language string) map[string]string { return all[language].words }

// Enumerations are the names of all, sorted.
func Enumerations() []string { return slices.Sorted(maps.Keys(values)) }

// Values are those of an enumeration, in its order. It panics where there is no
// such enumeration: which one is meant stands in the code and never in a request.
func Values(enumeration string) []string {
	vs := values[enumeration]
	if vs == nil {
		panic("words: there is no enumeration " + enumeration)
	}
	return slices.Clone(vs)
}

// Typed are the values of an enumeration that has a type in Go.
func Typed[T ~string](enumeration string) []T {
	vs := Values(enumeration)
	out := make([]T, len(vs))
	for i, v := range vs {
		out[i] = T(v)
	}
	return out
}

// Of is the word of a value of an enumeration, the value itself where it has none.
func Of(language, enumeration, value string) string {
	if w, ok := all[language].words[enumeration+"."+value]; ok {
		return w
	}
	return value
}

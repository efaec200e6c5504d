package words_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/api/words"
)

// Every language has the same words, and each of them says something.
func TestSameInAllLanguages(t *testing.T) {
	t.Parallel()
	official := words.In(words.Official)
	if len(official) < 80 || len(words.Languages()) < 2 {
		t.Fatalf("%d words in %v", len(official), words.Languages())
	}
	key := regexp.MustCompile(`^[a-z_]+(\.[a-z_]+){1,2}$`)
	for _, lang := range words.Languages() {
		of := words.In(lang)
		for _, k := range slices.Sorted(maps.Keys(of)) {
			if of[k] == "" || official[k] == "" || !key.MatchString(k) {
				t.Errorf("%s: %s is %q, and %q on paper", lang, k, of[k], official[k])
			}
		}
		if len(of) != len(official) {
			t.Errorf("%s has %d words, %s %d", lang, len(of), words.Official, len(official))
		}
	}
	if w := words.Of("zh-CN", "state.campaign", "active") + words.Of("en", "state.campaign", "unheard_of"); w != "进行中unheard_of" {
		t.Error(w)
	}
}

// The order of an enumeration is that of its words, so every language has the
// same, and what belongs together stands together.
func TestSameOrderInAllLanguages(t *testing.T) {
	t.Parallel()
	keys := words.Keys(words.Official)
	for _, lang := range words.Languages() {
		if !slices.Equal(words.Keys(lang), keys) {
			t.Errorf("%s has its words in another order than %s", lang, words.Official)
		}
	}
	var again []string
	for _, k := range keys {
		if e := k[:strings.LastIndexByte(k, '.')]; !slices.Contains(again, e) {
			again = append(again, e)
		}
	}
	i := 0
	for _, e := range again {
		for _, v := range words.Values(e) {
			if keys[i] != e+"."+v {
				t.Fatalf("%s.%s does not stand with its enumeration, which begins before %s", e, v, keys[i])
			}
			i++
		}
	}
	slices.Sort(again)
	if i != len(keys) || !slices.Equal(again, words.Enumerations()) {
		t.Errorf("%d of %d words are of the enumerations %v", i, len(keys), words.Enumerations())
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	if vs := words.Values("severity"); !slices.Equal(vs, []string{"minor", "ordinary", "major"}) {
		t.Error(vs)
	}
	defer func() {
		if recover() == nil {
			t.Error("an enumeration that does not exist has values")
		}
	}()
	words.Values("state")
}

package words_test

import (
	"maps"
	"regexp"
	"slices"
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

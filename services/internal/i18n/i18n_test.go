package i18n_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/i18n"
)

func files(of map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, text := range of {
		fs["i18n/"+name+".json"] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

// A further language is text files, and nothing else.
func TestLanguages(t *testing.T) {
	t.Parallel()
	texts := i18n.New(files(map[string]string{
		"zh-CN": `{"gone":"没有了"}`, "en": `{"gone":"Gone"}`, "de": `{"gone":"Weg"}`,
		"phrases.zh-CN": `{"at most %d":"最多%d"}`, "phrases.de": `{"at most %d":"höchstens %d"}`,
	}), files(map[string]string{"zh-CN": `{"own":"自己的"}`, "en": `{"own":"Own"}`}))
	for accept, want := range map[string]string{
		"": "zh-CN", "zh": "zh-CN", "zh-TW": "zh-CN", "zh-CN,zh;q=0.9,en;q=0.8": "zh-CN", "en-GB,en;q=0.9": "en", "en": "en",
		"fr": "zh-CN", "fr, en;q=0.5": "en", "de-AT": "de", ";;;q=": "zh-CN", "*": "zh-CN",
	} {
		if got := texts.Language(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
	for i := range 200 { // more headers than are remembered
		if got := texts.Language(fmt.Sprintf("de;q=0.%d", i+100)); got != "de" {
			t.Fatal(got)
		}
	}
	if s := texts.Say(fault.Textf("at most %d", 3), "de"); s != "höchstens 3" {
		t.Error(s)
	}
	if s := texts.Say(fault.Textf("at most %d", 3), "en"); s != "at most 3" {
		t.Error(s)
	}
	if s := texts.Title("gone", "de") + texts.Title("own", "en") + texts.Title("unknown", ""); s != "WegOwnunknown" {
		t.Error(s)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	defer func() {
		if s := fmt.Sprint(recover()); !strings.Contains(s, "i18n/en.json") {
			t.Error(s)
		}
	}()
	i18n.New(files(map[string]string{"en": `{"gone":`}))
}

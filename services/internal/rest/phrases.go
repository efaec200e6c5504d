package rest

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/duban/duban/services/internal/fault"
)

// Phrases turn English sentences into Chinese ones. They come from the files
// i18n/phrases.zh-CN.json: objects from an English sentence, or the format it
// was made from, to its Chinese one. What a %s stands for is looked up as well,
// so that names of states and actions are phrases of their own. In the Chinese
// text %[2]s takes the second value where the order differs. %% is a per cent
// sign, as in the format.
type Phrases struct {
	whole   map[string]string
	formats []format // those with more fixed text first
}

type format struct {
	english string
	takes   string // the letter of each verb
	pattern *regexp.Regexp
	fixed   int
	chinese string
}

var (
	verbs = regexp.MustCompile(`%(?:\[(\d+)\])?[sdvqg]|%%`)
	takes = map[byte]string{'%': "%", 's': `(.*?)`, 'v': `(.*?)`, 'q': `"((?:[^"\\]|\\.)*)"`, 'd': `(-?\d+)`, 'g': `(-?[\d.e+-]+)`}
)

func (p *Phrases) add(m map[string]string) {
	if p.whole == nil {
		p.whole = map[string]string{}
	}
	for en, zh := range m {
		at := verbs.FindAllStringIndex(en, -1)
		if len(at) == 0 {
			p.whole[en] = zh
			continue
		}
		f := format{english: en, chinese: zh}
		var b strings.Builder
		b.WriteString(`(?s)\A`)
		from := 0
		for _, v := range at {
			b.WriteString(regexp.QuoteMeta(en[from:v[0]]))
			b.WriteString(takes[en[v[1]-1]])
			f.fixed += v[0] - from
			from = v[1]
			if c := en[v[1]-1]; c != '%' {
				f.takes += string(c)
			}
		}
		f.fixed += len(en) - from
		b.WriteString(regexp.QuoteMeta(en[from:]))
		b.WriteString(`\z`)
		f.pattern = regexp.MustCompile(b.String())
		p.formats = append(p.formats, f)
	}
	slices.SortFunc(p.formats, func(a, b format) int {
		return cmp.Or(cmp.Compare(b.fixed, a.fixed), cmp.Compare(a.english, b.english))
	})
}

// say gives the Chinese sentence for an English one, or false.
func (p *Phrases) say(english string) (string, bool) {
	if s, ok := p.whole[english]; ok {
		return s, true
	}
	for _, f := range p.formats {
		if m := f.pattern.FindStringSubmatch(english); m != nil {
			return p.fill(f, m[1:]), true
		}
	}
	return english, false
}

// fill puts values into a Chinese format, each in Chinese where it has a phrase.
func (p *Phrases) fill(f format, values []string) string {
	next := 0
	return verbs.ReplaceAllStringFunc(f.chinese, func(verb string) string {
		if verb == "%%" {
			return "%"
		}
		i := next
		if m := verbs.FindStringSubmatch(verb); m[1] != "" {
			n, _ := strconv.Atoi(m[1])
			i = n - 1
		}
		next = i + 1
		if i < 0 || i >= len(values) {
			return ""
		}
		value := values[i]
		if f.takes[i] == 'q' {
			if s, err := strconv.Unquote(`"` + value + `"`); err == nil {
				value = s
			}
		}
		if day := days.FindStringSubmatch(value); day != nil {
			return strings.TrimLeft(day[1], "0") + "年" + strings.TrimPrefix(day[2], "0") + "月" + strings.TrimPrefix(day[3], "0") + "日"
		}
		words := strings.Split(value, fault.WordBreak)
		for i := range words {
			words[i], _ = p.say(words[i])
		}
		return strings.Join(words, "、")
	})
}

// days are what a fault.Day reads.
var days = regexp.MustCompile(`\A(\d{4})-(\d{2})-(\d{2})\z`)

// Say gives a sentence in the language that accept, an Accept-Language header,
// asks for. A sentence without a Chinese text stays English.
func (t *Texts) Say(s fault.Text, accept string) fault.Text {
	if s == "" || language(accept) == "en" {
		return s
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	said, _ := t.phrases.say(string(s))
	return fault.Text(said)
}

// Say gives a sentence in the language of the request that ctx belongs to.
func Say(ctx context.Context, s fault.Text) fault.Text {
	h := headersOf(ctx)
	if h.texts == nil {
		return s
	}
	return h.texts.Say(s, h.language)
}

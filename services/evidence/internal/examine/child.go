package examine

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/child"
)

// work is what the processes are started for.
const work = "examine"

// What an examiner may take, in bytes; then it gives up the file.
const (
	memory = 384 << 20
	// heavyMemory is for types that are decoded in WebAssembly, whose memory is
	// copied as it grows: a picture of 24 megapixels takes 500 MB.
	heavyMemory = 640 << 20
)

// heavy are the kinds of which one file at a time is looked at.
var heavy = map[string]bool{"image/heic": true, "image/jpeg" + large: true, "image/png" + large: true, "image/gif" + large: true, "image/webp" + large: true}

func allow(kind string) {
	if heavy[kind] {
		child.Allow(heavyMemory)
		return
	}
	child.Allow(memory)
}

// task is what an examiner is told to look at.
type task struct {
	Path string `json:"path"`
	Type string `json:"type"` // and how it is looked at, see weigh
}

func init() { child.Serve(work, memory, serve) }

// serve answers one line of JSON with one line, until its input ends.
func serve(in io.Reader, out io.Writer) {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var t task
		if json.Unmarshal(line, &t) != nil {
			return
		}
		raw, err := json.Marshal(look(t))
		if err != nil {
			return
		}
		if _, err := out.Write(append(raw, '\n')); err != nil {
			return
		}
	}
}

// answer is what came of a task.
type answer struct {
	Findings evidence.Findings `json:"findings"`
	Error    string            `json:"error,omitempty"`
}

func look(t task) (a answer) {
	defer func() {
		if recover() != nil { // a decoder that fell over
			a = answer{Findings: evidence.Findings{Verdict: evidence.Damaged}}
		}
	}()
	allow(t.Type)
	f, err := os.Open(t.Path)
	if err != nil {
		return answer{Error: err.Error()}
	}
	defer f.Close()
	if plain, ok := strings.CutSuffix(t.Type, beyond); ok {
		var x evidence.Findings
		taken, turned := capture(f, plain)
		x.Capture = taken
		if x, err = carried(f, plain, x, turned); err != nil {
			return answer{Error: err.Error()}
		}
		return answer{Findings: x}
	}
	t.Type = plainType(t.Type)
	look := picture
	if evidence.Readable(t.Type) {
		look = document
	}
	x, err := look(f, t.Type)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Findings: x}
}

package examine

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/duban/duban/services/evidence"
)

// childEnv marks a process that is an examiner and nothing else.
const childEnv = "DUBAN_EXAMINER"

// What an examiner may take, in bytes; then it gives up the file.
const (
	memory = 384 << 20
	// heavyMemory is for types that are decoded in WebAssembly, whose memory is
	// copied as it grows: a picture of 24 megapixels takes 500 MB.
	heavyMemory = 640 << 20
)

// heavy are the types of which one file at a time is looked at.
var heavy = map[string]bool{"image/heic": true}

// allowed is what the file in hand may take.
var allowed atomic.Uint64

func allow(mediaType string) {
	n := uint64(memory)
	if heavy[mediaType] {
		n = heavyMemory
	}
	allowed.Store(n)
	debug.SetMemoryLimit(int64(n * 3 / 4))
}

// outOfMemory is the exit code of an examiner that gave up for its memory.
const outOfMemory = 78

// task is what an examiner is told to look at.
type task struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

// The program starts itself as an examiner. That it does so before main keeps
// every program that contains the evidence service, tests included, from
// starting something else in its place.
func init() {
	if os.Getenv(childEnv) == "" {
		return
	}
	_ = os.Unsetenv(childEnv)
	allow("")
	watch()
	// What a decoder has to say must not come between the answers.
	out := os.Stdout
	os.Stdout = os.Stderr
	serve(os.Stdin, out)
	os.Exit(0)
}

// watch ends the process when it takes more memory than it may.
func watch() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			metrics.Read(sample)
			if sample[0].Value.Uint64()-sample[1].Value.Uint64() > allowed.Load() {
				os.Exit(outOfMemory)
			}
		}
	}()
}

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

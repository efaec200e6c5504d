// Package child runs this program again as a process of bounded memory and low
// priority, for work on what strangers send: a file that was made to break a
// decoder costs its own process and nothing else.
//
// A service registers its work with Serve, in an init function, and starts a
// process for it with Start. The two talk over the standard streams. A child
// knows nothing of what the service was told, least of all its secrets.
package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// env names the work of a process that is a child and nothing else.
const env = "DUBAN_CHILD"

// OutOfMemory is the exit code of a child that gave up for its memory.
const OutOfMemory = 78

// niceness is how far children stand behind the service itself.
const niceness = 10

// allowed is what this process may take, in bytes.
var allowed atomic.Uint64

// Allow changes what the child may take from now on, in bytes.
func Allow(memory uint64) {
	allowed.Store(memory)
	debug.SetMemoryLimit(int64(memory * 3 / 4))
}

// Serve makes a process that was started for the work name do work, which gets
// what the parent writes and answers on out, and nothing else: it does not
// return there. Everywhere else it does nothing. Call it from an init function:
// that the work begins before main keeps every program that contains the
// service, tests included, from starting something else in its place.
func Serve(name string, memory uint64, work func(in io.Reader, out io.Writer)) {
	if os.Getenv(env) != name {
		return
	}
	_ = os.Unsetenv(env)
	Allow(memory)
	watch()
	// The group, for a priority is a thread's own on Linux; Start gives each
	// child a group. One that cannot be lowered works all the same.
	_ = syscall.Setpriority(syscall.PRIO_PGRP, 0, niceness)
	// What a decoder has to say must not come between the answers.
	out := os.Stdout
	os.Stdout = os.Stderr
	work(os.Stdin, out)
	// Work that answers nothing any more lets go of out: collected, it would be
	// closed, and the parent would take the child for one that has ended.
	runtime.KeepAlive(out)
	os.Exit(0)
}

// watch ends the process when it takes more memory than it may.
func watch() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			metrics.Read(sample)
			if sample[0].Value.Uint64()-sample[1].Value.Uint64() > allowed.Load() {
				os.Exit(OutOfMemory)
			}
		}
	}()
}

// Process is a child that was started. End it.
type Process struct {
	In   io.WriteCloser
	Out  *bufio.Reader
	cmd  *exec.Cmd
	once sync.Once // of end
}

// Start starts a process for the work name. The files are open in it as the
// descriptors from 3 on.
func Start(name string, files ...*os.File) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: exec.Command(self)}
	p.cmd.Env = []string{env + "=" + name, "GOMAXPROCS=1", "GOGC=50", "GOTRACEBACK=none"}
	p.cmd.ExtraFiles = files
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.In, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.Out = bufio.NewReaderSize(out, 1<<16)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	return p, nil
}

// ErrEndless is an answer longer than it may be.
var ErrEndless = errors.New("the answer never ends")

// Line reads a line of at most so many bytes, its end included.
func (p *Process) Line(most int) ([]byte, error) {
	var line []byte
	for {
		piece, err := p.Out.ReadSlice('\n')
		if line = append(line, piece...); !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > most {
			return nil, ErrEndless
		}
	}
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// End kills the process and answers its exit code, -1 where it was the killing
// that ended it. It may be repeated, and p may be nil.
func (p *Process) End() int { return p.end(0) }

// Ended answers with what exit code the process ended that has stopped
// answering. One that has not ended is killed before long.
func (p *Process) Ended() int { return p.end(time.Second) }

func (p *Process) end(grace time.Duration) int {
	if p == nil {
		return 0
	}
	p.once.Do(func() {
		_ = p.In.Close()
		kill := time.AfterFunc(grace, func() { _ = p.cmd.Process.Kill() })
		_ = p.cmd.Wait()
		kill.Stop()
	})
	return p.cmd.ProcessState.ExitCode()
}

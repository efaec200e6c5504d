// Package porttest gives tests ports that a process is told before it listens.
package porttest

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

// The ports lie below what systems give to connections that go out (from 32768
// on Linux, 49152 elsewhere): otherwise any other connection could have one
// between being found free and being listened at, or while its process is down.
const first, count = 20000, 12000

// next starts elsewhere in every test process, for those that run together.
var next atomic.Uint32

func init() { next.Store(uint32(os.Getpid()) * 37) }

// Free gives a port of 127.0.0.1 at which nobody listens, never the same twice.
func Free(t testing.TB) int {
	t.Helper()
	for range count {
		port := first + int(next.Add(1)%count)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		_ = l.Close()
		return port
	}
	t.Fatal("no port is free")
	return 0
}

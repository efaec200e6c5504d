package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
)

// A file of more lines than one transaction takes is imported while the
// process dies at some moment: all of it or nothing, and what was answered
// with 202 always.
func TestKilledDuringUnitsImport(t *testing.T) {
	t.Parallel()
	killedDuringImport(t, "units", "SELECT COUNT(*) FROM units WHERE code LIKE ?",
		func(tag string, i int) string {
			return fmt.Sprintf("%s%05d,新村%d,%s,unit,village\n", tag, i, i, townCode(i%towns))
		},
		func(c *client.Client, lines string) (*client.DirectoryImport, error) {
			return c.ImportUnits(context.Background(), nil, "text/csv", strings.NewReader("code,name,parent_code,level,kind\n"+lines))
		})
}

// The same with people.
func TestKilledDuringPeopleImport(t *testing.T) {
	t.Parallel()
	killedDuringImport(t, "people", "SELECT COUNT(*) FROM people WHERE account LIKE ?",
		func(tag string, i int) string {
			return fmt.Sprintf("%s%05d,王芳,%s\n", tag, i, villageCode(i%towns, i%villages))
		},
		func(c *client.Client, lines string) (*client.DirectoryImport, error) {
			return c.ImportPeople(context.Background(), nil, "text/csv", strings.NewReader("account,name,unit_code\n"+lines))
		})
}

func killedDuringImport(t *testing.T, kind, counting string, line func(tag string, i int) string, send func(*client.Client, string) (*client.DirectoryImport, error)) {
	n := newNode(t)
	n.start()
	const lines = 2300
	took := 300 * time.Millisecond // of a whole import; learnt on the way
	for round := range rounds(4, 40) {
		tag := fmt.Sprintf("%s-%02d-", kind, round)
		var file strings.Builder
		for i := range lines {
			file.WriteString(line(tag, i))
		}
		c := n.as("sysadmin")
		type result struct {
			imp *client.DirectoryImport
			err error
		}
		answer := make(chan result, 1)
		begun := time.Now()
		go func() {
			imp, err := send(c, file.String())
			answer <- result{imp, err}
		}()
		time.Sleep(rand.N(took))
		n.kill()
		r := <-answer
		at := time.Since(begun)
		n.start()
		// What was not stored whole is given up after a minute.
		n.skip(2 * time.Minute)
		eventually(t, time.Minute, "the import ends", func() (string, bool) {
			open := count(t, n.data, "directory", "SELECT COUNT(*) FROM imports WHERE state IN ('staging', 'applying')")
			return fmt.Sprintf("%d go on", open), open == 0
		})
		got := count(t, n.data, "directory", counting, tag+"%")
		t.Logf("killed after %v: %d of %d lines, answered: %v", at.Round(time.Millisecond), got, lines, r.err == nil)
		switch {
		case got != 0 && got != lines:
			t.Errorf("%d of %d lines were imported", got, lines)
		case r.err == nil && got != lines:
			t.Error("it was answered, and is lost")
		}
		if got != 0 {
			took = took * 3 / 4
			continue
		}
		// Nothing of it is in the way of another try.
		begun = time.Now()
		imp, err := send(n.as("sysadmin"), file.String())
		if err != nil {
			t.Fatalf("once more: %v", err)
		}
		eventually(t, time.Minute, "the second try ends", func() (string, bool) {
			x, err := n.as("sysadmin").GetImport(context.Background(), *imp.ID)
			if err != nil {
				return err.Error(), false
			}
			return string(x.State), x.State == "done"
		})
		took = max(took, time.Since(begun))
		if got := count(t, n.data, "directory", counting, tag+"%"); got != lines {
			t.Errorf("the second try imported %d of %d lines", got, lines)
		}
	}
	n.settle()
	if kind == "units" {
		// Every copy of the tree is the directory's.
		want := count(t, n.data, "directory", "SELECT COUNT(*) FROM units")
		for _, s := range []string{"assignment", "evidence", "rectification", "insight", "notice"} {
			if got := count(t, n.data, s, "SELECT COUNT(*) FROM tree_units"); got != want {
				t.Errorf("%s knows %d units, the directory %d", s, got, want)
			}
		}
	}
	n.sound()
}

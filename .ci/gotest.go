//go:build ignore

// Command gotest runs `go test -json` with the arguments it is given, prints a
// line for each package and everything about what failed, and at the end every
// test that was skipped, with its reason. With CI=true a skipped test is a
// failure, unless the first argument is -skips-allowed.
//
// Up to three failed tests are run a second time, alone, on a machine that is
// quiet by then. What passes then is printed as unsteady and does not fail the
// run; a data race, a panic or a timeout always does.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

type action struct {
	Action, Package, Test, Output, ImportPath, FailedBuild string
	Elapsed                                                float64
}

type skip struct{ test, why string }

func main() {
	args := os.Args[1:]
	strict := os.Getenv("CI") == "true"
	if len(args) > 0 && args[0] == "-skips-allowed" {
		args, strict = args[1:], false
	}
	// Memory there is to spare where tests run; collecting it took an eighth of
	// their processor time.
	if os.Getenv("GOGC") == "" {
		check(os.Setenv("GOGC", "300"))
	}
	started := time.Now()
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())

	output := map[[2]string]*strings.Builder{} // (package, test) → what it printed
	builds := map[string]*strings.Builder{}
	var skips []skip
	var failed []string
	again := map[string][]string{} // package → its failed tests
	final := false                 // something failed that a second run cannot mend
	passed := 0
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var a action
			if json.Unmarshal(line, &a) != nil {
				os.Stdout.Write(line) // not of the test runner
				continue
			}
			key := [2]string{a.Package, a.Test}
			if output[key] == nil {
				output[key] = new(strings.Builder)
			}
			switch a.Action {
			case "build-output":
				if builds[a.ImportPath] == nil {
					builds[a.ImportPath] = new(strings.Builder)
				}
				builds[a.ImportPath].WriteString(a.Output)
			case "output":
				if o := strings.TrimSpace(a.Output); !strings.HasPrefix(o, "=== ") {
					output[key].WriteString(a.Output)
				}
			case "skip":
				if a.Test == "" {
					break // a package without tests
				}
				skips = append(skips, skip{short(a.Package) + " " + a.Test, reason(output[key].String())})
			case "pass":
				if a.Test != "" {
					passed++
				} else {
					fmt.Printf("ok    %-50s %6.1fs\n", short(a.Package), a.Elapsed)
				}
				delete(output, key)
			case "fail":
				if a.FailedBuild != "" {
					final = true
					if builds[a.FailedBuild] != nil {
						fmt.Print(builds[a.FailedBuild].String())
					}
				}
				said := output[key].String()
				fmt.Print(said)
				final = final || strings.Contains(said, "DATA RACE") || strings.Contains(said, "race detected") || strings.Contains(said, "panic:")
				name := short(a.Package)
				if a.Test != "" {
					name += " " + a.Test
					if top, _, _ := strings.Cut(a.Test, "/"); !slices.Contains(again[a.Package], top) {
						again[a.Package] = append(again[a.Package], top)
					}
				} else {
					final = final || again[a.Package] == nil // the package itself, not a test of it
					fmt.Printf("FAIL  %-50s %6.1fs\n", name, a.Elapsed)
				}
				failed = append(failed, name)
				delete(output, key)
			}
		}
		if err != nil {
			break
		}
	}
	err = cmd.Wait()

	fmt.Printf("\n%d tests passed, %d skipped, in %.0f s\n", passed, len(skips), time.Since(started).Seconds())
	if len(failed) > 0 {
		fmt.Println("\nFailed:")
		for _, f := range failed {
			fmt.Println("  " + f)
		}
	}
	if len(skips) > 0 {
		slices.SortFunc(skips, func(a, b skip) int { return cmp.Or(cmp.Compare(a.why, b.why), cmp.Compare(a.test, b.test)) })
		fmt.Println("\nNot tested here:")
		why := ""
		for _, s := range skips {
			if s.why != why {
				why = s.why
				fmt.Println("  " + why)
			}
			fmt.Println("    " + s.test)
		}
	}
	if err != nil || len(failed) > 0 {
		if final || !steady(args, again) {
			os.Exit(1)
		}
	}
	if strict && len(skips) > 0 {
		fmt.Println("\nWith CI=true nothing may be skipped.")
		os.Exit(1)
	}
}

// steady runs the failed tests once more, each package alone, and tells
// whether all passed. args are those of the first run; its packages are last.
func steady(args []string, again map[string][]string) bool {
	n := 0
	for _, tests := range again {
		n += len(tests)
	}
	if n == 0 || n > 3 {
		return false
	}
	flags := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "./") })
	fmt.Println("\nRun a second time, alone:")
	ok := true
	for pkg, tests := range again {
		cmd := exec.Command("go", append(append([]string{"test"}, flags...), "-run", "^("+strings.Join(tests, "|")+")$", pkg)...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		passes := cmd.Run() == nil
		for _, t := range tests {
			if passes {
				fmt.Printf("  UNSTEADY: %s %s failed once and passed alone; mend it\n", short(pkg), t)
			}
		}
		ok = ok && passes
	}
	return ok
}

func short(pkg string) string { return strings.TrimPrefix(pkg, "github.com/duban/duban/") }

// reason is what the test said when it skipped.
func reason(out string) string {
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "--- SKIP") || line == "" {
			continue
		}
		if _, why, ok := strings.Cut(line, ".go:"); ok {
			if _, why, ok := strings.Cut(why, ": "); ok {
				line = why
			}
		}
		if !strings.HasPrefix(line, "SKIPPED: ") {
			line = "SKIPPED: " + line
		}
		return line
	}
	return "SKIPPED: no reason given"
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(2)
	}
}

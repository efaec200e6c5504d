package main_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Case 73: a shared flag is either used by a command, or refused by it; none
// is taken in silence.
func TestCase73SharedFlagsAreUsedOrRefused(t *testing.T) {
	t.Parallel()
	uses := map[string]string{
		"serve": "data services log", "migrate": "data services log",
		"check": "data services log", "reconcile": "data services log", "doctor": "data services log",
		"demo": "data log", "reset-administrator someone": "data log",
		"import units nothing.csv": "", "verify nothing.zip": "", "version": "", "openapi": "", "nats-password": "",
	}
	out, err := exec.Command(duban(t), "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(out), "Available Commands:")
	list, _, _ = strings.Cut(list, "Flags:")
	known := " "
	for command := range uses {
		known += strings.Fields(command)[0] + " "
	}
	for line := range strings.Lines(list) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "help" && f[0] != "completion" && !strings.Contains(known, " "+f[0]+" ") {
			t.Errorf("the command %s is not tried", f[0])
		}
	}
	for command, takes := range uses {
		for _, flag := range []string{"data", "services", "log"} {
			if strings.Contains(takes, flag) {
				continue
			}
			t.Run(command+" "+flag, func(t *testing.T) {
				t.Parallel()
				args := append(strings.Fields(command), "--"+flag, "info")
				out, err := exec.Command(duban(t), args...).CombinedOutput()
				if err == nil || !strings.Contains(string(out), "--"+flag+" means nothing to") {
					t.Errorf("%v, %s", err, out)
				}
			})
		}
	}
}

// Case 73: settings that a walk must not use are refused before anything is done.
func TestCase73TheWalkRefusesWhatWouldLeaveATrace(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	for setting, want := range map[string]string{
		"NATS_URL=nats://127.0.0.1:1":    "unset NATS_URL",
		"S3_URL=http://127.0.0.1:1/b":    "unset S3_URL",
		"DUBAN_SERVICES=directory,audit": "--services runs only some services",
	} {
		cmd := exec.Command(duban(t), "demo", "--walk")
		cmd.Env = append(cmd.Environ(), setting, "TMPDIR="+full)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %s", setting, err, out)
		}
	}
	cmd := exec.Command(duban(t), "demo", "--data", "..")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "is not empty") {
		t.Errorf("a folder that is not empty: %v, %s", err, out)
	}
}

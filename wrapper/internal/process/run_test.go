package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// runner is shared: a process has one.
var runner = NewRunner()

var limits = Limits{MaxStdoutBytes: 1 << 20, MaxStderrBytes: 1000}

func shell(ctx context.Context, script string, limits Limits) (Result, error) {
	return runner.Run(ctx, Request{Argv: []string{"/bin/sh", "-c", script}, Stdin: []byte("input"), Limits: limits})
}

func TestRunGivesWhatAProgramLeaves(t *testing.T) {
	cases := []struct {
		title, script, stdout, stderr string
		exitCode                      int
	}{
		{"all streams and the exit code", "cat; echo problem >&2; exit 3", "input", "problem\n", 3},
		{"pipes that can be opened by name", "cat /dev/stdin >/dev/stdout; echo e >/dev/stderr", "input", "e\n", 0},
		{"the number of the signal that ended it", "kill -SEGV $$", "", "", 139},
		{"input that is not read", "exec <&-; exit 0", "", "", 0},
		{"an orphan that holds the output", "(sleep 60 & echo out)", "out\n", "", 0},
		{"an orphan in another session that holds the output", "setsid sh -c 'sleep 60' & echo out", "out\n", "", 0},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			got, err := shell(t.Context(), c.script, limits)
			if err != nil || string(got.Stdout) != c.stdout || string(got.Stderr) != c.stderr || got.ExitCode != c.exitCode {
				t.Errorf("%q %q %d %v", got.Stdout, got.Stderr, got.ExitCode, err)
			}
		})
	}
}

func TestRunDoesNotMindLargeInputNobodyReads(t *testing.T) {
	got, err := runner.Run(t.Context(), Request{Argv: []string{"true"}, Stdin: make([]byte, 5<<20), Limits: limits})
	if err != nil || got.ExitCode != 0 {
		t.Errorf("%d %v", got.ExitCode, err)
	}
}

func TestRunKeepsBothEndsOfStderr(t *testing.T) {
	got, err := shell(t.Context(), "echo first >&2; head -c 20000000 /dev/zero >&2; echo last >&2", limits)
	text := string(got.Stderr)
	if err != nil || got.StderrBytes != 20_000_011 || len(text) > 1100 ||
		!strings.HasPrefix(text, "first\n") || !strings.HasSuffix(text, "last\n") || !strings.Contains(text, "bytes cut") {
		t.Errorf("%d bytes, %d kept, %v", got.StderrBytes, len(text), err)
	}
}

func TestRunSaysWhyAProgramCannotStart(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	garbage := filepath.Join(folder, "garbage")
	for path, mode := range map[string]os.FileMode{plain: 0o644, garbage: 0o755} {
		if err := os.WriteFile(path, []byte("garbage"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for program, reason := range map[string]string{
		"/no/such/program": "there is no such program", "no-such-program": "there is no such program",
		"": "there is no such program", plain: "it is not executable", garbage: "it is no program for this machine",
	} {
		t.Run(program, func(t *testing.T) {
			_, err := runner.Run(t.Context(), Request{Argv: []string{program}, Limits: limits})
			var start *StartError
			if !errors.As(err, &start) || start.Reason != reason {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRunEndsWhoPassesALimit(t *testing.T) {
	cases := []struct {
		title, script, what string
		limits              Limits
	}{
		{"output", "cat /dev/zero", "more than 1000 bytes to stdout", Limits{MaxStdoutBytes: 1000}},
		{"output at the end", "head -c 1001 /dev/zero", "more than 1000 bytes to stdout", Limits{MaxStdoutBytes: 1000}},
		{"memory", "tail /dev/zero", "more than 50000000 bytes of memory", Limits{MaxStdoutBytes: 10, MaxResidentBytes: 50_000_000}},
		{"memory of a child", "(tail /dev/zero); true", "more than 50000000 bytes of memory", Limits{MaxStdoutBytes: 10, MaxResidentBytes: 50_000_000}},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			_, err := shell(t.Context(), c.script, c.limits)
			var limit *LimitError
			if !errors.As(err, &limit) || !strings.Contains(limit.What, c.what) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	cases := []struct{ title, start string }{
		{"a child", "sleep 61 & echo $! >>%s"},
		{"an orphan", "(sleep 61 & echo $! >>%s)"},
		{"a daemon", "setsid sh -c 'echo $$ >>%s; exec sleep 61 >/dev/null 2>&1 </dev/null' &"},
		{"the child of a daemon", "setsid sh -c '(sleep 61 >/dev/null 2>&1 & echo $! >>%s); sleep 0.2' >/dev/null 2>&1 & sleep 0.4"},
	}
	endings := []struct {
		title, script string
		timeout       time.Duration
	}{
		{"that ended", "sleep 0.3", time.Minute},
		{"that was cancelled", "sleep 62", 600 * time.Millisecond},
	}
	for _, c := range cases {
		for _, ending := range endings {
			t.Run(c.title+" of a function "+ending.title, func(t *testing.T) {
				os.Remove(pids)
				ctx, cancel := context.WithTimeout(t.Context(), ending.timeout)
				defer cancel()
				_, err := shell(ctx, fmt.Sprintf(c.start, pids)+"\n"+ending.script, limits)
				if (err != nil) != (ending.timeout < time.Second) {
					t.Fatal(err)
				}
				text, _ := os.ReadFile(pids)
				pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
				if err != nil {
					t.Fatal(err)
				}
				eventually(t, func() bool { _, there := readRow(pid); return !there })
			})
		}
	}
}

func TestOrphansOfOneFunctionEndWhileAnotherRuns(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	daemon := fmt.Sprintf("setsid sh -c '(sleep 63 >/dev/null 2>&1 </dev/null & echo $! >>%s)' >/dev/null 2>&1 & sleep 0.2", pids)
	done := make(chan error)
	go func() {
		_, err := shell(t.Context(), daemon, limits)
		time.Sleep(50 * time.Millisecond)
		done <- err
	}()
	time.Sleep(100 * time.Millisecond)
	go func() {
		_, err := shell(t.Context(), "sleep 0.6; echo fine", limits)
		done <- err
	}()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	text, _ := os.ReadFile(pids)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { _, there := readRow(pid); return !there })
}

func TestWhatIsKnownToBeOfAFunctionEndsWithItWhileAnOlderOneRuns(t *testing.T) {
	older, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := shell(older, "sleep 67", limits)
		done <- err
	}()
	time.Sleep(100 * time.Millisecond)
	pids := filepath.Join(t.TempDir(), "pids")
	for title, start := range map[string]string{
		"its group":               "(sleep 61 >/dev/null 2>&1 & echo $! >%s)",
		"its session":             "set -m; (sleep 61 >/dev/null 2>&1 & echo $! >%s)",
		"who has its output open": "setsid sh -c 'echo $$ >%s; exec sleep 61' & sleep 0.1",
	} {
		t.Run(title, func(t *testing.T) {
			started := time.Now()
			if _, err := shell(t.Context(), fmt.Sprintf(start, pids), limits); err != nil {
				t.Fatal(err)
			}
			text, _ := os.ReadFile(pids)
			pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, func() bool { _, there := readRow(pid); return !there })
			if took := time.Since(started); took > 1500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the older one ended before: %v", err)
	}
}

func TestRunAtOnceMixesNothingUp(t *testing.T) {
	done := make(chan error)
	for n := range 20 {
		go func() {
			got, err := shell(t.Context(), fmt.Sprintf("sleep 0.05; echo %d", n), limits)
			if err == nil && string(got.Stdout) != fmt.Sprintf("%d\n", n) {
				err = fmt.Errorf("%q", got.Stdout)
			}
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestRunIsNotStartedForWhoIsGone(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if _, err := shell(ctx, "exit 0", limits); !errors.Is(err, gone) {
		t.Error(err)
	}
}

func TestParseRowOfAProgramWithABracketInItsName(t *testing.T) {
	text := "7 (a) Z (b) Z 3 5 6 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 1000 12 0\n"
	got, ok := parseRow(7, []byte(text))
	expected := row{pid: 7, parent: 3, group: 5, session: 6, zombie: true, startTicks: 4711, residentPages: 12}
	if !ok || got != expected {
		t.Errorf("%+v", got)
	}
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for range 150 {
		if condition() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("it did not come true in time")
}

package service

import (
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"krm-function-runner/wrapper/internal/krm"
	"krm-function-runner/wrapper/internal/process"
)

func failed(exitCode int, stdout, stderr string, results ...krm.Result) outcome {
	return outcome{
		Result: process.Result{ExitCode: exitCode, Stdout: []byte(stdout), Stderr: []byte(stderr), StderrBytes: int64(len(stderr))},
		output: krm.Output{Results: results},
	}
}

func TestStatusStaysWithinTheTrailer(t *testing.T) {
	results := make([]krm.Result, 2000)
	unparsed := failed(0, strings.Repeat("ö\n", 5000), strings.Repeat("\x00", 5000))
	unparsed.output.NotResourceList = "it is empty"
	cases := map[string]*failure{
		"short":         newFailure(codes.Internal, "INTERNAL", "short", ""),
		"long":          newFailure(codes.Internal, "INTERNAL", strings.Repeat("x", 1<<20), "hint"),
		"percent signs": newFailure(codes.Internal, "INTERNAL", strings.Repeat("%", 1<<20), "hint"),
		"no ASCII":      newFailure(codes.Internal, "INTERNAL", strings.Repeat("日本", 1<<18), "hint"),
		"stderr":        evaluateFailure("image", failed(1, "", strings.Repeat("\n", 5)+strings.Repeat("line\n", 1<<18))),
		"results":       evaluateFailure("image", failed(1, "", "end", results...)),
		"both":          evaluateFailure(strings.Repeat("i", 9999), failed(1, "", strings.Repeat("\xff", 1<<20), results...)),
		"output":        outputFailure(strings.Repeat("i", 9999), unparsed),
	}
	for title, f := range cases {
		t.Run(title, func(t *testing.T) {
			got := status.Convert(statusError(f))
			if size := trailerBytes(got); size > maxTrailerBytes || (title != "short" && size < maxTrailerBytes*3/4) {
				t.Errorf("%d bytes", size)
			}
			if !utf8.ValidString(got.Message()) || len(got.Details()) < 2 {
				t.Errorf("%q %v", got.Message(), got.Details())
			}
		})
	}
}

func TestFunctionFailuresHaveTheWordsOfPorch(t *testing.T) {
	unparsed := failed(0, "text\nmore", "log")
	unparsed.output.NotResourceList = "it is not an object"
	crashed := failed(2, "", "panic\n")
	crashed.output.NotResourceList = "it is empty"
	cases := []struct {
		title    string
		failure  *failure
		expected string
	}{
		{
			"results", evaluateFailure("f:v1", failed(1, "", "log\n", krm.Result{Message: "m <", Severity: "error"})),
			`failed to evaluate function "f:v1" with structured results: [{"message":"m <","severity":"error"}] and stderr: log`,
		},
		{
			"no results", evaluateFailure("f:v1", failed(1, "", "")),
			`failed to evaluate function "f:v1" with structured results: [] and stderr: `,
		},
		{
			"no ResourceList", outputFailure("f:v1", unparsed),
			`failed to parse the output of function "f:v1" with stderr 'log': stdout is not a ResourceList: it is not an object, it begins with: text\nmore`,
		},
		{
			"a crash", outputFailure("f:v1", crashed),
			`failed to parse the output of function "f:v1" with stderr 'panic': it exited with code 2 and its stdout is not a ResourceList: it is empty`,
		},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			if got := status.Convert(statusError(c.failure)).Message(); got != c.expected {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestCutMiddle(t *testing.T) {
	const note = "…[100 bytes, the middle is left out]…"
	cases := []struct {
		title, text string
		room        int
		expected    string
	}{
		{"what fits", "short", 5, "short"},
		{"what does not", strings.Repeat("a", 50) + strings.Repeat("b", 50), len(note) + 7, "aaaa" + note + "bbb"},
		{"characters of two bytes", strings.Repeat("ä", 50), len(note) + 7, "ää" + note + "ä"},
		{"no room", strings.Repeat("a", 100), 10, note},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			if got := cutMiddle(c.text, c.room, ""); got != c.expected {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestFitLog(t *testing.T) {
	log := []byte(strings.Repeat("a", 100) + strings.Repeat("z", 100))
	for _, room := range []int{-5, 0, 10, 80, 199, 200} {
		got := fitLog(log, room, 4711)
		if len(got) > max(0, room) {
			t.Errorf("%d bytes in %d", len(got), room)
		}
		if room == 80 && (got[0] != 'a' || got[79] != 'z' || !strings.Contains(string(got), "4711 bytes")) {
			t.Errorf("%q", got)
		}
	}
}

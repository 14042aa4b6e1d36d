package config

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	cases := []struct {
		arguments, address string
		maxMessageBytes    int
		entrypoint         []string
	}{
		{"", ":9446", 6291456, nil},
		{"-- /fn", ":9446", 6291456, []string{"/fn"}},
		{"--port 9000 --max-request-body-size 1048576 -- /fn -a --port 1", ":9000", 1048576, []string{"/fn", "-a", "--port", "1"}},
		{"-port=0 -bind-address=127.0.0.1 -- fn", "127.0.0.1:0", 6291456, []string{"fn"}},
		{"--bind-address ::1 -- -fn", "[::1]:9446", 6291456, []string{"-fn"}},
	}
	for _, c := range cases {
		t.Run(c.arguments, func(t *testing.T) {
			got, err := Parse(strings.Fields(c.arguments), io.Discard)
			if err != nil || got.Address != c.address || got.MaxMessageBytes != c.maxMessageBytes || !slices.Equal(got.Entrypoint, c.entrypoint) {
				t.Errorf("%+v %v", got, err)
			}
			if got.MaxConcurrentCalls < 1 || got.DrainTimeout >= 30*time.Second || got.FunctionTimeout != 0 || got.MaxFunctionMemory != 0 {
				t.Errorf("defaults: %+v", got)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, arguments := range []string{
		"--no-such-flag", "--port x", "--max-request-body-size 10", "--max-concurrent-calls 0", "--max-function-memory -1",
	} {
		t.Run(arguments, func(t *testing.T) {
			if _, err := Parse(strings.Fields(arguments+" -- fn"), io.Discard); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

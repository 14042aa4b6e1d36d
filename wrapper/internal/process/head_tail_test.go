package process

import (
	"bytes"
	"testing"
)

func TestHeadTail(t *testing.T) {
	cases := []struct {
		title    string
		chunks   []string
		expected string
	}{
		{"nothing", nil, ""},
		{"what fits", []string{"abc", "defgh"}, "abcdefgh"},
		{"what just fits", []string{"abcde", "fghij"}, "abcdefghij"},
		{"what does not", []string{"abcdefgh", "ijkl"}, "abcde\n… 2 bytes cut …\nhijkl"},
		{"one chunk", []string{"abcdefghijklmno"}, "abcde\n… 5 bytes cut …\nklmno"},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			kept := NewHeadTail(10)
			for _, chunk := range c.chunks {
				kept.Write([]byte(chunk))
			}
			if got := string(kept.Bytes()); got != c.expected {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestHeadTailStaysSmall(t *testing.T) {
	kept := NewHeadTail(1000)
	for range 100_000 {
		kept.Write(bytes.Repeat([]byte("x"), 100))
	}
	if kept.TotalBytes() != 10_000_000 || cap(kept.tail) > 256<<10 {
		t.Errorf("%d bytes, %d held", kept.TotalBytes(), cap(kept.tail))
	}
}

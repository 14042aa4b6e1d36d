package service

import (
	"fmt"
	"slices"
	"strings"
)

// cutMiddle is at most about maxBytes long: beginning and end of the text, and in between how long it was. `size` says
// that in words where the text itself had been cut before.
func cutMiddle(text string, maxBytes int, size string) string {
	if len(text) <= maxBytes {
		return text
	}
	if size == "" {
		size = fmt.Sprintf("%d bytes", len(text))
	}
	note := fmt.Sprintf("…[%s, the middle is left out]…", size)
	room := max(0, maxBytes-len(note))
	head := (room + 1) / 2
	// Characters that the cut goes through are left out.
	return strings.ToValidUTF8(text[:head], "") + note + strings.ToValidUTF8(text[len(text)-(room-head):], "")
}

// fitLog is at most maxBytes of a log: beginning and end, with a line between that says how long it was.
func fitLog(log []byte, maxBytes int, totalBytes int64) []byte {
	if len(log) <= maxBytes {
		return log
	}
	note := fmt.Appendf(nil, "\n[%d bytes in all, the middle is left out]\n", totalBytes)
	room := maxBytes - len(note)
	if room <= 0 {
		return note[:max(0, min(maxBytes, len(note)))]
	}
	head := (room + 1) / 2
	return slices.Concat(log[:head], note, log[len(log)-(room-head):])
}

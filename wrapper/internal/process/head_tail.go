package process

import (
	"fmt"
	"slices"
)

// HeadTail keeps the beginning and the end of what is written to it, in bounded memory.
type HeadTail struct {
	maxHead, maxTail int
	head, tail       []byte
	total            int64
}

// NewHeadTail keeps maxBytes in all, half of them from the end.
func NewHeadTail(maxBytes int) *HeadTail {
	maxTail := maxBytes / 2
	return &HeadTail{maxHead: maxBytes - maxTail, maxTail: maxTail}
}

// Write never fails.
func (h *HeadTail) Write(chunk []byte) (int, error) {
	h.total += int64(len(chunk))
	room := min(h.maxHead-len(h.head), len(chunk))
	h.head = append(h.head, chunk[:room]...)
	h.tail = append(h.tail, chunk[room:]...)
	// Trimmed seldom, so that a flood of small chunks costs linear time.
	if len(h.tail) > 2*h.maxTail+64<<10 {
		h.trim()
	}
	return len(chunk), nil
}

// TotalBytes counts everything that was written, kept or not.
func (h *HeadTail) TotalBytes() int64 { return h.total }

// Bytes is what was kept; a line in the middle says how much was cut.
func (h *HeadTail) Bytes() []byte {
	h.trim()
	cut := h.total - int64(len(h.head)) - int64(len(h.tail))
	if cut == 0 {
		return slices.Concat(h.head, h.tail)
	}
	return slices.Concat(h.head, fmt.Appendf(nil, "\n… %d bytes cut …\n", cut), h.tail)
}

func (h *HeadTail) trim() {
	if excess := len(h.tail) - h.maxTail; excess > 0 {
		h.tail = append(h.tail[:0], h.tail[excess:]...)
	}
}

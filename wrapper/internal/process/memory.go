package process

import (
	"context"
	"fmt"
	"os"
	"time"
)

const (
	memoryInterval = 50 * time.Millisecond
	// The watch takes at most a tenth of one processor.
	memoryRestPerWork = 9
)

// watchMemory looks at the resident memory of a function's family some times a second. RLIMIT_AS is no substitute:
// runtimes with a garbage collector reserve far more than they use.
func watchMemory(ctx context.Context, leader int, maxResidentBytes int64, stop context.CancelCauseFunc) {
	if maxResidentBytes <= 0 {
		return
	}
	for rest := memoryInterval; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		started := time.Now()
		if residentBytes(leader) > maxResidentBytes {
			stop(&LimitError{What: fmt.Sprintf("it used more than %d bytes of memory", maxResidentBytes)})
			return
		}
		rest = max(memoryInterval, memoryRestPerWork*time.Since(started))
	}
}

func residentBytes(leader int) int64 {
	var pages int64
	for _, member := range readTable().family(leader) {
		pages += member.residentPages
	}
	return pages * int64(os.Getpagesize())
}

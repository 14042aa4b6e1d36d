package service

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
)

// maxWaitingPerSlot bounds the queue: each call that waits holds its input in memory.
const maxWaitingPerSlot = 8

// slots bound how many functions run at once. Further calls wait for their turn, as long as their callers do.
type slots struct {
	free       chan struct{}
	waiting    atomic.Int64
	maxWaiting int64
}

func newSlots(limit int) *slots {
	return &slots{free: make(chan struct{}, limit), maxWaiting: int64(limit) * maxWaitingPerSlot}
}

// take gives the function that gives the slot back; errors are the cause of ctx or a *failure.
func (s *slots) take(ctx context.Context) (release func(), err error) {
	release = func() { <-s.free }
	select {
	case s.free <- struct{}{}:
		return release, nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.maxWaiting {
		return nil, s.overloaded()
	}
	select {
	case s.free <- struct{}{}:
		return release, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *slots) overloaded() *failure {
	message := fmt.Sprintf("%d calls run and %d wait, which is the limit", cap(s.free), s.maxWaiting)
	overloaded := newFailure(codes.ResourceExhausted, "OVERLOADED", message, "Try again later, or raise --max-concurrent-calls.")
	overloaded.retryAfter = time.Second
	return overloaded
}

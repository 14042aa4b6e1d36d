package service

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"google.golang.org/grpc/codes"
)

func TestSlots(t *testing.T) {
	s := newSlots(1)
	release, err := s.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waiters := make(chan error)
	for range maxWaitingPerSlot {
		go func() {
			release, err := s.take(t.Context())
			if err == nil {
				release()
			}
			waiters <- err
		}()
	}
	for s.waiting.Load() < maxWaitingPerSlot {
		runtime.Gosched()
	}
	var full *failure
	if _, err := s.take(t.Context()); !errors.As(err, &full) || full.code != codes.ResourceExhausted || full.retryAfter == 0 {
		t.Errorf("one too many: %v", err)
	}
	release()
	for range maxWaitingPerSlot {
		if err := <-waiters; err != nil {
			t.Error(err)
		}
	}
	if s.waiting.Load() != 0 || len(s.free) != 0 {
		t.Errorf("%d wait, %d taken", s.waiting.Load(), len(s.free))
	}
}

func TestWaitingForASlotEndsWithTheCall(t *testing.T) {
	s := newSlots(1)
	if _, err := s.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errShuttingDown)
	if _, err := s.take(ctx); !errors.Is(err, errShuttingDown) || s.waiting.Load() != 0 {
		t.Errorf("%v, %d wait", err, s.waiting.Load())
	}
}

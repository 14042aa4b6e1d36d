package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"krm-function-runner/wrapper/internal/process"
)

// failure is an error that a caller sees. Reason and status are the runner's own for the same kind.
type failure struct {
	code   codes.Code
	reason string
	hint   string
	// compose gives the message with at most about so many bytes of what the function wrote.
	compose func(maxBytes int) string
	// retryAfter is sent where it is not zero.
	retryAfter time.Duration
}

var (
	errShuttingDown    = errors.New("the server is shutting down")
	errFunctionTimeout = errors.New("the function did not end within --function-timeout")
)

func newFailure(code codes.Code, reason, message, hint string) *failure {
	return &failure{code: code, reason: reason, hint: hint, compose: func(maxBytes int) string {
		return cutMiddle(message, maxBytes, "")
	}}
}

// Error makes it an error; callers get the status.
func (f *failure) Error() string { return f.compose(maxTrailerBytes) }

// failureOf turns what ended a run into what the caller is told.
func failureOf(image string, err error) *failure {
	var start *process.StartError
	var limit *process.LimitError
	switch {
	case errors.As(err, &start):
		return newFailure(codes.Internal, "FUNCTION_START", executeMessage(image, err),
			"Check that the ENTRYPOINT is in the image, is executable, and is built for this machine.")
	case errors.As(err, &limit):
		return newFailure(codes.ResourceExhausted, "FUNCTION_LIMIT", executeMessage(image, err),
			"Raise the limit, or split the package.")
	case errors.Is(err, errFunctionTimeout):
		return newFailure(codes.DeadlineExceeded, "FUNCTION_TIMEOUT", executeMessage(image, err), "")
	case errors.Is(err, errShuttingDown):
		return newFailure(codes.Unavailable, "SHUTTING_DOWN", err.Error(), "Try again on another pod.")
	case errors.Is(err, context.DeadlineExceeded):
		return newFailure(codes.DeadlineExceeded, "DEADLINE", "the caller's deadline has passed", "")
	case errors.Is(err, context.Canceled):
		return newFailure(codes.Canceled, "CANCELLED", "the caller has gone away", "")
	}
	return newFailure(codes.Internal, "INTERNAL", executeMessage(image, err), "")
}

// executeMessage has the words of Porch's in-pod server.
func executeMessage(image string, err error) string {
	return fmt.Sprintf("Failed to execute function %s: %v", quoted(image), err)
}

func tooLarge(image string, size, maxMessageBytes int) *failure {
	return newFailure(codes.ResourceExhausted, "FUNCTION_LIMIT",
		fmt.Sprintf("function %s wrote %d bytes, which do not fit into a message of %d bytes", quoted(image), size, maxMessageBytes),
		"Raise --max-request-body-size here and in the client, or split the package.")
}

package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"

	"golang.org/x/sys/unix"
)

// StartError says why a program could not be started.
type StartError struct {
	Program string
	Reason  string
}

func (e *StartError) Error() string { return fmt.Sprintf("cannot start %s: %s", e.Program, e.Reason) }

// LimitError says which limit ended a program.
type LimitError struct{ What string }

func (e *LimitError) Error() string { return "the function was ended: " + e.What }

func startError(program string, cause error) *StartError {
	return &StartError{Program: program, Reason: startReason(cause)}
}

func startReason(cause error) string {
	switch {
	case errors.Is(cause, exec.ErrNotFound), errors.Is(cause, fs.ErrNotExist):
		return "there is no such program"
	case errors.Is(cause, fs.ErrPermission):
		return "it is not executable"
	case errors.Is(cause, unix.E2BIG):
		return "its arguments and environment are too long"
	case errors.Is(cause, unix.EAGAIN):
		return "the machine has too many processes"
	case errors.Is(cause, unix.ENOEXEC):
		return "it is no program for this machine"
	}
	return cause.Error()
}

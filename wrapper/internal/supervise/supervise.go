// Package supervise is what pid 1 does: start the server, pass signals on, reap whoever is left over. Reaping in the
// server itself would race with its waiting for functions.
package supervise

import (
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

var forwarded = []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}

// Run starts the program again, as a child, and gives the exit code when that ends: 128 + n when signal n ended it.
func Run(program string, arguments []string) int {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, forwarded...)
	server, err := syscall.ForkExec(program, arguments, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		slog.Error("the server cannot be started", "program", program, "error", err)
		return 1
	}
	go func() {
		for received := range signals {
			if number, ok := received.(syscall.Signal); ok {
				_ = syscall.Kill(server, number)
			}
		}
	}()
	return reap(server)
}

// reap waits for any child until the server has ended.
func reap(server int) int {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			slog.Error("the server cannot be waited for", "error", err)
			return 1
		case ended == server && status.Signaled():
			slog.Error("the server was ended by a signal", "signal", int(status.Signal()))
			return 128 + int(status.Signal())
		case ended == server && status.Exited():
			return status.ExitStatus()
		}
	}
}

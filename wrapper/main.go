// Command wrapper-server runs in a function pod, in any image: it serves the pod's function over gRPC.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"krm-function-runner/wrapper/internal/config"
	"krm-function-runner/wrapper/internal/install"
	"krm-function-runner/wrapper/internal/krm"
	"krm-function-runner/wrapper/internal/probe"
	"krm-function-runner/wrapper/internal/service"
	"krm-function-runner/wrapper/internal/supervise"
)

// defaultPath is what container runtimes use for images that set none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// collectPercent makes the heap be collected early: there is one of this server in every function pod, and its work is
// to wait.
const collectPercent = 25

const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	os.Exit(run(os.Args))
}

func run(arguments []string) int {
	name := strings.ReplaceAll(filepath.Base(arguments[0]), "_", "-")
	first := ""
	if len(arguments) > 1 {
		first = arguments[1]
	}
	switch {
	case name == install.ProbeName:
		return probe.Run(arguments[1:], os.Stderr)
	case name == "cp":
		return exitCode(install.Copy(arguments[1:]))
	case first == "probe":
		return probe.Run(arguments[2:], os.Stderr)
	case first == "copy" && len(arguments) == 3:
		return exitCode(install.Self(config.Self(), arguments[2]))
	case first == "cp":
		return exitCode(install.Copy(arguments[2:]))
	case first == config.ReadOutputCommand:
		return exitCode(readOutput())
	case os.Getpid() == 1:
		return supervise.Run(config.Self(), arguments)
	}
	return serve(arguments[1:])
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "error: %v\n", err)
	return exitFailure
}

func readOutput() error {
	output, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(krm.Encode(krm.Parse(output)))
	return err
}

func serve(arguments []string) int {
	settings, err := config.Parse(arguments, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		slog.Error("the command line is wrong", "error", err)
		return exitUsage
	}
	if _, given := os.LookupEnv("PATH"); !given {
		os.Setenv("PATH", defaultPath)
	}
	debug.SetGCPercent(collectPercent)
	server := service.New(settings)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stopOnSignal(server)
	}()
	if err := server.Serve(); err != nil {
		slog.Error("the server ended", "error", err)
		return exitFailure
	}
	<-stopped
	return 0
}

// stopOnSignal stops the server gracefully on the first signal and at once on the second.
func stopOnSignal(server *service.Server) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	hurry := make(chan struct{})
	go func() {
		<-signals
		close(hurry)
	}()
	server.Stop(hurry)
}

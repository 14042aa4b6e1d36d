// Package config reads the command line of the server: Porch's flags and a few of our own.
package config

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"krm-function-runner/wrapper/internal/service"
)

// ReadOutputCommand is the first argument of the process that parses a long output.
const ReadOutputCommand = "read-output"

const (
	defaultPort            = 9446
	defaultMaxMessageBytes = 6 << 20
	minMaxMessageBytes     = 1 << 10
	defaultMaxCalls        = 8
	// defaultDrainTimeout ends before the 30 s that Kubernetes grants by default.
	defaultDrainTimeout = 25 * time.Second
)

// Parse reads the arguments after the program's name. What is wrong with them is told to messages.
func Parse(arguments []string, messages io.Writer) (service.Config, error) {
	var config service.Config
	flags := flag.NewFlagSet("wrapper-server", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.Usage = func() {
		fmt.Fprint(messages, usage)
		flags.PrintDefaults()
	}
	host := flags.String("bind-address", "", "`host` or address to listen on; empty for all")
	port := flags.Int("port", defaultPort, "port to listen on; 0 for a free one")
	flags.IntVar(&config.MaxMessageBytes, "max-request-body-size", defaultMaxMessageBytes, "largest request and answer in `bytes`")
	flags.IntVar(&config.MaxConcurrentCalls, "max-concurrent-calls", defaultMaxCalls, "functions that run at once; further calls wait")
	flags.Int64Var(&config.MaxFunctionMemory, "max-function-memory", 0, "resident memory of one call's processes in `bytes`; 0 for no bound")
	flags.DurationVar(&config.FunctionTimeout, "function-timeout", 0, "bound of one call beside the caller's own deadline; 0 for none")
	flags.DurationVar(&config.DrainTimeout, "drain-timeout", defaultDrainTimeout, "how long accepted calls may still run on SIGTERM")
	if err := flags.Parse(arguments); err != nil {
		return config, err
	}
	config.Address = net.JoinHostPort(*host, strconv.Itoa(*port))
	config.Entrypoint = flags.Args()
	config.ReadOutput = []string{Self(), ReadOutputCommand}
	return config, check(config)
}

const usage = `wrapper-server [flags] -- ENTRYPOINT...   serves the function
wrapper-server copy DIR                   copies itself to DIR, as wrapper-server and grpc-health-probe
wrapper-server probe [flags]              checks health, as grpc-health-probe does
Called grpc-health-probe or cp, it is that.

`

func check(config service.Config) error {
	switch {
	case config.MaxMessageBytes < minMaxMessageBytes:
		return fmt.Errorf("--max-request-body-size is %d, expected at least %d", config.MaxMessageBytes, minMaxMessageBytes)
	case config.MaxConcurrentCalls < 1:
		return fmt.Errorf("--max-concurrent-calls is %d, expected at least 1", config.MaxConcurrentCalls)
	case config.MaxFunctionMemory < 0, config.FunctionTimeout < 0, config.DrainTimeout < 0:
		return fmt.Errorf("--max-function-memory, --function-timeout and --drain-timeout cannot be negative")
	}
	return nil
}

// Self is the path of this program.
func Self() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0] // /proc is not mounted.
	}
	return path
}

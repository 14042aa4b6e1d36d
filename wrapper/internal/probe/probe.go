// Package probe does what grpc-health-probe does, for probes in templates that call it.
package probe

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// Exit codes of grpc-health-probe. https://github.com/grpc-ecosystem/grpc-health-probe#health-check-exit-codes
const (
	Healthy           = 0
	InvalidArguments  = 1
	ConnectionFailure = 2
	RPCFailure        = 3
	Unhealthy         = 4
)

type options struct {
	address, service, userAgent string
	connectTimeout, rpcTimeout  time.Duration
	verbose                     bool
}

// Run checks the health of a server and gives the exit code. The verdict goes to messages.
func Run(arguments []string, messages io.Writer) int {
	o, err := parse(arguments, messages)
	if err != nil {
		fmt.Fprintf(messages, "error: %v\n", err)
		return InvalidArguments
	}
	connection, err := connect(o)
	if err != nil {
		fmt.Fprintf(messages, "error: failed to connect service at %q: %v\n", o.address, err)
		return ConnectionFailure
	}
	defer connection.Close()
	return check(connection, o, messages)
}

func parse(arguments []string, messages io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("grpc-health-probe", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&o.address, "addr", "", "host:port, or unix:PATH")
	flags.StringVar(&o.service, "service", "", "service name to check")
	flags.StringVar(&o.userAgent, "user-agent", "grpc_health_probe", "user-agent header")
	flags.DurationVar(&o.connectTimeout, "connect-timeout", time.Second, "time to connect")
	flags.DurationVar(&o.rpcTimeout, "rpc-timeout", time.Second, "time for the check")
	flags.BoolVar(&o.verbose, "v", false, "tell how long it took")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.address == "":
		return o, fmt.Errorf("-addr not specified")
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.connectTimeout <= 0, o.rpcTimeout <= 0:
		return o, fmt.Errorf("-connect-timeout and -rpc-timeout must be greater than zero")
	}
	return o, nil
}

// connect waits until the connection is there, or the first try has failed.
func connect(o options) (*grpc.ClientConn, error) {
	connection, err := grpc.NewClient(o.address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUserAgent(o.userAgent), grpc.WithNoProxy())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.connectTimeout)
	defer cancel()
	connection.Connect()
	for state := connection.GetState(); state != connectivity.Ready; state = connection.GetState() {
		if state == connectivity.TransientFailure {
			connection.Close()
			return nil, fmt.Errorf("the connection was refused or broken")
		}
		if !connection.WaitForStateChange(ctx, state) {
			connection.Close()
			return nil, fmt.Errorf("timeout: no connection within %v", o.connectTimeout)
		}
	}
	return connection, nil
}

func check(connection *grpc.ClientConn, o options, messages io.Writer) int {
	started := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), o.rpcTimeout)
	defer cancel()
	answer, err := healthpb.NewHealthClient(connection).Check(ctx, &healthpb.HealthCheckRequest{Service: o.service})
	switch status.Code(err) {
	case codes.OK:
	case codes.Unimplemented:
		fmt.Fprintf(messages, "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): %s\n", status.Convert(err).Message())
		return RPCFailure
	case codes.DeadlineExceeded:
		fmt.Fprintf(messages, "timeout: health rpc did not complete within %v\n", o.rpcTimeout)
		return RPCFailure
	default:
		fmt.Fprintf(messages, "error: health rpc failed: %v\n", err)
		return RPCFailure
	}
	if o.verbose {
		fmt.Fprintf(messages, "time elapsed: %v\n", time.Since(started))
	}
	if answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		fmt.Fprintf(messages, "service unhealthy (responded with %q)\n", answer.GetStatus())
		return Unhealthy
	}
	fmt.Fprintf(messages, "status: %v\n", answer.GetStatus())
	return Healthy
}

// Package service is the gRPC server of a function pod.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"krm-function-runner/wrapper/internal/pb/evaluatorpb"
	"krm-function-runner/wrapper/internal/pb/functionrunnerpb"
	"krm-function-runner/wrapper/internal/process"
)

// Config is what the command line says.
type Config struct {
	// Address is host:port; an empty host is all addresses, port 0 a free one.
	Address         string
	MaxMessageBytes int
	// Entrypoint is the command of the function. Empty, the server says so to whoever asks.
	Entrypoint []string
	// ReadOutput is the command that parses its stdin as a function's output.
	ReadOutput         []string
	MaxConcurrentCalls int
	// MaxFunctionMemory is resident memory in bytes of one call's processes; 0 is no bound.
	MaxFunctionMemory int64
	// FunctionTimeout bounds one call beside the caller's own deadline; 0 is no bound.
	FunctionTimeout time.Duration
	// DrainTimeout is how long accepted calls may still run when the server stops.
	DrainTimeout time.Duration
}

const (
	noEntrypoint = "the function has no entrypoint: no command was given after --"
	// lastAnswers is how long the answers to calls that were cut off may take to be sent.
	lastAnswers = 2 * time.Second
	// minPingInterval lets runners see dead connections early; gRPC's own default is 5 minutes.
	minPingInterval = 5 * time.Second
)

// Server serves the function, health and nothing else.
type Server struct {
	config Config
	grpc   *grpc.Server
	health *health.Server
	// watches ends streams of health, calls ends evaluations.
	watches, calls       context.Context
	endWatches, endCalls context.CancelCauseFunc
}

// New prepares a server; Serve starts it.
func New(config Config) *Server {
	s := &Server{config: config, health: health.NewServer()}
	s.watches, s.endWatches = context.WithCancelCause(context.Background())
	s.calls, s.endCalls = context.WithCancelCause(context.Background())
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(config.MaxMessageBytes),
		grpc.MaxSendMsgSize(config.MaxMessageBytes),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(s.answer),
		grpc.StreamInterceptor(s.watch),
	)
	run := &evaluation{
		config: config, runner: process.NewRunner(),
		slots: newSlots(config.MaxConcurrentCalls), reader: newSlots(1),
	}
	evaluatorpb.RegisterFunctionEvaluatorServer(s.grpc, &evaluator{evaluation: run})
	functionrunnerpb.RegisterFunctionRunnerServer(s.grpc, &functionRunner{evaluation: run})
	healthpb.RegisterHealthServer(s.grpc, s.health)
	s.setHealth()
	return s
}

func (s *Server) setHealth() {
	serving := healthpb.HealthCheckResponse_SERVING
	if len(s.config.Entrypoint) == 0 {
		serving = healthpb.HealthCheckResponse_NOT_SERVING
		slog.Error(noEntrypoint)
	}
	s.health.SetServingStatus("", serving)
	for name := range s.grpc.GetServiceInfo() {
		s.health.SetServingStatus(name, serving)
	}
}

// Serve returns when the server was stopped.
func (s *Server) Serve() error {
	listener, err := net.Listen("tcp", s.config.Address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.config.Address, err)
	}
	slog.Info("serving", "address", listener.Addr().String(), "entrypoint", s.config.Entrypoint)
	return s.grpc.Serve(listener)
}

// Stop lets accepted calls come to their end, for at most DrainTimeout or until hurry is closed; then it ends them and
// their functions.
func (s *Server) Stop(hurry <-chan struct{}) {
	slog.Info("stopping")
	s.health.Shutdown()
	s.endWatches(errShuttingDown)
	stopped := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
		return
	case <-hurry:
	case <-time.After(s.config.DrainTimeout):
	}
	slog.Warn("calls were cut off at shutdown")
	s.endCalls(errShuttingDown)
	select {
	case <-stopped:
	case <-time.After(lastAnswers):
		s.grpc.Stop()
	}
}

// answer turns failures into statuses, panics included, and ends calls when the server has to.
func (s *Server) answer(
	ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (answer any, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.calls, func() { cancel(context.Cause(s.calls)) })()
	defer func() {
		if panicked := recover(); panicked != nil {
			slog.Error("call failed unexpectedly", "error", panicked, "stack", string(debug.Stack()))
			answer, err = nil, statusError(newFailure(codes.Internal, "INTERNAL", "unexpected error; the log tells more", ""))
		}
	}()
	answer, err = handle(ctx, request)
	var failed *failure
	if errors.As(err, &failed) {
		return nil, statusError(failed)
	}
	return answer, err
}

// watch ends streams of health when the server stops: an open one would keep it from stopping.
func (s *Server) watch(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.watches, func() { time.AfterFunc(lastStatus, cancel) })()
	err := handle(server, &boundStream{ServerStream: stream, ctx: ctx})
	if s.watches.Err() != nil && stream.Context().Err() == nil {
		return nil
	}
	return err
}

// lastStatus is how long a watcher has to be sent NOT_SERVING before its stream ends.
const lastStatus = 50 * time.Millisecond

type boundStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (b *boundStream) Context() context.Context { return b.ctx }

// Command porch answers as the in-pod server of Porch does, for tests: one service, health that is always SERVING, the
// whole of stderr in the status message of a function that fails, and gRPC's own bounds for pings.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os/exec"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"krm-function-runner/wrapper/internal/krm"
	"krm-function-runner/wrapper/internal/pb/evaluatorpb"
)

func main() {
	port := flag.Int("port", 9446, "")
	maxMessageBytes := flag.Int("max-request-body-size", 6<<20, "")
	flag.Parse()
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	// The form in which the tests learn the address of the other server, too.
	log.SetFlags(0)
	log.Printf("{\"address\":%q}", listener.Addr().String())
	server := grpc.NewServer(grpc.MaxRecvMsgSize(*maxMessageBytes), grpc.MaxSendMsgSize(*maxMessageBytes))
	evaluatorpb.RegisterFunctionEvaluatorServer(server, &evaluator{entrypoint: flag.Args()})
	healthpb.RegisterHealthServer(server, &alwaysServing{})
	log.Fatal(server.Serve(listener))
}

type alwaysServing struct {
	healthpb.UnimplementedHealthServer
}

func (*alwaysServing) Check(context.Context, *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, nil
}

type evaluator struct {
	evaluatorpb.UnimplementedFunctionEvaluatorServer
	entrypoint []string
}

func (e *evaluator) EvaluateFunction(
	ctx context.Context, request *evaluatorpb.EvaluateFunctionRequest,
) (*evaluatorpb.EvaluateFunctionResponse, error) {
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, e.entrypoint[0], e.entrypoint[1:]...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(request.GetResourceList()), &stdout, &stderr
	ended := command.Run()
	output := krm.Parse(stdout.Bytes())
	var exit *exec.ExitError
	switch {
	case ended != nil && !errors.As(ended, &exit):
		return nil, status.Errorf(codes.Internal, "Failed to execute function %q: %s (%s)", request.GetImage(), ended, stderr.String())
	case output.NotResourceList != "":
		return nil, status.Errorf(codes.Internal, "failed to parse the output of function %q with stderr '%s': %s",
			request.GetImage(), stderr.String(), output.NotResourceList)
	case ended != nil:
		return nil, status.Errorf(codes.Internal, "failed to evaluate function %q with structured results: %s and stderr: %s",
			request.GetImage(), resultsText(output.Results), stderr.String())
	}
	return &evaluatorpb.EvaluateFunctionResponse{ResourceList: stdout.Bytes(), Log: stderr.Bytes()}, nil
}

// resultsText is `[severity] object: message` of each result, with an empty line between two.
func resultsText(results []krm.Result) string {
	var texts []string
	for _, result := range results {
		text := "[" + result.Severity + "]"
		if ref := result.ResourceRef; ref != nil {
			parts := []string{ref.APIVersion, ref.Kind, ref.Namespace, ref.Name}
			text += " " + strings.Join(strings.FieldsFunc(strings.Join(parts, "\n"), func(r rune) bool { return r == '\n' }), "/")
		}
		texts = append(texts, text+": "+result.Message)
	}
	return strings.Join(texts, "\n\n")
}

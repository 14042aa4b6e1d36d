package service

import (
	"encoding/base64"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
	"krm-function-runner/wrapper/internal/pb/functionrunnerpb"
)

const (
	// maxTrailerBytes is the largest error trailer, encoded: some clients fail the whole connection at a bigger one.
	maxTrailerBytes = 6 << 10
	// otherHeaderBytes are names of the two headers, grpc-status and content-type; rounded up.
	otherHeaderBytes = 256
	errorDomain      = "krm-function-runner"
)

// statusError is the failure as gRPC sends it: status, message and google.rpc.Status with the details, within
// maxTrailerBytes.
func statusError(f *failure) error {
	low, high := 0, maxTrailerBytes
	best := statusWith(f, high)
	if trailerBytes(best) <= maxTrailerBytes {
		return best.Err()
	}
	for best = statusWith(f, low); high-low > 1; {
		middle := (low + high) / 2
		if candidate := statusWith(f, middle); trailerBytes(candidate) <= maxTrailerBytes {
			low, best = middle, candidate
		} else {
			high = middle
		}
	}
	return best.Err()
}

func statusWith(f *failure, maxBytes int) *status.Status {
	plain := status.New(f.code, strings.ToValidUTF8(f.compose(maxBytes), "\uFFFD"))
	details := []protoadapt.MessageV1{
		protoadapt.MessageV1Of(&errdetails.ErrorInfo{Reason: f.reason, Domain: errorDomain}),
		protoadapt.MessageV1Of(&functionrunnerpb.Failure{Hint: f.hint}),
	}
	if f.retryAfter > 0 {
		retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retryAfter)}
		details = append(details, protoadapt.MessageV1Of(retry))
	}
	detailed, err := plain.WithDetails(details...)
	if err != nil {
		return plain
	}
	return detailed
}

func trailerBytes(s *status.Status) int {
	return escapedBytes(s.Message()) + base64.StdEncoding.EncodedLen(proto.Size(s.Proto())) + otherHeaderBytes
}

// escapedBytes is the size of a message in its header, where all but printable ASCII takes three bytes for one.
func escapedBytes(message string) int {
	size := len(message)
	for index := range len(message) {
		if message[index] < ' ' || message[index] > '~' || message[index] == '%' {
			size += 2
		}
	}
	return size
}

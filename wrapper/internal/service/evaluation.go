package service

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"krm-function-runner/wrapper/internal/krm"
	"krm-function-runner/wrapper/internal/process"
)

const (
	// fieldOverheadBytes is room for tags and lengths of the fields of an answer.
	fieldOverheadBytes = 64
	maxStderrBytes     = 1 << 20

	parseTimeout          = 20 * time.Second
	maxParseResidentBytes = 256 << 20
)

// evaluation runs the one function of this pod.
type evaluation struct {
	config Config
	runner *process.Runner
	slots  *slots
	// reader takes one long output at a time: parsing takes much memory.
	reader *slots
	memory idleMemory
}

// outcome is a function that came to its end and what it wrote, judged by the rules for KRM functions.
type outcome struct {
	process.Result
	output krm.Output
}

// run errs with a *failure only.
func (e *evaluation) run(ctx context.Context, image string, resourceList []byte) (outcome, error) {
	defer e.memory.enter()()
	ended, err := e.tryRun(ctx, resourceList)
	if err == nil {
		logOutcome(image, ended)
		return ended, nil
	}
	var failed *failure
	if !errors.As(err, &failed) {
		failed = failureOf(image, err)
	}
	slog.Info("call failed", "image", image, "reason", failed.reason, "error", err)
	return outcome{}, failed
}

func (e *evaluation) tryRun(ctx context.Context, resourceList []byte) (outcome, error) {
	if len(e.config.Entrypoint) == 0 {
		return outcome{}, newFailure(codes.FailedPrecondition, "MAN_CONFIG", noEntrypoint,
			"Give the command of the function after --, or set ENTRYPOINT or CMD in its image.")
	}
	release, err := e.slots.take(ctx)
	if err != nil {
		return outcome{}, err
	}
	defer release()
	if e.config.FunctionTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, e.config.FunctionTimeout, errFunctionTimeout)
		defer cancel()
	}
	result, err := e.runner.Run(ctx, process.Request{
		Argv: e.config.Entrypoint, Stdin: resourceList,
		Limits: process.Limits{
			MaxStdoutBytes:   e.config.MaxMessageBytes - fieldOverheadBytes,
			MaxStderrBytes:   maxStderrBytes,
			MaxResidentBytes: e.config.MaxFunctionMemory,
		},
	})
	if err != nil {
		return outcome{}, err
	}
	output := krm.Read(result.Stdout, func(text []byte) krm.Output { return e.parseLong(ctx, text) })
	if ctx.Err() != nil {
		return outcome{}, context.Cause(ctx)
	}
	return outcome{Result: result, output: output}, nil
}

// parseLong parses in a process of its own: a hostile text takes that down and not the server.
func (e *evaluation) parseLong(ctx context.Context, text []byte) krm.Output {
	ctx, cancel := context.WithTimeout(ctx, parseTimeout)
	defer cancel()
	release, err := e.reader.take(ctx)
	if err != nil {
		return krm.Output{NotResourceList: "it takes too long to parse"}
	}
	defer release()
	parsed, err := e.runner.Run(ctx, process.Request{
		Argv: e.config.ReadOutput, Stdin: text,
		Limits: process.Limits{MaxStdoutBytes: 4 * e.config.MaxMessageBytes, MaxResidentBytes: maxParseResidentBytes},
	})
	if err != nil {
		return krm.Output{NotResourceList: "it takes too much memory or time to parse"}
	}
	return krm.Decode(parsed.Stdout)
}

func logOutcome(image string, ended outcome) {
	errorResults := krm.CountErrors(ended.output.Results)
	values := []any{
		"image", image, "exitCode", ended.ExitCode, "outputBytes", len(ended.Stdout),
		"stderrBytes", ended.StderrBytes, "errors", errorResults,
	}
	switch {
	case ended.ExitCode != 0:
		slog.Info("function failed", values...)
	case errorResults > 0:
		slog.Warn("function succeeded with error results", values...)
	default:
		slog.Debug("function succeeded", values...)
	}
}

package service

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"krm-function-runner/wrapper/internal/krm"
	"krm-function-runner/wrapper/internal/pb/functionrunnerpb"
)

// functionRunner is functionrunner.v1.FunctionRunner: the whole outcome in the body, success and failure alike, within
// the message limit.
type functionRunner struct {
	functionrunnerpb.UnimplementedFunctionRunnerServer
	evaluation *evaluation
}

func (f *functionRunner) Evaluate(
	ctx context.Context, request *functionrunnerpb.EvaluateRequest,
) (*functionrunnerpb.EvaluateResponse, error) {
	started := time.Now()
	ended, err := f.evaluation.run(ctx, request.GetImage(), request.GetResourceList())
	if err != nil {
		return nil, err
	}
	if ended.ExitCode == 0 && ended.output.NotResourceList != "" {
		return nil, outputFailure(request.GetImage(), ended)
	}
	room := f.evaluation.config.MaxMessageBytes - 4*fieldOverheadBytes
	answer := &functionrunnerpb.EvaluateResponse{
		ExitCode: int32(ended.ExitCode), StderrBytes: ended.StderrBytes, OutputBytes: int64(len(ended.Stdout)),
		ResultCount: int32(len(ended.output.Results)), Runtime: "pod",
		ElapsedMs: float64(time.Since(started).Microseconds()) / 1000,
	}
	if len(ended.Stdout) <= room {
		answer.Output = ended.Stdout
	} else if ended.ExitCode == 0 {
		return nil, tooLarge(request.GetImage(), len(ended.Stdout), f.evaluation.config.MaxMessageBytes)
	}
	room -= len(answer.Output)
	answer.Results, room = resultsThatFit(ended.output.Results, room)
	answer.Stderr = fitLog(ended.Stderr, room, ended.StderrBytes)
	return answer, nil
}

// resultsThatFit tells how much room is left, too.
func resultsThatFit(results []krm.Result, room int) ([]*functionrunnerpb.Result, int) {
	var list []*functionrunnerpb.Result
	for _, result := range results {
		message := resultMessage(result)
		size := proto.Size(message) + 8
		if size > room {
			break
		}
		room -= size
		list = append(list, message)
	}
	return list, room
}

func resultMessage(result krm.Result) *functionrunnerpb.Result {
	message := &functionrunnerpb.Result{Message: result.Message, Severity: result.Severity, Tags: result.Tags}
	if ref := result.ResourceRef; ref != nil {
		message.ResourceRef = &functionrunnerpb.Result_ResourceRef{
			ApiVersion: ref.APIVersion, Kind: ref.Kind, Name: ref.Name, Namespace: ref.Namespace,
		}
	}
	if field := result.Field; field != nil {
		message.Field = &functionrunnerpb.Result_Field{
			Path: field.Path, CurrentValue: field.CurrentValue, ProposedValue: field.ProposedValue,
		}
	}
	if file := result.File; file != nil {
		message.File = &functionrunnerpb.Result_File{Path: file.Path, Index: file.Index}
	}
	return message
}

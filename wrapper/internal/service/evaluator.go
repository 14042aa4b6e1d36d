package service

import (
	"context"

	"krm-function-runner/wrapper/internal/pb/evaluatorpb"
)

// evaluator is evaluator.FunctionEvaluator, Porch's wire: a function that fails is an INTERNAL error, one that exits
// with 0 is a success whatever its results say.
type evaluator struct {
	evaluatorpb.UnimplementedFunctionEvaluatorServer
	evaluation *evaluation
}

func (e *evaluator) EvaluateFunction(
	ctx context.Context, request *evaluatorpb.EvaluateFunctionRequest,
) (*evaluatorpb.EvaluateFunctionResponse, error) {
	ended, err := e.evaluation.run(ctx, request.GetImage(), request.GetResourceList())
	switch {
	case err != nil:
		return nil, err
	case ended.output.NotResourceList != "":
		return nil, outputFailure(request.GetImage(), ended)
	case ended.ExitCode != 0:
		return nil, evaluateFailure(request.GetImage(), ended)
	}
	roomForLog := e.evaluation.config.MaxMessageBytes - len(ended.Stdout) - fieldOverheadBytes
	return &evaluatorpb.EvaluateFunctionResponse{
		ResourceList: ended.Stdout, Log: fitLog(ended.Stderr, roomForLog, ended.StderrBytes),
	}, nil
}

package service

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"krm-function-runner/wrapper/internal/krm"
)

const (
	maxImageBytes       = 300
	maxOutputShownBytes = 512
	failureHint         = "Read what the function wrote; functionrunner.v1.FunctionRunner/Evaluate answers with all of it."
	outputHint          = "Let the function write one ResourceList to stdout and nothing else; its log belongs on stderr."
)

// evaluateFailure is a function that exited with another code than 0 and printed a ResourceList, in Porch's words.
// Results and stderr each get half of the room, or what the other leaves.
func evaluateFailure(image string, ended outcome) *failure {
	results, stderr := krm.Text(ended.output.Results), stderrText(ended)
	return &failure{
		code: codes.Internal, reason: "FUNCTION_FAILED", hint: failureHint,
		compose: func(maxBytes int) string {
			shownResults := cutMiddle(results, max(maxBytes/2, maxBytes-len(stderr)), "")
			shownStderr := cutMiddle(stderr, max(maxBytes/2, maxBytes-len(shownResults)), stderrSize(ended))
			return fmt.Sprintf("failed to evaluate function %s with structured results: %s and stderr: %s",
				quoted(image), shownResults, shownStderr)
		},
	}
}

// outputFailure is a function that printed no ResourceList, in Porch's words.
func outputFailure(image string, ended outcome) *failure {
	reason, hint := "FUNCTION_OUTPUT", outputHint
	problem := "stdout is not a ResourceList: " + ended.output.NotResourceList
	if ended.ExitCode != 0 {
		reason, hint = "FUNCTION_FAILED", failureHint
		problem = fmt.Sprintf("it exited with code %d and its %s", ended.ExitCode, problem)
	}
	if len(ended.Stdout) > 0 {
		problem += ", it begins with: " + excerpt(ended.Stdout)
	}
	stderr := stderrText(ended)
	return &failure{
		code: codes.Internal, reason: reason, hint: hint,
		compose: func(maxBytes int) string {
			shownProblem := cutMiddle(problem, max(maxBytes/2, maxBytes-len(stderr)), "")
			shownStderr := cutMiddle(stderr, max(maxBytes/2, maxBytes-len(shownProblem)), stderrSize(ended))
			return fmt.Sprintf("failed to parse the output of function %s with stderr '%s': %s",
				quoted(image), shownStderr, shownProblem)
		},
	}
}

func quoted(image string) string { return `"` + cutMiddle(image, maxImageBytes, "") + `"` }

func stderrText(ended outcome) string {
	return strings.TrimSpace(strings.ToValidUTF8(string(ended.Stderr), "\uFFFD"))
}

func stderrSize(ended outcome) string { return fmt.Sprintf("%d bytes", ended.StderrBytes) }

// excerpt is the beginning of what a function wrote, on one line.
func excerpt(output []byte) string {
	line := strings.ToValidUTF8(string(output[:min(len(output), maxOutputShownBytes)]), "\uFFFD")
	line = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(line)
	if len(output) > maxOutputShownBytes {
		return fmt.Sprintf("%s… (%d bytes)", line, len(output))
	}
	return line
}

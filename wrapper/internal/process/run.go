// Package process runs programs and leaves nothing of them behind.
package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// drainPatience is for somebody who left the process group and still holds the output open.
	drainPatience = 250 * time.Millisecond
	// lastDrainPatience is for a machine too busy to read what is there, when nobody can write any more.
	lastDrainPatience = 2 * time.Second
	// dyingPatience is how long a killed process may take to go; longer only when it hangs in the kernel.
	dyingPatience = 5 * time.Second
)

// Limits bound one process and everything it starts.
type Limits struct {
	// MaxStdoutBytes ends the program with a LimitError when it writes more.
	MaxStdoutBytes int
	// MaxStderrBytes are kept, beginning and end; more never ends the program.
	MaxStderrBytes int
	// MaxResidentBytes of the process and all its descendants together; 0 is no bound.
	MaxResidentBytes int64
}

// Request says what to run. The environment and the folder are our own, as the image set them.
type Request struct {
	Argv   []string
	Stdin  []byte
	Limits Limits
}

// Result is what a program left that came to its end.
type Result struct {
	// ExitCode is 128 + n when signal n ended it.
	ExitCode int
	Stdout   []byte
	// Stderr has its middle cut where it was long.
	Stderr []byte
	// StderrBytes counts before cutting.
	StderrBytes int64
}

// Runner runs programs. A process needs one of them at most: it takes care of all children.
type Runner struct{ keeper *keeper }

// NewRunner makes this process the one that orphans of its descendants come to.
func NewRunner() *Runner { return &Runner{keeper: newKeeper()} }

// Run runs a program in a session of its own and leaves nothing behind, however it ends: not the group, not what it
// started in other groups, not who still has its output open. Errors are *StartError, *LimitError or the cause of ctx.
func (r *Runner) Run(ctx context.Context, request Request) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	streams, err := openStreams()
	if err != nil {
		return Result{}, startError(request.Argv[0], err)
	}
	defer streams.close()
	command, err := r.start(request.Argv, streams)
	streams.closeChildEnds()
	if err != nil {
		return Result{}, startError(request.Argv[0], err)
	}
	return r.finish(ctx, command, streams, request)
}

func (r *Runner) start(argv []string, streams *streams) (*exec.Cmd, error) {
	program, err := lookUp(argv[0])
	if err != nil {
		return nil, err
	}
	command := &exec.Cmd{
		Path: program, Args: argv,
		Stdin: streams.child[0], Stdout: streams.child[1], Stderr: streams.child[2],
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := r.keeper.start(command); err != nil {
		return nil, err
	}
	preferAsOomVictim(command.Process.Pid)
	return command, nil
}

// lookUp finds a program as the container runtime would have: in PATH unless its name has a slash.
func lookUp(program string) (string, error) {
	if program == "" {
		return "", exec.ErrNotFound
	}
	return exec.LookPath(program)
}

// preferAsOomVictim lets the kernel take the function before this server when the pod is out of memory.
func preferAsOomVictim(pid int) {
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("1000"), 0)
}

func (r *Runner) finish(ctx context.Context, command *exec.Cmd, streams *streams, request Request) (Result, error) {
	leader := command.Process.Pid
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stdout := &boundedOutput{max: request.Limits.MaxStdoutBytes, stop: stop}
	stderr := NewHeadTail(request.Limits.MaxStderrBytes)
	drained := streams.collect(stdout, stderr)
	go streams.feed(request.Stdin)
	go watchMemory(ctx, leader, request.Limits.MaxResidentBytes, stop)

	exited := make(chan struct{})
	go func() {
		awaitExit(leader)
		close(exited)
	}()
	select {
	case <-exited:
	case <-ctx.Done():
		killFamily(leader)
	}
	// A process that hangs in the kernel is left to be reaped when it comes out.
	ended := within(exited, dyingPatience)
	killRest(leader)
	r.drain(streams, drained)
	reaped := make(chan struct{})
	go func() {
		<-exited
		_ = command.Wait()
		r.keeper.forget(leader)
		close(reaped)
	}()
	if ended {
		<-reaped
	}
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	return Result{
		ExitCode: exitCode(command.ProcessState), Stdout: stdout.kept.Bytes(),
		Stderr: stderr.Bytes(), StderrBytes: stderr.TotalBytes(),
	}, nil
}

func (r *Runner) drain(streams *streams, drained <-chan struct{}) {
	if within(drained, drainPatience) {
		return
	}
	r.keeper.killPipeHolders(streams.outputInodes)
	if !within(drained, lastDrainPatience) {
		streams.stopReading()
		<-drained
	}
}

// awaitExit leaves the process a zombie, so that its id stays its own until its family has been ended.
func awaitExit(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

func within(done <-chan struct{}, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// boundedOutput keeps output up to a bound and ends the program beyond it.
type boundedOutput struct {
	max  int
	stop context.CancelCauseFunc
	kept bytes.Buffer
}

func (b *boundedOutput) Write(chunk []byte) (int, error) {
	if b.kept.Len()+len(chunk) > b.max {
		b.stop(&LimitError{What: fmt.Sprintf("it wrote more than %d bytes to stdout", b.max)})
	} else {
		b.kept.Write(chunk)
	}
	return len(chunk), nil
}

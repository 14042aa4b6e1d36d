package process

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// streams are three pipes of one function. They are pipes, not sockets, because those can be opened by name: shell
// functions write to /dev/stderr.
type streams struct {
	stdin, stdout, stderr *os.File
	child                 [3]*os.File
	// outputInodes names the two output pipes: whoever has one of them open belongs to the function.
	outputInodes []uint64
}

func openStreams() (*streams, error) {
	var s streams
	var err error
	pipe := func(read, write **os.File) {
		if err == nil {
			*read, *write, err = os.Pipe()
		}
	}
	pipe(&s.child[0], &s.stdin)
	pipe(&s.stdout, &s.child[1])
	pipe(&s.stderr, &s.child[2])
	if err != nil {
		s.closeChildEnds()
		s.close()
		return nil, err
	}
	s.outputInodes = []uint64{inodeOf(s.stdout), inodeOf(s.stderr)}
	return &s, nil
}

func inodeOf(file *os.File) uint64 {
	connection, err := file.SyscallConn()
	if err != nil {
		return 0
	}
	var stat unix.Stat_t
	_ = connection.Control(func(descriptor uintptr) { _ = unix.Fstat(int(descriptor), &stat) })
	return stat.Ino
}

// closeChildEnds is called once the function has its own.
func (s *streams) closeChildEnds() {
	for _, file := range s.child {
		file.Close()
	}
}

func (s *streams) close() {
	for _, file := range []*os.File{s.stdin, s.stdout, s.stderr} {
		file.Close()
	}
}

// feed writes the input. A function that stops reading early is no error, so errors are nobody's business.
func (s *streams) feed(input []byte) {
	_, _ = s.stdin.Write(input)
	s.stdin.Close()
}

// collect copies both outputs; the channel is closed when all who had them open have gone, or stopReading was called.
func (s *streams) collect(stdout, stderr io.Writer) <-chan struct{} {
	done := make(chan struct{})
	errOutput := make(chan struct{})
	go func() {
		_, _ = io.Copy(stderr, s.stderr)
		close(errOutput)
	}()
	go func() {
		_, _ = io.Copy(stdout, s.stdout)
		<-errOutput
		close(done)
	}()
	return done
}

func (s *streams) stopReading() {
	for _, file := range []*os.File{s.stdout, s.stderr} {
		_ = file.SetReadDeadline(time.Now())
	}
}

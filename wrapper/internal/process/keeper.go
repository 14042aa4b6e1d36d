package process

import (
	"math"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sweepRest bounds how often children that end can make us read the process table.
const sweepRest = 20 * time.Millisecond

// keeper knows which children are functions that run, and ends and reaps all others: orphans of functions, which come
// to this process because it is their subreaper.
type keeper struct {
	mutex sync.Mutex
	// leaders maps the process id of each running function to its start in clock ticks.
	leaders map[int]uint64
}

func newKeeper() *keeper {
	k := &keeper{leaders: map[int]uint64{}}
	// Without it orphans go to pid 1, which in a pod is our supervisor; they are reaped there, only later.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			k.sweep()
			time.Sleep(sweepRest)
		}
	}()
	return k
}

// start starts a function. A child between fork and exec is nobody's orphan, so nobody looks meanwhile.
func (k *keeper) start(command *exec.Cmd) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if err := command.Start(); err != nil {
		return err
	}
	leader, _ := readRow(command.Process.Pid)
	k.leaders[command.Process.Pid] = leader.startTicks
	return nil
}

// forget is called when a function's process has been reaped.
func (k *keeper) forget(leader int) {
	k.mutex.Lock()
	delete(k.leaders, leader)
	k.mutex.Unlock()
	k.sweep()
}

// sweep reaps orphans that ended and ends those that no running function can have started: they are older than all of
// them, so their own function is gone.
func (k *keeper) sweep() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	self := os.Getpid()
	for _, each := range readTable() {
		if _, runs := k.leaders[each.pid]; runs || each.parent != self {
			continue
		}
		if each.zombie {
			_, _ = unix.Wait4(each.pid, nil, unix.WNOHANG|unix.WALL, nil)
		} else if each.startTicks < k.oldestLeader() {
			_ = unix.Kill(each.pid, unix.SIGKILL)
		}
	}
}

func (k *keeper) oldestLeader() uint64 {
	oldest := uint64(math.MaxUint64)
	for _, startTicks := range k.leaders {
		oldest = min(oldest, startTicks)
	}
	return oldest
}

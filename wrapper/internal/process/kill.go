package process

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// killRounds is how often a family is looked up again: whoever forks while it is being killed is found the next time.
const killRounds = 5

// killFamily ends a function that runs, its group, its session and everything descended from it. The group is stopped
// first, so that nobody forks away between being looked up and being killed.
func killFamily(leader int) {
	_ = unix.Kill(-leader, unix.SIGSTOP)
	killRest(leader)
}

// killRest ends what a function left behind. The leader must not have been reaped yet: its id could be another's.
func killRest(leader int) {
	for range killRounds {
		family := slices.DeleteFunc(readTable().family(leader), func(each row) bool { return each.zombie })
		_ = unix.Kill(-leader, unix.SIGKILL)
		if len(family) == 0 {
			return
		}
		for _, member := range family {
			_ = unix.Kill(member.pid, unix.SIGKILL)
		}
	}
}

// killPipeHolders ends whoever still has one of these pipes open, told by inode: they were made for one function, so who
// holds them is of it, wherever it went.
func (k *keeper) killPipeHolders(inodes []uint64) {
	// A child of ours between fork and exec holds every pipe for a moment.
	k.mutex.Lock()
	defer k.mutex.Unlock()
	names := map[string]bool{}
	for _, inode := range inodes {
		names[fmt.Sprintf("pipe:[%d]", inode)] = true
	}
	for _, each := range readTable() {
		if each.pid != os.Getpid() && holdsAny(each.pid, names) {
			_ = unix.Kill(each.pid, unix.SIGKILL)
		}
	}
}

func holdsAny(pid int, names map[string]bool) bool {
	folder := "/proc/" + strconv.Itoa(pid) + "/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false // It is gone, or somebody else's.
	}
	return slices.ContainsFunc(entries, func(entry os.DirEntry) bool {
		target, err := os.Readlink(folder + "/" + entry.Name())
		return err == nil && names[target]
	})
}

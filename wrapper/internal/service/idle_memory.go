package service

import (
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// idleBeforeReturn keeps calls that follow each other from paying for it.
const idleBeforeReturn = 500 * time.Millisecond

// idleMemory gives the memory of calls back to the machine when none runs any more: the runtime would keep most of it,
// and a pod waits far longer than it works.
type idleMemory struct {
	mutex   sync.Mutex
	running int
	timer   *time.Timer
}

// enter is called when a call begins, and what it gives when the call has ended.
func (i *idleMemory) enter() (leave func()) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.running++
	if i.timer != nil {
		i.timer.Stop()
	}
	return i.leave
}

func (i *idleMemory) leave() {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.running--
	if i.running == 0 {
		i.timer = time.AfterFunc(idleBeforeReturn, returnMemory)
	}
}

func returnMemory() {
	// Buffer pools give up what they hold only in the second collection.
	runtime.GC()
	debug.FreeOSMemory()
}

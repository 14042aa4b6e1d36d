package main

import "syscall"

// endWithParent asks the kernel to kill this process when the one that started it ends, however that ends: a test run
// that is killed leaves no servers behind.
func endWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
}

package e2e_test

import "syscall"

// ownGroup puts a process into a group of its own, and lets it end with the tests also if these are killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

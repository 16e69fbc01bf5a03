//go:build unix

package main

import "syscall"

// lowerPriority lets everybody else go first.
func lowerPriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) }

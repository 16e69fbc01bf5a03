//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// overPair converses over a Unix socket pair, with a server in this process.
func overPair(words []string, out io.Writer) error {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return fmt.Errorf("socket pair: %w", err)
	}
	var ends [2]*os.File
	for i, fd := range fds {
		syscall.CloseOnExec(fd)
		// Only what does not block can be closed while somebody reads it.
		if err := syscall.SetNonblock(fd, true); err != nil {
			return fmt.Errorf("socket pair: %w", err)
		}
		ends[i] = os.NewFile(uintptr(fd), "socket pair")
	}
	served := make(chan error)
	go func() { served <- serve(ends[1]) }()
	return errors.Join(send(ends[0], words, out), <-served)
}

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
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	// Only what does not block can be closed while somebody reads it.
	if err := errors.Join(syscall.SetNonblock(fds[0], true), syscall.SetNonblock(fds[1], true)); err != nil {
		return errors.Join(fmt.Errorf("socket pair: %w", err), syscall.Close(fds[0]), syscall.Close(fds[1]))
	}
	client, server := os.NewFile(uintptr(fds[0]), "client"), os.NewFile(uintptr(fds[1]), "server")
	served := make(chan error)
	go func() { served <- serve(server) }()
	return errors.Join(send(client, words, out), <-served)
}

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
)

// A stdio is a stream that is read from one file and written to another.
type stdio struct {
	io.ReadCloser
	out io.WriteCloser
}

func (s stdio) Write(p []byte) (int, error) { return s.out.Write(p) }
func (s stdio) Close() error                { return errors.Join(s.out.Close(), s.ReadCloser.Close()) }

// overChild converses with a server that is a process of its own.
func overChild(command, words []string, out io.Writer) error {
	child := exec.Command(command[0], command[1:]...)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		return err
	}
	from, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	return errors.Join(send(stdio{from, in}, words, out), child.Wait())
}

//go:build !unix

package main

import (
	"errors"
	"io"
)

func overPair([]string, io.Writer) error {
	return errors.New("no socket pairs on this system: use -over child")
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A child is a process of this program, which answers each line with a line.
type child struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	lines *bufio.Scanner
}

// start starts a child and returns it with the first line that it says.
func start(role string, env []string, args ...string) (*child, string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	c := &child{cmd: exec.Command(program, args...)}
	c.cmd.Env = append(append(os.Environ(), roleVariable+"="+role), env...)
	c.cmd.Stderr = os.Stderr
	if c.input, err = c.cmd.StdinPipe(); err != nil {
		return nil, "", err
	}
	output, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	c.lines = bufio.NewScanner(output)
	if err := c.cmd.Start(); err != nil {
		return nil, "", err
	}
	first, err := c.hear()
	if err != nil {
		c.stop()
	}
	return c, first, err
}

func (c *child) hear() (string, error) {
	if !c.lines.Scan() {
		return "", fmt.Errorf("a child process has ended: %w", io.ErrUnexpectedEOF)
	}
	return c.lines.Text(), nil
}

func (c *child) ask(command string) (string, error) {
	if _, err := fmt.Fprintln(c.input, command); err != nil {
		return "", err
	}
	return c.hear()
}

func (c *child) stop() {
	_ = c.input.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// A usage is what a process has used.
type usage struct {
	resident int64         // bytes, at the moment
	cpu      time.Duration // so far
}

// used asks Linux; elsewhere nothing is known.
func (c *child) used() (u usage) {
	dir := "/proc/" + strconv.Itoa(c.cmd.Process.Pid)
	if memory, err := os.ReadFile(dir + "/statm"); err == nil {
		if fields := strings.Fields(string(memory)); len(fields) > 1 {
			pages, _ := strconv.ParseInt(fields[1], 10, 64)
			u.resident = pages * int64(os.Getpagesize())
		}
	}
	if stat, err := os.ReadFile(dir + "/stat"); err == nil {
		_, after, _ := strings.Cut(string(stat), ") ") // the name may have anything in it but this
		if fields := strings.Fields(after); len(fields) > 12 {
			user, _ := strconv.ParseInt(fields[11], 10, 64)
			system, _ := strconv.ParseInt(fields[12], 10, 64)
			u.cpu = time.Duration(user+system) * time.Second / 100
		}
	}
	return u
}

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"os"
	"path/filepath"
)

// A file is an upload that is being written. It has a name of its own until it is kept.
type file struct {
	f    *os.File
	sum  hash.Hash
	size int64
	kept bool
}

// unfinished is the pattern of the names of files that are not complete. Those that a crash left behind can be removed.
const unfinished = "*.part"

func create(dir string) (*file, error) {
	f, err := os.CreateTemp(dir, unfinished)
	if err != nil {
		return nil, err
	}
	return &file{f: f, sum: sha256.New()}, nil
}

func (u *file) write(chunk []byte) error {
	n, err := u.f.Write(chunk)
	u.sum.Write(chunk[:n])
	u.size += int64(n)
	return err
}

// keep gives the file the name that it has from now on, which no client has a say in, once it is safe on the disk.
func (u *file) keep() (sum string, err error) {
	sum = hex.EncodeToString(u.sum.Sum(nil))
	if err := errors.Join(u.f.Sync(), u.f.Close()); err != nil {
		return "", err
	}
	if err := os.Rename(u.f.Name(), filepath.Join(filepath.Dir(u.f.Name()), sum)); err != nil {
		return "", err
	}
	u.kept = true
	return sum, nil
}

// discard removes the file unless it was kept.
func (u *file) discard() {
	if !u.kept {
		_ = u.f.Close() // twice if keep has failed, which does no harm
		_ = os.Remove(u.f.Name())
	}
}

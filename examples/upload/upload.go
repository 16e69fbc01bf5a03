package main

import (
	"context"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A reply says how many bytes are stored. The last one for an upload, when all are, has their SHA-256.
type reply struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256,omitempty"`
}

// A store keeps uploads in a directory, under their SHA-256.
type store struct{ dir string }

// pace is how often progress is told.
var pace = flow.Rate{N: 1, Per: 100 * time.Millisecond}

// handler serves one connection: each binary message is an upload, one after the other. What arrives is on its way to the
// disk before more is read, so that memory holds a chunk of it, however large it is. An error of the disk ends the
// connection with 1011, which is what becomes of any error that is not a CloseError, and is logged.
func (s store) handler(in flow.Source[message.Message]) flow.Source[message.Message] {
	return message.EncodeJSON(flow.FlatMapConcat(in, s.receive))
}

// receive stores one message. Progress that nobody had the time for is replaced by newer.
func (s store) receive(m message.Message) flow.Source[reply] {
	if m.IsText() {
		return flow.Fail[reply](&upgrade.CloseError{Code: protocol.CloseUnsupportedData, Reason: "uploads are binary"})
	}
	progress := flow.Conflate(s.write(m.Chunks()), func(_, newest reply) reply { return newest })
	return flow.ThrottleWeighted(progress, pace, func(r reply) int {
		if r.SHA256 != "" {
			return 0 // the last one need not wait
		}
		return 1
	})
}

// write writes chunks to a file, and tells after each how many bytes there are. The file is kept if all of them have come.
func (s store) write(chunks flow.Source[[]byte]) flow.Source[reply] {
	return flow.FromFunc(func(ctx context.Context, emit func(reply) error) error {
		f, err := create(s.dir)
		if err != nil {
			return err
		}
		defer f.discard() // unless it is kept
		err = chunks.Run(ctx, func(chunk []byte) error {
			if err := f.write(chunk); err != nil {
				return err
			}
			return emit(reply{Size: f.size})
		})
		if err != nil {
			return err
		}
		sum, err := f.keep()
		if err != nil {
			return err
		}
		return emit(reply{Size: f.size, SHA256: sum})
	})
}

package guide_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// large takes messages of up to a gigabyte, and hands them on while they arrive.
var large = &upgrade.Upgrader{Settings: upgrade.Settings{
	Streaming:      true,
	MaxMessage:     1 << 30,
	MessageTimeout: 20 * time.Second, // for each pause
}}

type progress struct {
	Bytes int64  `json:"bytes"`
	Error string `json:"error,omitempty"`
	Done  bool   `json:"done,omitempty"`
}

// archive stores each binary message under its number, and tells how far it is.
func archive(dir string) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		n := 0
		told := flow.FlatMapConcat(in, func(m message.Message) flow.Source[progress] {
			if !m.IsBinary() {
				return flow.Of(progress{Error: "a binary message, please"})
			}
			n++
			saved := save(m, filepath.Join(dir, fmt.Sprint(n)))
			return flow.Conflate(saved, func(_, newer progress) progress { return newer })
		})
		return message.EncodeJSON(told)
	}
}

// save writes the chunks of a message to a file, which is there as a whole or not at all.
func save(m message.Message, path string) flow.Source[progress] {
	return flow.FromFunc(func(ctx context.Context, emit func(progress) error) error {
		file, err := os.CreateTemp(filepath.Dir(path), "part-*")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name()) // has no effect once the file has its name
		defer file.Close()
		var bytes int64
		err = m.Chunks().Run(ctx, func(chunk []byte) error {
			n, err := file.Write(chunk)
			if err != nil {
				return err
			}
			bytes += int64(n)
			return emit(progress{Bytes: bytes})
		})
		if err != nil {
			return err // the client has gone, or the disk is full
		}
		if err := errors.Join(file.Close(), os.Rename(file.Name(), path)); err != nil {
			return err
		}
		return emit(progress{Bytes: bytes, Done: true})
	})
}

func TestArchive(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	talk(t, large, archive(dir), func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("hello?")
		probe.ExpectJSON(progress{Error: "a binary message, please"})
		probe.SendBinary(slices.Collect(slices.Chunk(content, 1000))...)
		var last progress
		for n := 0; !last.Done; n++ {
			require.NoError(t, json.Unmarshal(probe.ExpectMessage().Bytes(), &last))
			require.Less(t, n, 1000)
		}
		require.EqualValues(t, len(content), last.Bytes)
	})
	got, err := os.ReadFile(filepath.Join(dir, "1"))
	require.NoError(t, err)
	require.Equal(t, content, got)
}

func TestUploadThatIsCutLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	gone := errors.New("gone")
	half := message.BinaryStream(flow.Concat(flow.Of([]byte("some")), flow.Fail[[]byte](gone)))
	_, err := flow.Collect(t.Context(), archive(dir)(flow.Of(half)))
	require.Equal(t, gone, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestUploadThatPausesIsClosed(t *testing.T) {
	dir := t.TempDir()
	talk(t, large, archive(dir), func(t *testing.T, probe *wstest.WSProbe) {
		probe.Timeout = time.Minute
		slow := flow.FromFunc(func(ctx context.Context, emit func([]byte) error) error {
			if err := emit([]byte("some")); err != nil {
				return err
			}
			<-ctx.Done()
			return context.Cause(ctx)
		})
		go probe.SendMessage(message.BinaryStream(slow))
		probe.ExpectText(`{"bytes":4}`)
		probe.ExpectClose(1008)
	})
}

// file is a message with the content of a file, which is read while the message is sent.
func file(path string) message.Message {
	return message.BinaryStream(flow.UnfoldResource(
		func(context.Context) (*os.File, error) { return os.Open(path) },
		func(_ context.Context, f *os.File) ([]byte, error) {
			chunk := make([]byte, 64<<10) // the message's from now on, and so a new one each time
			n, err := f.Read(chunk)
			return chunk[:n], err // io.EOF is the end
		},
		(*os.File).Close,
	))
}

func TestDownload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	h := func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Map(in, func(message.Message) message.Message { return file(path) })
	}
	talk(t, new(upgrade.Upgrader), h, func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText("go")
		probe.ExpectBinary(content)
	})
}

// sum answers each message, strict or streamed, with its hash, and keeps none.
func sum(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
		hash := sha256.New()
		err := m.Chunks().Run(ctx, func(chunk []byte) error {
			hash.Write(chunk)
			return nil
		})
		return message.Text(hex.EncodeToString(hash.Sum(nil))), err
	})
}

// short collects what is streamed, up to 64 KiB a message; the handler behind it sees strict messages alone.
func short(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
		return m.Strict(ctx, 64<<10)
	})
}

func TestSumAndShort(t *testing.T) {
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	talk(t, large, sum, func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText("abc")
		probe.ExpectText(want)
		probe.SendText("a", "b", "c")
		probe.ExpectText(want)
	})
	talk(t, large, short, func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText("a", "b", "c")
		probe.ExpectText("abc")
		probe.SendBinary(make([]byte, 64<<10), []byte{1})
		probe.ExpectClose(1009)
	})
}

// A message that is taken to another goroutine without Hold is drained.
func TestUnheldMessageIsDrained(t *testing.T) {
	failed := make(chan error, 1)
	h := func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Map(in, func(m message.Message) message.Message {
			go func() {
				time.Sleep(time.Second)
				failed <- m.Chunks().Run(context.Background(), func([]byte) error { return nil })
			}()
			return message.Text("later")
		})
	}
	talk(t, large, h, func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("a", "b", "c")
		probe.ExpectText("later")
		probe.ExpectNoMessage(2 * time.Second)
		require.ErrorIs(t, <-failed, upgrade.ErrDrained)
	})
}

// What the operators do is done by hand in a goroutine of one's own.
func apart(m message.Message, work func(message.Message)) {
	m.Hold()
	go func() {
		defer m.Release()
		work(m)
	}()
}

func TestHeldMessageIsThere(t *testing.T) {
	read := make(chan []string, 1)
	h := func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Map(in, func(m message.Message) message.Message {
			apart(m, func(m message.Message) {
				time.Sleep(time.Second)
				all, _ := flow.Collect(context.Background(), m.TextChunks())
				read <- all
			})
			return message.Text("later")
		})
	}
	talk(t, large, h, func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("a", "b", "c")
		probe.ExpectText("later")
		probe.ExpectNoMessage(2 * time.Second)
		require.Equal(t, "abc", strings.Join(<-read, ""))
	})
}

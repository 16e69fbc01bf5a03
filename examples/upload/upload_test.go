package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

const testMax = 1 << 20 // bytes of an upload

// talk is a conversation with a store, in virtual time.
func talk(t *testing.T, limit int64, play func(t *testing.T, dir string, p *wstest.WSProbe)) {
	dir := filepath.Join(t.TempDir(), "uploads")
	require.NoError(t, os.Mkdir(dir, 0o700))
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		ws := &upgrade.Upgrader{Settings: settings(limit)}
		ws.Logger = slog.New(slog.DiscardHandler)
		wstest.WS("/upload", probe.Flow()).Run(routes(ws, store{dir})).Check(func(r *wstest.Response) {
			require.True(t, r.IsWebSocketUpgrade())
			play(t, dir, probe)
		})
	})
}

func sumOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// sizes are those of the files of a directory.
func sizes(t *testing.T, dir string) []int64 {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var sizes []int64
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		sizes = append(sizes, info.Size())
	}
	return sizes
}

// upload expects the replies to an upload, and returns those before the last.
func upload(t *testing.T, dir string, p *wstest.WSProbe, content []byte) (progress []int64) {
	for {
		var r reply
		require.NoError(t, json.Unmarshal(p.ExpectMessage().Bytes(), &r))
		if r.SHA256 == "" {
			progress = append(progress, r.Size)
			continue
		}
		require.Equal(t, reply{int64(len(content)), sumOf(content)}, r)
		kept, err := os.ReadFile(filepath.Join(dir, r.SHA256))
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, kept))
		return progress
	}
}

// every emits chunks, one each time d has passed.
func every(d time.Duration, chunks ...[]byte) flow.Source[[]byte] {
	return flow.Throttle(flow.Of(chunks...), flow.Rate{N: 1, Per: d, Burst: 1})
}

// An upload without a connection: any binary message is one.
func TestUploadIsKeptUnderItsSum(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"", "a file", "another file"} {
		replies, err := flow.Collect(t.Context(), store{dir}.handler(flow.Of(message.Binary([]byte(content)))))
		require.NoError(t, err)
		last := fmt.Sprintf(`{"size":%d,"sha256":"%s"}`, len(content), sumOf([]byte(content)))
		require.JSONEq(t, last, replies[len(replies)-1].Text())
		kept, err := os.ReadFile(filepath.Join(dir, sumOf([]byte(content))))
		require.NoError(t, err)
		require.Equal(t, content, string(kept))
	}
	require.Len(t, sizes(t, dir), 3)
}

func TestUploadsFollowEachOther(t *testing.T) {
	talk(t, testMax, func(t *testing.T, dir string, p *wstest.WSProbe) {
		for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, testMax} {
			content := bytes.Repeat([]byte{'x'}, size)
			p.SendBinary(content)
			upload(t, dir, p, content)
		}
		p.SendCompletion()
		p.ExpectCompletion()
		require.Len(t, sizes(t, dir), 5)
	})
}

func TestChunksAreWrittenWhileTheyArrive(t *testing.T) {
	talk(t, testMax, func(t *testing.T, dir string, p *wstest.WSProbe) {
		p.SendMessage(message.BinaryStream(every(time.Second, []byte("abc"), []byte("defg"), []byte("h"))))
		for _, size := range []int64{3, 7} {
			p.ExpectText(fmt.Sprintf(`{"size":%d}`, size))
			require.Equal(t, []int64{size}, sizes(t, dir))
		}
		upload(t, dir, p, []byte("abcdefgh"))
	})
}

func TestProgressIsToldEveryTenthOfASecondAtMost(t *testing.T) {
	talk(t, testMax, func(t *testing.T, dir string, p *wstest.WSProbe) {
		content := bytes.Repeat([]byte("x"), 100)
		p.SendMessage(message.BinaryStream(every(10*time.Millisecond, bytes.SplitAfter(content, []byte("x"))...)))
		began := time.Now()
		progress := upload(t, dir, p, content)
		require.LessOrEqual(t, len(progress), 12)
		require.Greater(t, len(progress), 8)
		require.IsIncreasing(t, progress)
		require.LessOrEqual(t, time.Since(began), 1100*time.Millisecond)
	})
}

func TestCutUploadLeavesNoFile(t *testing.T) {
	talk(t, testMax, func(t *testing.T, dir string, p *wstest.WSProbe) {
		chunks := every(time.Second, []byte("abc"), []byte("def"), []byte("lost"))
		p.SendMessage(message.BinaryStream(flow.TryMap(chunks, func(_ context.Context, chunk []byte) ([]byte, error) {
			if string(chunk) == "lost" {
				return nil, errors.New("lost")
			}
			return chunk, nil
		})))
		p.ExpectText(`{"size":3}`)
		p.ExpectText(`{"size":6}`)
		require.Equal(t, []int64{6}, sizes(t, dir))
		_ = p.ExpectFailure()
		synctest.Wait()
		require.Empty(t, sizes(t, dir))
	})
}

func TestUploadThatIsTooLongLeavesNoFile(t *testing.T) {
	talk(t, 8, func(t *testing.T, dir string, p *wstest.WSProbe) {
		p.SendMessage(message.BinaryStream(every(time.Second, []byte("abc"), []byte("def"), []byte("ghi"))))
		p.ExpectText(`{"size":3}`)
		p.ExpectText(`{"size":6}`)
		require.Equal(t, []int64{6}, sizes(t, dir))
		p.ExpectClose(1009)
		synctest.Wait()
		require.Empty(t, sizes(t, dir))
	})
}

func TestTextIsRefused(t *testing.T) {
	talk(t, testMax, func(_ *testing.T, _ string, p *wstest.WSProbe) {
		p.SendText("a file?")
		p.ExpectClose(1003)
	})
}

// The peer learns that the server is to blame, and no more; the log has the error.
func TestErrorsOfTheDiskAreClosedWith1011(t *testing.T) {
	talk(t, testMax, func(t *testing.T, dir string, p *wstest.WSProbe) {
		require.NoError(t, os.Remove(dir))
		p.SendBinary([]byte("abc"))
		require.Empty(t, p.ExpectClose(1011).Reason)
	})
	talk(t, testMax, func(t *testing.T, dir string, p *wstest.WSProbe) {
		p.SendMessage(message.BinaryStream(every(time.Second, []byte("abc"), []byte("def"))))
		p.ExpectText(`{"size":3}`)
		require.NoError(t, os.RemoveAll(dir))
		p.ExpectText(`{"size":6}`)
		require.Empty(t, p.ExpectClose(1011).Reason)
	})
}

func TestFileThatCannotBeWrittenIsDiscarded(t *testing.T) {
	f, err := create(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, f.f.Close())
	require.ErrorIs(t, f.write([]byte("abc")), os.ErrClosed)
	_, err = f.keep()
	require.ErrorIs(t, err, os.ErrClosed)
	f.discard()
	require.NoFileExists(t, f.f.Name())
}

func TestMemoryDoesNotGrowWithTheUpload(t *testing.T) {
	chunk := make([]byte, 64<<10)
	const chunks = 512
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	large := message.BinaryStream(flow.Take(flow.Repeat(chunk), chunks))
	var last reply
	err := store{t.TempDir()}.receive(large).Run(t.Context(), func(r reply) error { last = r; return nil })
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.EqualValues(t, chunks*len(chunk), last.Size)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(chunk)*8))
}

func TestPageIsServed(t *testing.T) {
	r := wstest.HTTP(http.MethodGet, "/").Run(routes(&upgrade.Upgrader{}, store{t.TempDir()}))
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, r.Text(), "<title>Upload")
}

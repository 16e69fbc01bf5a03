package e2e_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An uploadPage is the page of the upload example in a browser.
type uploadPage struct{ *tab }

// upload gives the page a file, as a user does in the dialog of the browser, and sends it.
func (p uploadPage) upload(path string) {
	p.t.Helper()
	var input struct {
		Result struct {
			ID string `json:"objectId"`
		} `json:"result"`
	}
	p.call("Runtime.evaluate", object{"expression": "document.querySelector('#file')"}, &input)
	p.call("DOM.setFileInputFiles", object{"files": []string{path}, "objectId": input.Result.ID}, nil)
	p.click("#send")
}

func (p uploadPage) wantStatus(text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("document.querySelector('#status')?.textContent === %q", text))
}

func TestChromiumUploadsFiles(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	source := filepath.Join(t.TempDir(), "file")
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			dir := t.TempDir()
			server := startServer(t, "upload", scheme, "-dir", dir, "-max", "32")
			p := uploadPage{b.visit(t, server.url)}
			p.wantStatus("ready")
			for _, size := range []int{0, 1, 32 << 20} {
				content := make([]byte, size)
				_, _ = random.Read(content)
				require.NoError(t, os.WriteFile(source, content, 0o600))
				p.upload(source)
				p.wantStatus(fmt.Sprintf("stored, %d bytes", size))
				sum := fmt.Sprintf("%x", sha256.Sum256(content))
				p.await(fmt.Sprintf("document.querySelector('#sum').textContent === %q", sum))
				p.await("document.querySelector('#progress').position === 1")
				kept, err := os.Stat(filepath.Join(dir, sum))
				require.NoError(t, err)
				require.EqualValues(t, size, kept.Size())
			}

			require.NoError(t, os.WriteFile(source, make([]byte, 32<<20+1), 0o600))
			p.upload(source)
			p.wantStatus("closed with 1009 message exceeds 33554432 bytes")
			p.click("#send") // which connects again
			p.wantStatus("ready")
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, left, 3)
			server.terminate()
			server.wantExit()
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.problems, "exceptions of the page: %s", strings.Join(b.problems, "\n"))
}

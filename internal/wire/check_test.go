package wire_test

import (
	"errors"
	"io"
	"net"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/wsflow/wsflow/internal/wire"
)

// equal checks that two values are deeply equal, and goes on if they are not.
func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// fails checks that an operation failed as wanted, nil meaning not at all, and that
// the error is a *net.OpError which names the operation.
func fails(t testing.TB, op string, err, want error) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("%s: got error %v, want none", op, err)
		}
		return
	}
	if want == io.EOF {
		if err != io.EOF { // readers compare it
			t.Errorf("%s: got error %v, want exactly io.EOF", op, err)
		}
		return
	}
	var wrapper *net.OpError
	if !errors.Is(err, want) || !errors.As(err, &wrapper) || wrapper.Op != op {
		t.Errorf("%s: got error %v, want an OpError with %v", op, err, want)
	}
}

// write writes all of text or ends the test.
func write(t testing.TB, c io.Writer, text string) {
	t.Helper()
	if n, err := io.WriteString(c, text); n != len(text) || err != nil {
		t.Fatalf("writing %d bytes: %d, %v", len(text), n, err)
	}
}

// reads checks the result of one Read.
func reads(t testing.TB, c io.Reader, want string, wantErr error) {
	t.Helper()
	p := make([]byte, 1<<10)
	n, err := c.Read(p)
	equal(t, "read", string(p[:n]), want)
	fails(t, "read", err, wantErr)
}

// A result is what a Read or Write returned.
type result struct {
	n   int
	err error
}

// start calls f, a Read or Write, on a goroutine of its own.
func start(f func([]byte) (int, error), p []byte) <-chan result {
	done := make(chan result, 1)
	go func() {
		n, err := f(p)
		done <- result{n, err}
	}()
	return done
}

// waits checks, in a bubble, that an operation that was started is waiting.
func waits(t testing.TB, done <-chan result) {
	t.Helper()
	synctest.Wait()
	select {
	case r := <-done:
		t.Fatalf("did not wait: %d, %v", r.n, r.err)
	default:
	}
}

// ends checks, in a bubble, that an operation that was started has ended by now.
func ends(t testing.TB, op string, done <-chan result, n int, want error) {
	t.Helper()
	synctest.Wait()
	select {
	case r := <-done:
		equal(t, op, r.n, n)
		fails(t, op, r.err, want)
	default:
		t.Fatalf("%s still waits", op)
	}
}

// bubble runs a test of a new connection in a bubble, and then closes the connection.
func bubble(t *testing.T, o wire.Options, test func(t *testing.T, client, server *wire.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, server := wire.Pipe(o)
		defer client.Close()
		defer server.Close()
		test(t, client, server)
	})
}

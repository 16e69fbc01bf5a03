package observe

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// Log returns an observer that logs what happens to connections, at the levels and under the keys that the package's
// documentation has. nil means [slog.Default]. Failures and panics are left to Settings.Logger. Where there is a request,
// records have its context, or that of Dial.
func Log(logger *slog.Logger) upgrade.Observer { return &logObserver{logger} }

type logObserver struct{ to *slog.Logger }

func (l *logObserver) Observe(e upgrade.Event) {
	switch e := e.(type) {
	case upgrade.Opened:
		l.write(contextOf(e.Request), slog.LevelDebug, "opened", func() []slog.Attr {
			return withSubprotocol(append(about(e.Conn), pathOf(e.Request)...), e.Conn)
		})
	case upgrade.Closed:
		l.write(contextOf(e.Conn.Request()), levelOfClosed(e), "closed", func() []slog.Attr { return closed(e) })
	case upgrade.Refused:
		level := slog.LevelInfo
		if e.Limit() != "" || e.Status >= http.StatusInternalServerError {
			level = slog.LevelWarn
		}
		l.write(contextOf(e.Request), level, "refused", func() []slog.Attr { return refused(e) })
	case upgrade.RoundTrip:
		l.write(contextOf(e.Conn.Request()), slog.LevelDebug, "round_trip", func() []slog.Attr {
			return append(about(e.Conn), slog.Duration("round_trip", e.Time))
		})
	case upgrade.DialFailed:
		l.write(e.Context, slog.LevelWarn, "dial_failed", func() []slog.Attr {
			return []slog.Attr{slog.String("url", e.URL), slog.String("error", e.Err.Error())}
		})
	case upgrade.Draining:
		l.write(context.Background(), slog.LevelInfo, "draining", func() []slog.Attr {
			return []slog.Attr{slog.Int("connections", e.Connections)}
		})
	case upgrade.Drained:
		l.drained(e)
	}
}

// texts are the messages of the records.
var texts = map[string]string{
	"opened": "websocket opened", "closed": "websocket closed", "refused": "websocket refused", "round_trip": "websocket round trip",
	"dial_failed": "websocket dial failed", "draining": "websocket server drains", "drained": "websocket server has drained",
}

// write logs a record, if anybody reads records of that level.
func (l *logObserver) write(ctx context.Context, level slog.Level, event string, attrs func() []slog.Attr) {
	logger := l.to
	if logger == nil {
		logger = slog.Default()
	}
	if logger.Enabled(ctx, level) {
		logger.LogAttrs(ctx, level, texts[event], append([]slog.Attr{slog.String("event", event)}, attrs()...)...)
	}
}

func (l *logObserver) drained(e upgrade.Drained) {
	level, attrs := slog.LevelInfo, []slog.Attr{slog.Duration("duration", e.Duration)}
	if e.Err != nil {
		level, attrs = slog.LevelWarn, append(attrs, slog.String("error", e.Err.Error()))
	}
	l.write(context.Background(), level, "drained", func() []slog.Attr { return attrs })
}

// isOurFailure reports whether a connection ended because of an error that Settings.Logger has got.
func isOurFailure(cause *upgrade.CloseError) bool {
	return cause != nil && cause.Code == protocol.CloseInternalError && !cause.FromPeer
}

func levelOfClosed(e upgrade.Closed) slog.Level {
	switch {
	case e.Limit() != "", isOurFailure(e.Cause):
		return slog.LevelWarn
	case e.Clean:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func closed(e upgrade.Closed) []slog.Attr {
	attrs := withSubprotocol(append(about(e.Conn), pathOf(e.Conn.Request())...), e.Conn)
	if cause := e.Cause; cause != nil {
		attrs = append(attrs, slog.Int("code", int(cause.Code)), slog.Bool("from_peer", cause.FromPeer))
		attrs = appendText(attrs, "reason", cause.Reason)
	}
	attrs = append(attrs,
		slog.Bool("clean", e.Clean), slog.Duration("duration", e.Duration),
		slog.Uint64("messages_in", e.Traffic.MessagesIn), slog.Uint64("messages_out", e.Traffic.MessagesOut),
		slog.Uint64("bytes_in", e.Traffic.BytesIn), slog.Uint64("bytes_out", e.Traffic.BytesOut),
	)
	attrs = appendText(attrs, "limit", string(e.Limit()))
	if e.Cause != nil && e.Cause.Err != nil && !isOurFailure(e.Cause) {
		attrs = append(attrs, slog.String("error", e.Cause.Err.Error()))
	}
	return attrs
}

func refused(e upgrade.Refused) []slog.Attr {
	attrs := append([]slog.Attr{slog.String("remote", e.Request.RemoteAddr)}, pathOf(e.Request)...)
	attrs = append(attrs, slog.Int("status", e.Status))
	attrs = appendText(attrs, "reason", e.Rejection.Reason)
	return appendText(attrs, "limit", string(e.Limit()))
}

// about returns what a connection is known by.
func about(c *upgrade.Conn) []slog.Attr {
	attrs := []slog.Attr{slog.Uint64("conn", c.ID())}
	if addr := c.RemoteAddr(); addr != nil { // of a transport of the user's
		attrs = append(attrs, slog.String("remote", addr.String()))
	}
	return attrs
}

// longest is how much of what a client chooses is logged.
const longest = 256

func pathOf(r *http.Request) []slog.Attr {
	if r == nil || r.URL == nil {
		return nil
	}
	return []slog.Attr{slog.String("path", r.URL.Path[:min(len(r.URL.Path), longest)])}
}

func withSubprotocol(attrs []slog.Attr, c *upgrade.Conn) []slog.Attr {
	return appendText(attrs, "subprotocol", c.Subprotocol())
}

func appendText(attrs []slog.Attr, key, text string) []slog.Attr {
	if text == "" {
		return attrs
	}
	return append(attrs, slog.String(key, text))
}

func contextOf(r *http.Request) context.Context {
	if r == nil {
		return context.Background()
	}
	return r.Context()
}

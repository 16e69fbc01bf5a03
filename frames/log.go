package frames

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/wsflow/wsflow/upgrade"
)

// A Log is a frame log that is switched on and off while connections live, for all of them or for one. The zero value is off and
// ready; its fields are not changed once it is in use. While it is off, a frame costs it the look at a switch.
//
// A line has the keys of package observe, "event" ("frame"), "conn" and "remote", and those of the frame: "direction" ("in" or
// "out"), "opcode", "fin", "rsv" (if a bit is set), "length" (of the payload) and "payload" (its first bytes, unless Bytes is
// negative). Payloads can be secret.
type Log struct {
	// Logger gets the lines. Default [slog.Default].
	Logger *slog.Logger

	// Level is that of the lines. Default [slog.LevelInfo].
	Level slog.Level

	// Bytes is how many bytes of a payload a line shows. 0 means 32, a negative number none.
	Bytes int

	all   atomic.Bool
	some  atomic.Bool // there are single ones
	mu    sync.Mutex
	conns map[weak.Pointer[upgrade.Conn]]struct{}
}

// SetAll switches the log on or off for all connections that its Stage is for.
func (l *Log) SetAll(on bool) { l.all.Store(on) }

// Set switches the log on or off for one connection, such as one of [upgrade.Upgrader.Connections], besides what [Log.SetAll] says.
func (l *Log) Set(c *upgrade.Conn, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.conns {
		if p.Value() == nil { // it is over
			delete(l.conns, p)
		}
	}
	if on {
		if l.conns == nil {
			l.conns = make(map[weak.Pointer[upgrade.Conn]]struct{})
		}
		l.conns[weak.Make(c)] = struct{}{}
	} else {
		delete(l.conns, weak.Make(c))
	}
	l.some.Store(len(l.conns) > 0)
}

func (l *Log) on(c *upgrade.Conn) bool {
	if l.all.Load() {
		return true
	}
	if !l.some.Load() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, on := l.conns[weak.Make(c)]
	return on
}

// Stage is an [upgrade.FrameStage]. What it shows is what passes its place among the stages.
func (l *Log) Stage(c *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
	log := func(d Direction, pass upgrade.FrameFunc) upgrade.FrameFunc {
		return func(f upgrade.Frame) error {
			if l.on(c) {
				l.write(c, d, f)
			}
			return pass(f)
		}
	}
	return log(In, up), log(Out, down)
}

func (l *Log) write(c *upgrade.Conn, d Direction, f upgrade.Frame) {
	attrs := append(make([]slog.Attr, 0, 9), slog.String("event", "frame"), slog.Uint64("conn", c.ID()))
	if addr := c.RemoteAddr(); addr != nil { // of a transport of the user's
		attrs = append(attrs, slog.String("remote", addr.String()))
	}
	attrs = append(attrs,
		slog.String("direction", d.String()),
		slog.String("opcode", f.Opcode.String()),
		slog.Bool("fin", f.Fin),
		slog.Int("length", len(f.Payload)),
	)
	if f.RSV != 0 {
		attrs = append(attrs, slog.Int("rsv", int(f.RSV)))
	}
	if n := cmp.Or(l.Bytes, 32); n > 0 {
		attrs = append(attrs, slog.String("payload", string(f.Payload[:min(n, len(f.Payload))])))
	}
	logger := l.Logger
	if logger == nil {
		logger = slog.Default()
	}
	ctx := context.Background()
	if r := c.Request(); r != nil {
		ctx = r.Context()
	}
	logger.LogAttrs(ctx, l.Level, "websocket frame", attrs...)
}

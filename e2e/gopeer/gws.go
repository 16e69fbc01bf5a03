package main

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/lxzan/gws"
)

// gwsLibrary is github.com/lxzan/gws.
type gwsLibrary struct{}

type gwsLink struct {
	conn       *gws.Conn
	events     *gwsEvents
	compressed bool
}

// gwsEvents are the library's callbacks. They come from ReadLoop alone.
type gwsEvents struct {
	gws.BuiltinEventHandler
	c      *connection
	pongs  *queue[string]
	code   int
	reason string
}

func (e *gwsEvents) OnClose(_ *gws.Conn, err error) {
	closed, ok := errors.AsType[*gws.CloseError](err)
	switch {
	case !ok:
	case closed.Code == 0:
		e.code = 1005
	default:
		e.code, e.reason = int(closed.Code), string(closed.Reason)
	}
}

func (e *gwsEvents) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }
func (e *gwsEvents) OnPong(_ *gws.Conn, payload []byte)    { e.pongs.put(string(payload)) }

func (e *gwsEvents) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	e.c.received(m.Opcode == gws.OpcodeBinary, append([]byte{}, m.Bytes()...))
}

func gwsDeflate(d *deflate) gws.PermessageDeflate {
	if d == nil {
		return gws.PermessageDeflate{}
	}
	return gws.PermessageDeflate{
		Enabled: true, Threshold: 1, ServerContextTakeover: !d.NoContextTakeover, ClientContextTakeover: !d.NoContextTakeover,
		ServerMaxWindowBits: d.ServerBits, ClientMaxWindowBits: d.ClientBits,
	}
}

func (gwsLibrary) connect(r request, nc *tap, pongs *queue[string]) (link, int, string, error) {
	header := make(http.Header)
	if r.Origin != "" {
		header.Set("Origin", r.Origin)
	}
	if len(r.Protocols) > 0 {
		header.Set("Sec-WebSocket-Protocol", strings.Join(r.Protocols, ", "))
	}
	events := &gwsEvents{pongs: pongs}
	conn, resp, err := gws.NewClientFromConn(events, &gws.ClientOption{
		Addr: r.URL, RequestHeader: header, CheckUtf8Enabled: true, PermessageDeflate: gwsDeflate(r.Deflate),
	}, nc)
	if resp != nil && err != nil {
		return nil, resp.StatusCode, "", err
	}
	if err != nil {
		return nil, 0, "", err
	}
	return gwsLink{conn, events, r.Deflate != nil}, resp.StatusCode, conn.SubProtocol(), nil
}

func (gwsLibrary) accept(w http.ResponseWriter, r *http.Request, _ *tap, pongs *queue[string], settings request) (link, error) {
	events := &gwsEvents{pongs: pongs}
	upgrader := gws.NewUpgrader(events, &gws.ServerOption{
		SubProtocols: settings.Protocols, CheckUtf8Enabled: true, PermessageDeflate: gwsDeflate(settings.Deflate),
	})
	conn, err := upgrader.Upgrade(w, r)
	if err != nil {
		return nil, err
	}
	return gwsLink{conn, events, settings.Deflate != nil}, nil
}

func (l gwsLink) read(c *connection) (int, string) {
	l.events.c = c
	l.conn.ReadLoop()
	return l.events.code, l.events.reason
}

func gwsOpcode(binary bool) gws.Opcode {
	if binary {
		return gws.OpcodeBinary
	}
	return gws.OpcodeText
}

func (l gwsLink) send(binary bool, content []byte) error {
	return l.conn.WriteMessage(gwsOpcode(binary), content)
}

// sendParts is for the library only if it compresses. It has a size for fragments of its own.
func (l gwsLink) sendParts(binary bool, parts [][]byte) (bool, error) {
	if !l.compressed {
		return false, nil
	}
	return true, l.conn.WriteFile(gwsOpcode(binary), bytes.NewReader(bytes.Join(parts, nil)))
}

func (l gwsLink) ping(payload []byte) error { return l.conn.WritePing(payload) }

// close would end the connection at once.
func (gwsLink) close(int, string) (bool, error) { return false, nil }

func (l gwsLink) leave(code int, reason string) error {
	return l.conn.WriteClose(uint16(code), []byte(reason))
}

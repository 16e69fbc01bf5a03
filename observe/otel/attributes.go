package otel

import (
	"cmp"
	"net"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/wsflow/wsflow/upgrade"
)

// What the semantic conventions have no name for.
const (
	roleKey        = attribute.Key("websocket.role")
	idKey          = attribute.Key("websocket.connection.id")
	subprotocolKey = attribute.Key("websocket.subprotocol")
	codeKey        = attribute.Key("websocket.close.code")
	reasonKey      = attribute.Key("websocket.close.reason")
	cleanKey       = attribute.Key("websocket.close.clean")
	fromPeerKey    = attribute.Key("websocket.close.from_peer")
	messagesInKey  = attribute.Key("websocket.messages.in")
	messagesOutKey = attribute.Key("websocket.messages.out")
	limitKey       = attribute.Key("websocket.limit")
)

// A role is the side of a connection that is observed.
type role int

const (
	server role = iota
	client
)

var roleNames = [...]string{server: "server", client: "client"}

func roleOf(c *upgrade.Conn) role {
	if c.Request() == nil {
		return client
	}
	return server
}

func (r role) attribute() attribute.KeyValue { return roleKey.String(roleNames[r]) }

var roleSets = [...]attribute.Set{
	server: attribute.NewSet(server.attribute()), client: attribute.NewSet(client.attribute()),
}

func (r role) set() attribute.Set { return roleSets[r] }

// spanName has few values: routes, and not paths.
func spanName(e upgrade.Opened) string {
	if route := routeOf(e.Request); route != "" {
		return "websocket " + route
	}
	return "websocket"
}

// routeOf returns the path of the pattern that a request has matched, without method and host, or "".
func routeOf(r *http.Request) string {
	if at := strings.IndexByte(r.Pattern, '/'); at >= 0 {
		return r.Pattern[at:]
	}
	return ""
}

// attributesOf are what a span begins with, and a sampler sees.
func attributesOf(e upgrade.Opened, r role) []attribute.KeyValue {
	header := e.Request.Header
	all := []attribute.KeyValue{
		r.attribute(),
		idKey.String(strconv.FormatUint(e.Conn.ID(), 10)),
		semconv.NetworkProtocolName("websocket"),
		semconv.NetworkProtocolVersion(cmp.Or(header.Get("Sec-WebSocket-Version"), "13")), // that of a dialed one is no field of its Header
	}
	if subprotocol := e.Conn.Subprotocol(); subprotocol != "" {
		all = append(all, subprotocolKey.String(subprotocol))
	}
	all = append(all, peerOf(e.Conn, r)...)
	all = append(all, targetOf(e, r)...)
	if r == client {
		return all
	}
	if route := routeOf(e.Request); route != "" {
		all = append(all, semconv.HTTPRoute(route))
	}
	if agent := header.Get("User-Agent"); agent != "" {
		all = append(all, semconv.UserAgentOriginal(text(agent)))
	}
	return all
}

// peerOf describes the other end of the network connection.
func peerOf(c *upgrade.Conn, r role) []attribute.KeyValue {
	addr := c.RemoteAddr()
	if addr == nil { // of a transport of the user's
		return nil
	}
	if addr.Network() == "unix" {
		return []attribute.KeyValue{semconv.NetworkTransportUnix}
	}
	all := []attribute.KeyValue{semconv.NetworkTransportTCP}
	host, port := split(addr.String())
	all = append(all, semconv.NetworkPeerAddress(host))
	if r == server {
		all = append(all, semconv.ClientAddress(host))
	}
	if port == 0 {
		return all
	}
	all = append(all, semconv.NetworkPeerPort(port))
	if r == server {
		all = append(all, semconv.ClientPort(port))
	}
	return all
}

// targetOf describes what was asked for, without what tokens are in.
func targetOf(e upgrade.Opened, r role) []attribute.KeyValue {
	target := *e.Request.URL
	target.User, target.RawQuery, target.Fragment = nil, "", ""
	if r == server {
		target.Scheme, target.Host = "ws", e.Request.Host
		if e.Conn.TLS() != nil {
			target.Scheme = "wss"
		}
	}
	host, port := split(target.Host)
	if port == 0 {
		port = map[string]int{"ws": 80, "wss": 443}[target.Scheme]
	}
	all := []attribute.KeyValue{
		semconv.URLScheme(target.Scheme), semconv.URLPath(text(target.Path)), semconv.ServerAddress(text(host)), semconv.ServerPort(port),
	}
	if r == client {
		all = append(all, semconv.URLFull(target.String()))
	}
	return all
}

// longest is how many bytes of a text that a peer has chosen are told.
const longest = 256

// text returns what a peer has chosen as an attribute may have it.
func text(chosen string) string { return utf8Only(chosen[:min(len(chosen), longest)]) }

// utf8Only replaces what is not UTF-8: an exporter that speaks Protocol Buffers refuses all that it is to send together with it.
func utf8Only(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// split returns the host and the port of an address, 0 if it has none.
func split(address string) (string, int) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]"), 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return host, 0
	}
	return host, n
}

// exceptionOf describes why a handler failed.
func exceptionOf(e upgrade.Failed) []attribute.KeyValue {
	all := []attribute.KeyValue{semconv.ExceptionType(typeOf(e)), semconv.ExceptionMessage(utf8Only(e.Err.Error()))}
	if p := e.Panic(); p != nil {
		all = append(all, semconv.ExceptionStacktrace(string(p.Stack)))
	}
	return all
}

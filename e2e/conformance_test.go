package e2e_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

// A conformanceServer is one in Autobahn's manner: it says how many cases it has, plays each on a connection of its own with
// a client that echoes, and is told when all have been played.
type conformanceServer struct {
	mu       sync.Mutex
	agents   map[string]bool
	got      map[int][]string // of each case, what the client sent
	reported chan struct{}    // closed when all has been played
}

// A conformanceCase is what the server sends and what an echo has to answer.
type conformanceCase struct {
	send []frame
	want []string
}

var (
	goodbye = frame{Opcode: protocol.OpClose, Payload: "\x03\xe8", Unmasked: true}
	large   = strings.Repeat("0123456789abcdef", 200_000)
)

// conformanceCases are numbered from 1.
var conformanceCases = []conformanceCase{
	{[]frame{data("Hello"), goodbye}, []string{"text Hello", "close 1000"}},
	{[]frame{data(""), goodbye}, []string{"text ", "close 1000"}},
	{[]frame{{Opcode: protocol.OpBinary, Payload: "\x00\xff", Unmasked: true}, goodbye}, []string{"binary \x00\xff", "close 1000"}},
	{[]frame{data(large), goodbye}, []string{shown(protocol.OpText, large), "close 1000"}},
	{
		[]frame{
			{Opcode: protocol.OpText, Payload: "Hel", More: true, Unmasked: true},
			{Opcode: protocol.OpPing, Payload: "between", Unmasked: true},
			{Payload: "lo", Unmasked: true},
			goodbye,
		},
		[]string{"pong between", "text Hello", "close 1000"},
	},
	{[]frame{{Opcode: protocol.OpPong, Payload: "unasked", Unmasked: true}, data("x"), goodbye}, []string{"text x", "close 1000"}},
	{[]frame{{Opcode: protocol.OpClose, Unmasked: true}}, []string{"close 1005"}},
	{[]frame{{Opcode: protocol.OpClose, Payload: "\x0f\xa0why", Unmasked: true}}, []string{"close 4000 why"}},
	{[]frame{data("\xff")}, []string{"close 1007 text is not UTF-8 (RFC 6455, 8.1)"}},
	{[]frame{{Opcode: 3, Unmasked: true}}, []string{"close 1002 opcode 3 is reserved (RFC 6455, 5.2)"}},
	{[]frame{{Opcode: protocol.OpText, Payload: "x"}}, []string{"close 1002 frame from a server is masked (RFC 6455, 5.1)"}},
	{[]frame{data("then cut")}, []string{"text then cut"}},
}

// data is a text message in one frame of a server.
func data(text string) frame { return frame{Opcode: protocol.OpText, Payload: text, Unmasked: true} }

// shown describes a message or a control frame.
func shown(op protocol.Opcode, payload string) string {
	if len(payload) > 200 {
		return fmt.Sprintf("%s of %d bytes with checksum %x", op, len(payload), crc32.ChecksumIEEE([]byte(payload)))
	}
	return fmt.Sprintf("%s %s", op, payload)
}

func (s *conformanceServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nc, err := accept(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer nc.Close()
	query := r.URL.Query()
	switch r.URL.Path {
	case "/getCaseCount":
		count := data(strconv.Itoa(len(conformanceCases)))
		play(nc, conformanceCase{[]frame{count, goodbye}, []string{"close 1000"}})
	case "/runCase":
		number, _ := strconv.Atoi(query.Get("case"))
		got := play(nc, conformanceCases[number-1])
		s.mu.Lock()
		s.got[number] = got
		s.agents[query.Get("agent")] = true
		s.mu.Unlock()
	case "/updateReports":
		play(nc, conformanceCase{[]frame{goodbye}, []string{"close 1000"}})
		s.mu.Lock()
		s.agents[query.Get("agent")] = true
		s.mu.Unlock()
		close(s.reported)
	}
}

// accept makes the handshake by hand: what follows is no connection that the module knows.
func accept(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	head, err := protocol.AppendResponse(nil, r.Header.Get("Sec-WebSocket-Key"), "", nil, nil)
	if err != nil {
		return nil, err
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if rw.Reader.Buffered() > 0 {
		return nc, errors.New("frames before the handshake")
	}
	_ = nc.SetDeadline(time.Now().Add(patience))
	_, err = nc.Write(head)
	return nc, err
}

// play sends the frames of a case, while it reads as many things as the client has to send, and describes them.
func play(nc net.Conn, c conformanceCase) []string {
	go func() {
		for _, f := range c.send {
			_, _ = nc.Write(f.bytes())
		}
	}()
	var got []string
	var message, unread []byte
	reader := protocol.NewReader(protocol.ReaderConfig{Role: protocol.Server, MaxMessage: -1})
	buf := make([]byte, 64<<10)
	for len(got) < len(c.want) {
		n, err := nc.Read(buf)
		unread = append(unread, buf[:n]...)
		for len(unread) > 0 && len(got) < len(c.want) {
			ev, used, err := reader.Next(unread)
			unread = unread[used:]
			if errors.Is(err, protocol.ErrShort) {
				break
			}
			if err != nil {
				return append(got, err.Error())
			}
			if ev.Type != protocol.EventData {
				got = append(got, described(ev))
				continue
			}
			if message = append(message, ev.Payload...); ev.End {
				got = append(got, shown(ev.Opcode, string(message)))
				message = nil
			}
		}
		if err != nil {
			return append(got, err.Error())
		}
	}
	return got
}

func described(ev protocol.Event) string {
	if ev.Type == protocol.EventClose {
		return strings.TrimSpace(fmt.Sprintf("close %d %s", ev.Code, ev.Reason))
	}
	return shown(ev.Opcode, string(ev.Payload))
}

func TestEchoDrivesAConformanceServer(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stream %t", scheme, stream), func(t *testing.T) {
				cases := &conformanceServer{
					agents: make(map[string]bool), got: make(map[int][]string), reported: make(chan struct{}),
				}
				s := httptest.NewUnstartedServer(cases)
				if scheme == "wss" {
					s.StartTLS()
				} else {
					s.Start()
				}
				defer s.Close()
				url := "ws" + strings.TrimPrefix(s.URL, "http")
				echo := start(t, example(t, "echo"), "-drive", url, "-agent", "our agent", "-insecure", fmt.Sprintf("-stream=%t", stream))
				echo.wantExit()
				receive(t, cases.reported, "the update of the reports")
				cases.mu.Lock()
				defer cases.mu.Unlock()
				for i, c := range conformanceCases {
					require.Equal(t, c.want, cases.got[i+1], "case %d", i+1)
				}
				require.Equal(t, map[string]bool{"our agent": true}, cases.agents)
			})
		}
	}
}

func TestEchoTrustsNoStrangerUnlessToldTo(t *testing.T) {
	s := httptest.NewUnstartedServer(&conformanceServer{})
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	echo := start(t, example(t, "echo"), "-drive", "wss"+strings.TrimPrefix(s.URL, "https"))
	receive(t, echo.exited, "the end of echo")
	require.Equal(t, 1, echo.cmd.ProcessState.ExitCode())
	require.Contains(t, echo.output.String(), "certificate")
}

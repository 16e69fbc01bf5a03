package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A house is a chat with a server before it, in virtual time.
type house struct {
	*wstest.Server
	t     *testing.T
	chat  *chat
	route http.Handler
	ws    *upgrade.Upgrader
}

func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, chat: newChat(), ws: &upgrade.Upgrader{Settings: upgrade.Settings{MaxMessage: maxMessage}}}
		h.route = routes(h.ws, h.chat)
		h.Server = wstest.NewServer(t, h.route)
		test(t, h)
	})
}

// A guest is somebody in the lobby, with the position that they have seen last.
type guest struct {
	*wstest.WSProbe
	t    *testing.T
	seen hub.Position
}

func lobby(name string, after hub.Position) string {
	return "/rooms/lobby?" + url.Values{"name": {name}, "after": {after.String()}}.Encode()
}

// enter lets somebody in. Time goes on afterwards, so that who comes next comes later.
func (h *house) enter(name string, after hub.Position) *guest {
	g := &guest{WSProbe: h.Probe(lobby(name, after)), t: h.t, seen: after}
	synctest.Wait()
	time.Sleep(time.Second)
	return g
}

// say publishes lines that nobody in the room says, since members may not talk as fast.
func (h *house) say(from, to int) {
	for i := from; i <= to; i++ {
		_, err := h.chat.rooms.Publish(h.t.Context(), "lobby", line{"Eve", fmt.Sprint("line ", i)})
		require.NoError(h.t, err)
	}
}

// lines are what is heard of say.
func lines(from, to int) (heard []string) {
	for i := from; i <= to; i++ {
		heard = append(heard, fmt.Sprint("say Eve: line ", i))
	}
	return heard
}

func (g *guest) say(text string) { g.SendJSON(said{text}) }

// hears expects events. Those that tell who is present come in no order, also between others; they are given first.
func (g *guest) hears(want ...string) {
	g.t.Helper()
	var present, got []string
	for range want {
		var e event
		require.NoError(g.t, json.Unmarshal(g.ExpectMessage().Bytes(), &e))
		if !e.Position.IsZero() {
			g.seen = e.Position
		}
		switch e.Kind {
		case "present":
			present = append(present, "present "+e.From)
		case "say":
			got = append(got, "say "+e.From+": "+e.Text)
		case "missed":
			got = append(got, fmt.Sprint("missed ", e.Count))
		default:
			got = append(got, e.Kind+" "+e.From)
		}
	}
	slices.Sort(present)
	require.Equal(g.t, want, append(present, got...))
}

func (g *guest) leave() {
	g.t.Helper()
	g.SendCompletion()
	g.ExpectCompletion()
}

func TestAllInARoomHearWhatIsSaid(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		ada.hears("present Ada")
		bob := h.enter("Bob", hub.Position{})
		bob.hears("present Ada", "present Bob")
		ada.hears("joined Bob")
		elsewhere := h.Probe("/rooms/attic?name=Cy")
		elsewhere.ExpectJSON(event{Kind: "present", From: "Cy"})

		ada.say("  hello ")
		ada.hears("say Ada: hello")
		bob.hears("say Ada: hello")
		bob.say("hello yourself")
		bob.hears("say Bob: hello yourself")
		ada.hears("say Bob: hello yourself")
		ada.say(" ")
		ada.ExpectNoMessage(time.Minute)
		elsewhere.ExpectNoMessage(time.Minute)

		bob.leave()
		ada.hears("left Bob")
	})
}

func TestMemberWithSeveralTabsComesAndGoesOnce(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		one := h.enter("Bob", hub.Position{})
		another := h.enter("Bob", hub.Position{})
		one.hears("present Ada", "present Bob")
		another.hears("present Ada", "present Bob")
		ada.hears("present Ada", "joined Bob")
		one.leave()
		ada.ExpectNoMessage(time.Minute)
		another.leave()
		ada.hears("left Bob")
	})
}

func TestNewcomerGetsTheLatestLines(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		h.say(1, 100)
		ada := h.enter("Ada", hub.Position{})
		ada.hears(append([]string{"present Ada"}, lines(100-history+1, 100)...)...)
		ada.ExpectNoMessage(time.Minute)
	})
}

func TestWhoComesBackGetsWhatTheyHaveMissed(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		h.say(1, 3)
		ada.hears(append([]string{"present Ada"}, lines(1, 3)...)...)
		ada.leave()
		h.say(4, 100)
		time.Sleep(keepFor - time.Second) // the last line was the last use of the room
		ada = h.enter("Ada", ada.seen)
		ada.hears(append([]string{"present Ada"}, lines(4, 100)...)...)
		ada.ExpectNoMessage(time.Minute)
	})
}

func TestWhoComesBackTooLateIsTold(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		h.say(1, 1)
		ada.hears("present Ada", "say Eve: line 1")
		ada.leave()

		h.say(2, kept+4) // the log begins with line 5
		ada = h.enter("Ada", ada.seen)
		ada.hears(append([]string{"present Ada", "missed 3"}, lines(5, kept+4)...)...)
		ada.leave()

		time.Sleep(keepFor + time.Second) // the room is another one then
		h.say(1, 2)
		ada = h.enter("Ada", ada.seen)
		ada.hears(append([]string{"present Ada", "missed 0"}, lines(1, 2)...)...)
	})
}

func TestForgottenRoomIsToldAtOnce(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{Epoch: 1, Offset: 7})
		ada.hears("present Ada", "missed 0")
		require.NotEqual(t, hub.Position{Epoch: 1, Offset: 7}, ada.seen)
		again := h.enter("Ada", ada.seen)
		again.hears("present Ada")
		again.ExpectNoMessage(time.Minute)
	})
}

// Who does not read is sent away with a code that says to come back, while others hear everything at once.
func TestSlowClientHarmsNobody(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		ada.hears("present Ada")
		slow := h.Dial(lobby("Bob", hub.Position{}))
		heard, began := 0, time.Now()
		for m, err := range slow.Source().All(t.Context()) {
			switch {
			case err != nil:
				require.Equal(t, upgrade.CloseCode(1013), slow.Closed().Code)
				require.Equal(t, "too slow", slow.Closed().Reason)
			case heard == 0: // then it reads nothing for a while
				ada.hears("joined Bob")
				h.chatter(ada, 300)
				require.Equal(t, began, time.Now())
			case strings.Contains(m.Text(), "missed"):
				require.Fail(t, "there is a gap", m.Text())
			}
			heard++
		}
		require.Less(t, heard, 300)
		_ = slow.Close(1000, "") // it is closed
		ada.hears("left Bob")
	})
}

// A client that reads nothing at all is cut, when what waits for it has waited too long.
func TestClientThatIsStuckIsCut(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		ada.hears("present Ada")
		for range h.Dial(lobby("Bob", hub.Position{})).Source().All(t.Context()) {
			ada.hears("joined Bob")
			h.chatter(ada, 300)
			ada.Timeout = time.Minute
			ada.hears("left Bob")
			break
		}
	})
}

// chatter says long lines, which somebody hears at once, and all others that can.
func (h *house) chatter(by *guest, n int) {
	long := line{"Eve", strings.Repeat("x", 4*maxText)}
	for range n {
		_, err := h.chat.rooms.Publish(h.t.Context(), "lobby", long)
		require.NoError(h.t, err)
		by.ExpectMessage()
		synctest.Wait()
	}
}

func TestClientThatTalksTooFastIsClosed(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ada, bob := h.enter("Ada", hub.Position{}), h.enter("Bob", hub.Position{})
		ada.hears("present Ada", "joined Bob")
		bob.hears("present Ada", "present Bob")
		for range 2 * speed.Burst { // as fast as one may in the long run
			ada.say("again")
			ada.hears("say Ada: again")
			time.Sleep(speed.Per)
		}
		for range speed.Burst {
			ada.say("and again")
			ada.hears("say Ada: and again")
		}
		ada.say("and once too often")
		ada.ExpectClose(1008)
		for range 2 * speed.Burst {
			bob.hears("say Ada: again")
		}
		for range speed.Burst {
			bob.hears("say Ada: and again")
		}
		bob.hears("left Ada")
	})
}

func TestWhatIsNotToBeSaidCloses(t *testing.T) {
	long := strings.Repeat("ü", maxText)
	for _, c := range []struct {
		name string
		code upgrade.CloseCode
		send func(g *guest)
	}{
		{"a text that is too long", 1009, func(g *guest) { g.say(long + "!") }},
		{"a message that is too long", 1009, func(g *guest) { g.SendText(`{"text":"` + strings.Repeat(" ", maxMessage) + `"}`) }},
		{"what is no JSON", 1007, func(g *guest) { g.SendText("hello") }},
		{"binary", 1003, func(g *guest) { g.SendBinary([]byte("hello")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, func(_ *testing.T, h *house) {
				ada := h.enter("Ada", hub.Position{})
				ada.say(long)
				ada.hears("present Ada", "say Ada: "+long)
				c.send(ada)
				ada.ExpectClose(c.code)
			})
		})
	}
}

func TestNamesAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		route := routes(new(upgrade.Upgrader), newChat())
		for target, status := range map[string]int{
			"/rooms/lobby?name=" + url.QueryEscape("Zoë van 't"):                400,
			"/rooms/lobby?name=" + url.QueryEscape("Zoë v. Å"):                  101,
			"/rooms/%E5%B0%8F%E6%9E%97?name=Ada":                                101,
			"/rooms/lobby?name=" + strings.Repeat("x", 32):                      101,
			"/rooms/lobby?name=" + strings.Repeat("x", 33):                      400,
			"/rooms/lobby?name=%20Ada":                                          400,
			"/rooms/lobby?name=A%00a":                                           400,
			"/rooms/lobby?name=A%FFa":                                           400,
			"/rooms/lobby":                                                      400,
			"/rooms/-?name=Ada":                                                 400,
			"/rooms/?name=Ada":                                                  404,
			"/rooms/lobby?name=Ada&after=yesterday":                             400,
			"/rooms/lobby?name=Ada&after=5f3a9c01d2e4b687-18446744073709551615": 101,
		} {
			wstest.WS(target, wstest.NewWSProbe(t).Flow()).Run(route).Check(func(r *wstest.Response) {
				require.Equal(t, status, r.StatusCode, "%s: %s", target, r.Text())
			})
		}
	})
}

func TestThereAreNotTooManyRooms(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.enter("Ada", hub.Position{})
		for i := range maxRooms - 1 {
			_, err := h.chat.rooms.Publish(t.Context(), fmt.Sprint(i), line{})
			require.NoError(t, err)
		}
		h.enter("Bob", hub.Position{}).hears("present Ada", "present Bob")
		cy := h.Dial("/rooms/attic?name=Cy")
		_, err := flow.Collect(t.Context(), cy.Source())
		require.Error(t, err)
		require.Equal(t, "there are too many rooms", cy.Closed().Reason)
		require.Equal(t, upgrade.CloseCode(1013), cy.Closed().Code)
		time.Sleep(keepFor)
		require.Equal(t, 1, h.chat.rooms.Len())
		h.Probe("/rooms/attic?name=Cy").ExpectJSON(event{Kind: "present", From: "Cy"})
	})
}

// What was said before the shutdown is heard, also by who is a little slow.
func TestShutdownDrains(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ada := h.enter("Ada", hub.Position{})
		ada.hears("present Ada")
		slow := h.Dial(lobby("Bob", hub.Position{}))
		var drained chan error
		heard := 0
		for m, err := range slow.Source().All(t.Context()) {
			switch {
			case err != nil:
				require.NoError(t, err) // 1001 is an end in good order
			case drained == nil: // then it reads nothing for a while
				drained = make(chan error, 1)
				ada.hears("joined Bob")
				h.chatter(ada, behind)
				go func() { drained <- h.chat.drain(context.Background()) }()
				ada.ExpectClose(1001)
				late := h.Dial(lobby("Cy", hub.Position{}))
				_, err := flow.Collect(t.Context(), late.Source())
				require.NoError(t, err)
				require.Equal(t, upgrade.CloseCode(1001), late.Closed().Code)
			}
			if strings.Contains(m.Text(), "say") {
				heard++
			}
		}
		require.Equal(t, behind, heard)
		require.Equal(t, upgrade.CloseCode(1001), slow.Closed().Code)
		require.NoError(t, <-drained)
		_ = slow.Close(1000, "")
		require.NoError(t, h.ws.Shutdown(context.Background()))
	})
}

func TestPageIsServed(t *testing.T) {
	route := routes(&upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true}}, newChat())
	for target, status := range map[string]int{"/": 200, "/debug/flows": 200, "/rooms/lobby?name=Ada": 426, "/elsewhere": 404} {
		require.Equal(t, status, wstest.HTTP(http.MethodGet, target).Run(route).StatusCode, target)
	}
}

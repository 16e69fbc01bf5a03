package e2e_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

func TestDialerSeesHowAForeignServerCloses(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		v := visit(t, p, scheme, request{})
		for _, closing := range closings {
			for _, amid := range []bool{false, true} {
				t.Run(fmt.Sprintf("with %d %q, inside a message %t", closing.code, closing.reason, amid), func(t *testing.T) {
					ours, theirs := v.dial(t)
					if amid {
						theirs.fragment("Pe", false)
					}
					theirs.close(closing.code, closing.reason)
					err := ours.Run(within(t), listen)
					want := &upgrade.CloseError{Code: upgrade.CloseCode(closing.back), Reason: closing.reason, FromPeer: true}
					if amid || closing.back >= 3000 {
						require.Equal(t, want, err)
					} else {
						require.NoError(t, err)
					}
					require.Equal(t, want, ours.Closed())
					theirs.wantClosed(closing.back, closing.reason)
				})
			}
		}
	})
}

func TestForeignServersSeeHowTheDialerCloses(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		v := visit(t, p, scheme, request{})
		for _, closing := range closings {
			t.Run(fmt.Sprintf("with %d %q", closing.code, closing.reason), func(t *testing.T) {
				ours, theirs := v.dial(t)
				code := upgrade.CloseCode(closing.back) // 1005 is a close frame without a code
				err := ours.Close(code, closing.reason)
				theirs.wantClosed(closing.back, closing.reason)
				if closing.back < 3000 {
					require.NoError(t, err)
				}
				require.Equal(t, &upgrade.CloseError{Code: code, Reason: closing.reason}, ours.Closed())
			})
		}
	})
}

func TestForeignServersSeeHowAHandlerOfTheDialerEnds(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, e := range handlerEndings {
			if e.name == "panics" { // needs another message
				continue
			}
			t.Run(e.name, func(t *testing.T) {
				v := visit(t, p, scheme, request{})
				v.Logger = quiet
				ours, theirs := v.dial(t)
				if e.name != "panics at once" {
					theirs.send("Peter")
				}
				err := ours.Run(within(t), e.handler)
				if e.name != "panics at once" {
					theirs.wantText("Hello Peter!")
				}
				theirs.wantClosed(e.code, e.reason)
				if e.code == 1000 {
					require.NoError(t, err)
				} else {
					closed, ok := errors.AsType[*upgrade.CloseError](err)
					require.True(t, ok, "%v", err)
					require.Equal(t, upgrade.CloseCode(e.code), closed.Code)
				}
			})
		}
	})
}

func TestDialerSeesThatAForeignServerIsCutOff(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, amid := range []bool{false, true} {
			t.Run(fmt.Sprintf("inside a message %t", amid), func(t *testing.T) {
				ours, theirs := visit(t, p, scheme, request{}).dial(t)
				if amid {
					theirs.fragment("Pe", false)
				}
				theirs.cut()
				got, err := flow.Collect(within(t), ours.Source())
				require.Empty(t, got, "a part of a message is no message")
				closed, ok := errors.AsType[*upgrade.CloseError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, upgrade.CloseCode(1006), closed.Code)
				require.False(t, closed.FromPeer)
			})
		}
	})
}

func TestDialerRefusesMessagesOfAForeignServerThatAreTooLong(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		v := visit(t, p, scheme, request{})
		v.MaxMessage = 1000
		ours, theirs := v.dial(t)
		theirs.sendBinary(make([]byte, 1000))
		theirs.sendBinary(make([]byte, 1001))
		got, err := flow.Collect(within(t), flow.Map(ours.Source(), message.Message.Len))
		require.Equal(t, []int{1000}, got)
		var closed *upgrade.CloseError
		require.ErrorAs(t, err, &closed)
		require.Equal(t, upgrade.CloseError{Code: 1009, Reason: "message exceeds 1000 bytes"}, said(closed))
		_ = ours.Close(1000, "") // the first cause stays
		theirs.wantClosed(1009, "message exceeds 1000 bytes")
	})
}

func TestDialerClosesOnViolationsOfAForeignServer(t *testing.T) {
	violations := []struct {
		name   string
		frame  frame
		code   int
		reason string
	}{
		{
			"a frame that is masked",
			frame{Opcode: protocol.OpText, Payload: "Peter"},
			1002, "frame from a server is masked (RFC 6455, 5.1)",
		},
		{"a reserved opcode", frame{Opcode: 3, Unmasked: true}, 1002, "opcode 3 is reserved (RFC 6455, 5.2)"},
		{
			"text that is not UTF-8",
			frame{Opcode: protocol.OpText, Payload: "\xff", Unmasked: true},
			1007, "text is not UTF-8 (RFC 6455, 8.1)",
		},
		{
			"a frame that announces 2^62 bytes",
			frame{Opcode: protocol.OpBinary, Announce: 1 << 62, Unmasked: true},
			1009, "message exceeds 1048576 bytes",
		},
	}
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		v := visit(t, p, scheme, request{})
		for _, violation := range violations {
			t.Run(violation.name, func(t *testing.T) {
				ours, theirs := v.dial(t)
				theirs.raw(violation.frame.bytes())
				err := ours.Run(within(t), listen)
				var closed *upgrade.CloseError
				require.ErrorAs(t, err, &closed)
				require.Equal(t, upgrade.CloseError{Code: upgrade.CloseCode(violation.code), Reason: violation.reason}, said(closed))
				theirs.wantClosed(violation.code, violation.reason)
			})
		}
	})
}

func TestWeSeeHowAForeignLibraryLeaves(t *testing.T) {
	want := upgrade.CloseError{Code: 3001, Reason: "left", FromPeer: true}
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		t.Run("our server", func(t *testing.T) {
			w := newWitness()
			h := open(t, scheme, upgrade.Settings{}, w.handle)
			p.dial(t, h.url).leave(3001, "left")
			seen := w.ending(t)
			seen.wantError(t, &want)
			require.Equal(t, want, said(seen.closed))
		})
		t.Run("our Dialer", func(t *testing.T) {
			ours, theirs := visit(t, p, scheme, request{}).dial(t)
			ran := make(chan error, 1)
			go func() { ran <- ours.Run(t.Context(), listen) }() // which answers what the library may wait for
			theirs.leave(3001, "left")
			require.Error(t, receive(t, ran, "the end of the run"))
			require.Equal(t, want, said(ours.Closed()))
		})
	})
}

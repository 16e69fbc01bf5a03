package main

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

const (
	history  = 20  // lines that a newcomer gets
	kept     = 200 // lines of a room that are kept for who comes back, for keepFor after the last one has left
	keepFor  = 10 * time.Minute
	behind   = 100 // lines that may wait for a client; then it is sent away, and may come back
	maxText  = 500 // characters
	maxRooms = 1000

	maxMessage = 8 << 10 // bytes
)

// speed is how fast a client may talk: 10 lines at once, one a second in the long run.
var speed = flow.Rate{N: 1, Per: time.Second, Burst: 10}

// names are those of rooms and of members.
var names = regexp.MustCompile(`^[\pL\pN]([\pL\pM\pN ._-]{0,30}[\pL\pM\pN])?$`)

// A line is what somebody has said.
type line struct{ from, text string }

// A said is a message of a client.
type said struct {
	Text string `json:"text"`
}

// An event is a message to a client. What it says depends on its kind:
//
//	say      from has said text; position is what the client comes back with
//	missed   count lines before the next one are gone; without a count all that the client knows is
//	present  from was in the room before the client; so is the client itself
//	joined   from has come
//	left     from has gone, with the last of their connections
type event struct {
	Kind     string       `json:"kind"`
	From     string       `json:"from,omitempty"`
	Text     string       `json:"text,omitempty"`
	Position hub.Position `json:"position,omitzero"`
	Count    uint64       `json:"count,omitempty"`
}

func check(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", flow.ErrSkip
	case n > maxText:
		return "", &upgrade.CloseError{Code: protocol.CloseMessageTooBig, Reason: "text is too long"}
	}
	return text, nil
}

// tooMany tells the client of a room that may not be made.
func tooMany(err error) error {
	if errors.Is(err, hub.ErrTooManyTopics) {
		return &upgrade.CloseError{Code: protocol.CloseTryAgainLater, Reason: "there are too many rooms"}
	}
	return err
}

func tooFast(_ context.Context, s said) (said, error) {
	return s, &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Reason: "you talk too fast"}
}

package main

import (
	"log/slog"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

// A request asks for an answer, or with cancel that the one at work be stopped. The id is the client's matter.
type request struct {
	ID     int    `json:"id"`
	Prompt string `json:"prompt"`
	Cancel bool   `json:"cancel"`
}

// A reply is a token of the answer to the request with that id, or says that there are no more of them.
type reply struct {
	ID    int    `json:"id"`
	Token string `json:"token,omitempty"`
	End   string `json:"end,omitempty"` // complete, cancelled or failed
}

// A model answers a prompt, token by token. It works while its source runs, and only as fast as its tokens are taken.
type model func(prompt string) flow.Source[string]

// handler serves one connection. Whatever is asked for stops the answer before it at once, and so does the end of the
// connection, after which nobody waits for more. A client that reads slowly slows the model down.
func (m model) handler(in flow.Source[message.Message]) flow.Source[message.Message] {
	return message.JSON(func(requests flow.Source[request]) flow.Source[reply] {
		nothing := flow.Empty[reply]()
		answers := flow.Concat(flow.Map(requests, m.answer), flow.Of(nothing))
		return flow.SwitchMap(answers, func(answer flow.Source[reply]) flow.Source[reply] { return answer })
	})(in)
}

func (m model) answer(r request) flow.Source[reply] {
	if r.Cancel {
		return flow.Of(reply{ID: r.ID, End: "cancelled"})
	}
	tokens := flow.Map(m(r.Prompt), func(token string) reply { return reply{ID: r.ID, Token: token} })
	answer := flow.Concat(tokens, flow.Of(reply{ID: r.ID, End: "complete"}))
	return flow.Recover(answer, func(err error) (reply, bool) {
		slog.Error("model failed", "error", err) // the client learns that it did, and may ask again
		return reply{ID: r.ID, End: "failed"}, true
	})
}

package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// wsflowSettings have the limit that is the default, compress all that they may, and say nothing: every second case is a mistake of the peer's.
func wsflowSettings() upgrade.Settings {
	kept := deflate.Window{Takeover: true}
	return upgrade.Settings{
		Compression: &deflate.Settings{Server: kept, Client: kept, Threshold: -1}, Logger: slog.New(slog.DiscardHandler),
	}
}

func echo(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

func wsflowServer() http.Handler {
	ws := &upgrade.Upgrader{Settings: wsflowSettings()}
	return ws.Handler(echo)
}

func wsflowClient(ctx context.Context, url string) error {
	dialer := &upgrade.Dialer{Settings: wsflowSettings()}
	conn, _, err := dialer.Dial(ctx, url)
	if err != nil {
		return err
	}
	_ = conn.Run(ctx, echo) // how it ended is the suite's to judge
	return nil
}

// Package guide_test has the code of the guides, and tests that it does what they say.
package guide_test

import (
	"testing"
	"testing/synctest"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// talk connects a probe to a handler, in virtual time.
func talk(t *testing.T, ws *upgrade.Upgrader, h upgrade.Handler, f func(t *testing.T, probe *wstest.WSProbe)) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		wstest.WS("/", probe.Flow()).Run(ws.Handler(h))
		f(t, probe)
	})
}

// texts are the contents of strict messages.
func texts(messages []message.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Text())
	}
	return all
}

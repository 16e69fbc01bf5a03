package observe

import (
	"context"

	"github.com/wsflow/wsflow/upgrade"
)

// All returns an observer that tells all of the given ones, in their order, also if one of them panics. Those that are nil
// are left out; without any it returns nil, which is no observer. The context of a handler is what the first
// [upgrade.ContextObserver] makes of it, then the second, and so on.
func All(observers ...upgrade.Observer) upgrade.Observer {
	var told all
	for _, o := range observers {
		switch o := o.(type) {
		case nil:
		case all:
			told = append(told, o...)
		default:
			told = append(told, o)
		}
	}
	switch len(told) {
	case 0:
		return nil
	case 1:
		return told[0]
	}
	return told
}

// all are two or more.
type all []upgrade.Observer

func (a all) Observe(e upgrade.Event) {
	if len(a) == 0 {
		return
	}
	defer a[1:].Observe(e) // also if the first one panics, which the connection then logs
	a[0].Observe(e)
}

func (a all) ConnContext(ctx context.Context, c *upgrade.Conn) context.Context {
	for _, o := range a {
		if o, ok := o.(upgrade.ContextObserver); ok {
			ctx = o.ConnContext(ctx, c)
		}
	}
	return ctx
}

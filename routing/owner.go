package routing

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/upgrade"
)

// An owned rejection knows the Upgrader whose observer is to be told if it is answered. While routes are tried nobody is told:
// another one may win.
type owned struct {
	u   *upgrade.Upgrader
	err error
}

func (o *owned) Error() string { return o.err.Error() }

// Unwrap lets errors.Is and errors.As find the rejection.
func (o *owned) Unwrap() error { return o.err }

// own makes u the owner of the rejections that have none.
func own(u *upgrade.Upgrader, err error) error {
	list := listed(err)
	if len(list) == 0 {
		return &owned{u, ErrNotFound}
	}
	all := make(rejections, len(list))
	for i, e := range list {
		if _, ok := errors.AsType[*owned](e); !ok {
			e = &owned{u, e}
		}
		all[i] = e
	}
	return all.asError()
}

// inCharge makes the Upgrader of [With] the owner of what other routes reject with, such as a guard, if the request asks for a
// WebSocket connection. Pages that are not found concern no Upgrader.
func inCharge(u *upgrade.Upgrader, r *http.Request, err error) error {
	asks := slices.ContainsFunc(r.Header.Values("Upgrade"), func(to string) bool { return strings.EqualFold(to, "websocket") })
	if !asks {
		return err
	}
	return own(u, err)
}

// refuse answers a request that no route has a handler for.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	j := MostTelling(err)
	list := listed(err)
	if len(list) == 0 {
		j.ServeHTTP(w, r)
		return
	}
	best := mostTelling(list)
	of, ok := errors.AsType[*owned](best)
	if !ok {
		j.ServeHTTP(w, r)
		return
	}
	if _, ok := errors.AsType[*upgrade.Rejection](best); !ok && classOf(best) == classFailure {
		of.u.Refuse(w, r, of.err) // with what the client is not told
		return
	}
	of.u.Refuse(w, r, j)
}

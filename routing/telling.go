package routing

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/upgrade"
)

// A class of rejections. The lower one is more telling: who may come in is settled before whether there is
// room, that before what is wrong with the request, and that before what it lacks and where else it might go.
type class int

const (
	classUnauthorized class = iota // 401
	classForbidden                 // 403
	classOverload                  // 503, 429
	classFailure                   // other 5xx, and errors that are no rejections
	classHeaderSize                // 431
	classVersion                   // 505
	classBadRequest                // 400
	classRequest                   // other 4xx
	classUpgrade                   // 426
	classSubprotocol               // 400 with Sec-WebSocket-Protocol
	classMethod                    // 405 with Allow
	classRedirect                  // 3xx
	classNotFound                  // 404, as no route matches
)

// MostTelling makes a response of the error of a route. Of several rejections it takes the first in this order:
//
//	401, 403       who may come in; all WWW-Authenticate of the 401s
//	503, 429       whether there is room
//	500            a failure of the server; its text is not told
//	431, 505, 400  what is wrong with the request, then other 4xx of the user's
//	426            it is no handshake; with Upgrade and Sec-WebSocket-Version
//	400            it offers no subprotocol that is spoken; Sec-WebSocket-Protocol has all that are
//	405            Allow has all methods that there are
//	3xx            the redirects of http.ServeMux
//	404
//
// Of one status it is the first in the order of the routes.
func MostTelling(err error) *upgrade.Rejection {
	list := listed(err)
	if len(list) == 0 {
		return &upgrade.Rejection{Status: http.StatusNotFound, Reason: "not found"}
	}
	best := mostTelling(list)
	switch classOf(best) {
	case classMethod:
		return withList(http.StatusMethodNotAllowed, "Allow", "method not allowed, there are: ", allowed(list))
	case classSubprotocol:
		return withList(http.StatusBadRequest, "Sec-Websocket-Protocol",
			"no subprotocol that is spoken here is offered, there are: ", supported(list))
	case classNotFound: // wrapped by the user
		return &upgrade.Rejection{Status: http.StatusNotFound, Reason: "not found"}
	default:
	}
	j, ok := errors.AsType[*upgrade.Rejection](best)
	if !ok || !isRefusal(j.Status) {
		return &upgrade.Rejection{Status: http.StatusInternalServerError}
	}
	return complete(j, list)
}

// mostTelling returns the rejection to answer with.
func mostTelling(list []error) error {
	best := list[0]
	for _, e := range list[1:] {
		if classOf(e) < classOf(best) {
			best = e
		}
	}
	return best
}

// classOf returns the class of one rejection.
func classOf(err error) class {
	if _, ok := errors.AsType[*MethodRejection](err); ok {
		return classMethod
	}
	if _, ok := errors.AsType[*SubprotocolRejection](err); ok {
		return classSubprotocol
	}
	j, ok := errors.AsType[*upgrade.Rejection](err)
	switch {
	case ok && isRefusal(j.Status):
		return classOfStatus(j.Status)
	case errors.Is(err, ErrNotFound):
		return classNotFound
	}
	return classFailure
}

// isRefusal reports whether a response can say no with the status.
func isRefusal(status int) bool { return status >= 300 && status < 600 }

func classOfStatus(status int) class {
	switch status {
	case http.StatusUnauthorized:
		return classUnauthorized
	case http.StatusForbidden:
		return classForbidden
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return classOverload
	case http.StatusRequestHeaderFieldsTooLarge:
		return classHeaderSize
	case http.StatusHTTPVersionNotSupported:
		return classVersion
	case http.StatusBadRequest:
		return classBadRequest
	case http.StatusUpgradeRequired:
		return classUpgrade
	case http.StatusMethodNotAllowed:
		return classMethod
	}
	switch status / 100 {
	case 3:
		return classRedirect
	case 4:
		return classRequest
	}
	return classFailure
}

// complete adds what the other rejections contribute, and what a 426 has to have.
//
// RFC 6455, 4.4: "If the server doesn't support the requested version, it MUST respond with a
// |Sec-WebSocket-Version| header field (or multiple |Sec-WebSocket-Version| header fields) containing all versions it is willing to use."
func complete(j *upgrade.Rejection, list []error) *upgrade.Rejection {
	copied := *j // with what lies behind it
	out := &copied
	out.Header = j.Header.Clone()
	if out.Header == nil {
		out.Header = make(http.Header)
	}
	switch j.Status {
	case http.StatusUnauthorized:
		out.Header["Www-Authenticate"] = challenges(list)
	case http.StatusUpgradeRequired:
		for name, value := range map[string]string{
			"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Version": "13",
		} {
			if out.Header.Get(name) == "" {
				out.Header.Set(name, value)
			}
		}
	}
	return out
}

func challenges(list []error) []string {
	var all []string
	for _, err := range list {
		j, ok := errors.AsType[*upgrade.Rejection](err)
		if ok && j.Status == http.StatusUnauthorized {
			all = union(all, j.Header.Values("WWW-Authenticate"))
		}
	}
	return all
}

func allowed(list []error) []string {
	var all []string
	for _, err := range list {
		if m, ok := errors.AsType[*MethodRejection](err); ok {
			all = union(all, m.Allowed)
			continue
		}
		j, ok := errors.AsType[*upgrade.Rejection](err)
		if ok && j.Status == http.StatusMethodNotAllowed {
			all = union(all, split(j.Header.Values("Allow")))
		}
	}
	slices.Sort(all)
	return all
}

func supported(list []error) []string {
	var all []string
	for _, err := range list {
		if j, ok := errors.AsType[*SubprotocolRejection](err); ok {
			all = union(all, j.Supported)
		}
	}
	return all
}

func withList(status int, name, reason string, values []string) *upgrade.Rejection {
	list := strings.Join(values, ", ")
	return &upgrade.Rejection{Status: status, Header: http.Header{name: {list}}, Reason: reason + list}
}

func union(all, more []string) []string {
	for _, v := range more {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// split takes the elements out of comma-separated header values.
func split(values []string) []string {
	var all []string
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			if element = strings.TrimSpace(element); element != "" {
				all = append(all, element)
			}
		}
	}
	return all
}

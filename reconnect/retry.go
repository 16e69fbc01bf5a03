package reconnect

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// closeTimeout is registered by IANA: a peer took too long.
const closeTimeout protocol.CloseCode = 3008

// Retryable reports whether another attempt may have a better end than the one that ended with err, as the table
// in the description of the package says. It is for functions that are a [Client]'s Retry and decide some cases themselves.
func Retryable(err error) bool {
	if closed, ok := errors.AsType[*upgrade.CloseError](err); ok {
		return retryableCode(closed.Code)
	}
	if refused, ok := errors.AsType[*upgrade.RefusedError](err); ok {
		return retryableStatus(refused.Status)
	}
	if refused, ok := errors.AsType[*upgrade.ProxyError](err); ok && refused.Status != 0 {
		return retryableStatus(refused.Status)
	}
	return err != nil
}

func retryableCode(code upgrade.CloseCode) bool {
	switch code {
	case protocol.CloseGoingAway, protocol.CloseNoStatus, protocol.CloseAbnormal, protocol.CloseInternalError,
		protocol.CloseServiceRestart, protocol.CloseTryAgainLater, protocol.CloseBadGateway, closeTimeout:
		return true
	}
	return false
}

func retryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500 && status < 600
}

// retryAfter returns how long the server asks to be left alone.
func retryAfter(err error) (time.Duration, bool) {
	if refused, ok := errors.AsType[*upgrade.RefusedError](err); ok {
		return refused.RetryAfter()
	}
	if refused, ok := errors.AsType[*upgrade.ProxyError](err); ok {
		return (&upgrade.RefusedError{Header: refused.Header}).RetryAfter()
	}
	return 0, false
}

// isTarget reports whether a URL can be dialed at all: what is wrong with it will be wrong the next time.
func isTarget(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "ws" || u.Scheme == "wss") && u.Hostname() != "" && u.Fragment == ""
}

package routing_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

func TestMostTellingRejectionDecides(t *testing.T) {
	// Each one is more telling than those behind it.
	order := []struct {
		err    error
		status int
	}{
		{upgrade.Reject(401, "who"), 401},
		{upgrade.Reject(403, "not you"), 403},
		{upgrade.Reject(503, "full"), 503},
		{errors.New("failed"), 500},
		{upgrade.Reject(431, "long"), 431},
		{upgrade.Reject(505, "old"), 505},
		{upgrade.Reject(400, "bad"), 400},
		{upgrade.Reject(404, "no such room"), 404},
		{upgrade.Reject(426, "upgrade"), 426},
		{&routing.SubprotocolRejection{Supported: []string{"v1"}}, 400},
		{&routing.MethodRejection{Allowed: []string{"GET"}}, 405},
		{upgrade.Reject(307, "there"), 307},
		{routing.ErrNotFound, 404},
	}
	for i, more := range order {
		for _, less := range order[i:] {
			for _, pair := range [][]error{{more.err, less.err}, {less.err, more.err}} {
				_, err := routing.Concat(rejects(pair[0]), rejects(pair[1]))(nil)
				require.Equal(t, more.status, routing.MostTelling(err).Status, "%v before %v", more.err, less.err)
			}
		}
	}
}

func TestOfOneStatusTheFirstDecides(t *testing.T) {
	_, err := routing.Concat(rejects(upgrade.Reject(400, "one")), rejects(upgrade.Reject(400, "two")))(nil)
	require.Equal(t, "one", routing.MostTelling(err).Reason)
}

func TestOverloadIs503Or429(t *testing.T) {
	_, err := routing.Concat(rejects(upgrade.Reject(400, "bad")), rejects(upgrade.Reject(429, "slower")))(nil)
	require.Equal(t, 429, routing.MostTelling(err).Status)
}

func TestAllowHasTheMethodsOfAllSiblings(t *testing.T) {
	route := routing.Concat(
		routing.Path("POST /x", says("")), routing.Path("/x", routing.HandleWebSocketMessages(echo)),
		routing.Path("/x", routing.Method("PUT", says(""))), routing.Path("DELETE /y", says("")),
	)
	w := serve(route, "PATCH", "/x")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, POST, PUT", w.Header().Get("Allow"))
}

func TestChallengesOfAllSchemesAreSent(t *testing.T) {
	challenge := func(c string) routing.Route {
		return rejects(&upgrade.Rejection{Status: 401, Header: http.Header{"Www-Authenticate": {c}}})
	}
	_, err := routing.Concat(challenge("Basic"), challenge("Bearer"), challenge("Basic"))(nil)
	require.Equal(t, []string{"Basic", "Bearer"}, routing.MostTelling(err).Header["Www-Authenticate"])
}

func TestRejectionIsNotChangedByItsResponse(t *testing.T) {
	j := &upgrade.Rejection{Status: 426}
	_, err := routing.Concat(rejects(j), rejects(upgrade.Reject(426, "")))(nil)
	require.NotEmpty(t, routing.MostTelling(err).Header)
	require.Nil(t, j.Header)
}

func TestStatusThatRefusesNothingIsAFailure(t *testing.T) {
	for _, status := range []int{0, 101, 200, 600} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			require.Equal(t, 500, routing.MostTelling(upgrade.Reject(status, "odd")).Status)
		})
	}
}

func TestWrappedRejectionsAreFound(t *testing.T) {
	err := fmt.Errorf("mine: %w", &routing.SubprotocolRejection{Supported: []string{"v1"}})
	require.Equal(t, "v1", routing.MostTelling(err).Header.Get("Sec-WebSocket-Protocol"))
}

func TestRejectionsOfNothing(t *testing.T) {
	require.Empty(t, routing.Rejections(nil))
	require.Empty(t, routing.Rejections(routing.ErrNotFound))
	_, err := routing.Concat()(nil)
	require.True(t, slices.Equal(routing.Rejections(err), nil))
}

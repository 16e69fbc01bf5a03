package upgrade_test

import (
	"errors"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestRetryAfterIsSecondsOrADate(t *testing.T) { // RFC 9110, 10.2.3
	synctest.Test(t, func(t *testing.T) {
		const layout = "Mon, 02 Jan 2006 15:04:05 GMT" // time.RFC1123 in UTC
		now := time.Now().UTC()
		for _, test := range []struct {
			name, value, date string
			want              time.Duration
			ok                bool
		}{
			{"absent", "", "", 0, false},
			{"seconds", "120", "", 2 * time.Minute, true},
			{"none", "0", "", 0, true},
			{"leading zeros", "0007", "", 7 * time.Second, true},
			{"space around", " 7\t", "", 7 * time.Second, true},
			{"as many seconds as a Duration holds", "9223372036", "", 9223372036 * time.Second, true},
			{"a second more", "9223372037", "", math.MaxInt64, true},
			{"more than an integer", "99999999999999999999999", "", math.MaxInt64, true},
			{"negative", "-1", "", 0, false},
			{"signed", "+1", "", 0, false},
			{"fraction", "1.5", "", 0, false},
			{"unit", "1s", "", 0, false},
			{"words", "soon", "", 0, false},
			{"date", now.Add(time.Minute).Format(layout), "", time.Minute, true},
			{"date of RFC 850", now.Add(time.Minute).Format("Monday, 02-Jan-06 15:04:05 GMT"), "", time.Minute, true},
			{"date of asctime", now.Add(time.Minute).Format(time.ANSIC), "", time.Minute, true},
			{"date that has passed", now.Add(-time.Minute).Format(layout), "", 0, true},
			{"date by the clock of the server", "Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:29 GMT", 30 * time.Second, true},
			{"date by a clock that cannot be read", now.Add(time.Minute).Format(layout), "today", time.Minute, true},
			{"far future", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 1000 23:59:29 GMT", math.MaxInt64, true},
		} {
			e := &upgrade.RefusedError{Status: http.StatusServiceUnavailable, Header: http.Header{}}
			if test.value != "" {
				e.Header.Set("Retry-After", test.value)
			}
			if test.date != "" {
				e.Header.Set("Date", test.date)
			}
			got, ok := e.RetryAfter()
			require.Equal(t, test.want, got, test.name)
			require.Equal(t, test.ok, ok, test.name)
		}
		_, ok := new(upgrade.RefusedError).RetryAfter()
		require.False(t, ok, "no header at all")
	})
}

func TestRefusalsRetryAfterReachesTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		_, _, err := server.Dialer().Dial(t.Context(), server.URL("/"))
		refused, ok := errors.AsType[*upgrade.RefusedError](err)
		require.True(t, ok, err)
		after, ok := refused.RetryAfter()
		require.True(t, ok)
		require.Equal(t, 90*time.Second, after)
	})
}

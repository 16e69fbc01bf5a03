package upgrade

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter returns how long the server asks the client to wait before it tries again, counted from its response, and false
// if it does not say, or not in a form that can be read. A time that has passed is 0, and one that is too long for a
// [time.Duration] the longest.
//
// RFC 9110, 10.2.3: "Retry-After = HTTP-date / delay-seconds". A date is taken relative to the response's own Date, if there
// is one, so that a client whose clock is wrong waits as long as it should, and otherwise to now.
func (e *RefusedError) RetryAfter() (time.Duration, bool) {
	value := strings.Trim(e.Header.Get("Retry-After"), " \t")
	if value != "" && strings.Trim(value, "0123456789") == "" {
		return parseDelay(value), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(e.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, at.Sub(now)), true
}

// parseDelay returns a number of seconds, which consists of digits.
func parseDelay(digits string) time.Duration {
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if errors.Is(err, strconv.ErrRange) || seconds > int64(math.MaxInt64/time.Second) {
		return math.MaxInt64
	}
	return time.Duration(seconds) * time.Second
}

// formatDelay returns a positive time in seconds, rounded up.
func formatDelay(d time.Duration) string { return strconv.FormatInt(int64((d-1)/time.Second)+1, 10) }

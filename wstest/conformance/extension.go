package conformance

import (
	"errors"
	"fmt"
	"strings"
)

// An extension is an element of Sec-WebSocket-Extensions.
type extension struct {
	name       string
	parameters []parameter
}

type parameter struct {
	name, value string
	valued      bool
}

var errGrammar = errors.New("Sec-WebSocket-Extensions is malformed")

// extensionsOf parses the values of Sec-WebSocket-Extensions (RFC 6455, 9.1). Several fields are one list.
func extensionsOf(values []string) ([]extension, error) {
	var all []extension
	for _, rest := range values {
		for {
			e, after, err := cutExtension(rest)
			if err != nil {
				return nil, fmt.Errorf("%w: %q", err, values)
			}
			if e.name != "" {
				all = append(all, e)
			}
			if after == "" {
				break
			}
			rest = after[1:]
		}
	}
	return all, nil
}

// cutExtension parses what comes before the next comma, which may be nothing. What follows begins with the comma.
func cutExtension(s string) (e extension, rest string, err error) {
	if e.name, rest = cutToken(s); e.name == "" {
		if rest != "" && rest[0] != ',' {
			err = errGrammar
		}
		return e, rest, err
	}
	for strings.HasPrefix(rest, ";") {
		var p parameter
		if p.name, rest = cutToken(rest[1:]); p.name == "" {
			return e, rest, errGrammar
		}
		if strings.HasPrefix(rest, "=") {
			p.valued = true
			if p.value, rest = cutValue(rest[1:]); p.value == "" {
				return e, rest, errGrammar
			}
		}
		e.parameters = append(e.parameters, p)
	}
	if rest != "" && rest[0] != ',' {
		err = errGrammar
	}
	return e, rest, err
}

// cutToken returns the token at the beginning, "" if there is none, and what follows it and the spaces around.
func cutToken(s string) (token, rest string) {
	s = strings.TrimLeft(s, " \t")
	n := strings.IndexFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7F || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	})
	if n < 0 {
		n = len(s)
	}
	return s[:n], strings.TrimLeft(s[n:], " \t")
}

// cutValue returns a token, which may be a quoted string (RFC 6455, 9.1: what is in it "MUST conform to the 'token' ABNF").
func cutValue(s string) (value, rest string) {
	s = strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(s, `"`) {
		return cutToken(s)
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if i < len(s) {
				value += s[i : i+1]
			}
		case '"':
			if token, after := cutToken(value); token != value || after != "" {
				return "", s
			}
			return value, strings.TrimLeft(s[i+1:], " \t")
		default:
			value += s[i : i+1]
		}
	}
	return "", s
}

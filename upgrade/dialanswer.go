package upgrade

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsflow/wsflow/protocol"
)

const (
	maxRefusalBody = 64 << 10
	maxQuotedBody  = 200 // bytes of a body, or of a Location, in an error's text
	maxInterim     = 16  // responses before the final one
)

// readAnswer reads the head of the response. What came after it is returned too: frames, or the
// beginning of a body. Interim responses before it, such as 103 (Early Hints), are skipped.
//
// RFC 9110, 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response,
// even if the client does not expect one. A user agent MAY ignore unexpected 1xx responses."
func readAnswer(nc net.Conn) (*protocol.Response, []byte, error) {
	buf := make([]byte, 0, smallBuffer)
	for interim := 0; ; {
		answer, used, perr := protocol.ParseResponse(buf, protocol.DefaultMaxHead)
		switch {
		case perr == nil && (answer.Status >= 200 || answer.Status == http.StatusSwitchingProtocols):
			return answer, buf[used:], nil
		case perr == nil && interim == maxInterim:
			return nil, nil, &protocol.HandshakeError{Status: answer.Status, Reason: "too many interim responses"}
		case perr == nil:
			interim++
			buf = buf[:copy(buf, buf[used:])]
			continue
		case !errors.Is(perr, protocol.ErrShort):
			return nil, nil, perr
		case len(buf) == cap(buf):
			buf = append(buf, make([]byte, len(buf))...)[:len(buf)]
		}
		n, err := nc.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if n == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, nil, err
		}
	}
}

func responseOf(answer *protocol.Response) *http.Response {
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", answer.Status, answer.Reason),
		StatusCode: answer.Status, Proto: answer.Proto, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header(answer.Header), Body: http.NoBody,
	}
}

// readRefusal returns a response that is not an upgrade with its body, which is still to be read from nc.
func readRefusal(nc net.Conn, rest []byte, resp *http.Response) *http.Response {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %s\r\n", resp.Status)
	_ = resp.Header.Write(&head)
	head.WriteString("\r\n")
	full, err := http.ReadResponse(bufio.NewReader(io.MultiReader(&head, bytes.NewReader(rest), nc)), nil)
	if err != nil {
		return resp
	}
	return full
}

// keepBody reads the body, as far as it goes, so that it can be read without the connection.
func keepBody(resp *http.Response) {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusalBody))
	_ = resp.Body.Close()
	resp.Body = keptBody{bytes.NewReader(body)}
}

// A keptBody is a body in memory.
type keptBody struct{ *bytes.Reader }

func (keptBody) Close() error { return nil }

// beginning returns how the body begins, if that is text.
func (b keptBody) beginning() string {
	text := make([]byte, maxQuotedBody+utf8.UTFMax)
	n, _ := b.ReadAt(text, 0)
	return quoteBeginning(string(text[:n]))
}

// quoteBeginning quotes the beginning of what a server says, without its control characters. It returns "" for
// what is no text.
func quoteBeginning(text string) string {
	cut := ""
	if len(text) > maxQuotedBody {
		end := maxQuotedBody
		for end > maxQuotedBody-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text, cut = text[:end], "…"
	}
	text = strings.TrimSpace(text)
	if text == "" || !utf8.ValidString(text) {
		return ""
	}
	return strconv.Quote(text) + cut
}

// describeRefusal is the text of the error: the status as the server put it, what is wrong, and how the body begins.
func describeRefusal(j *Rejection, resp *http.Response) string {
	text := "upgrade: " + describeStatus(resp) + ": " + j.Reason
	if location := quoteBeginning(resp.Header.Get("Location")); location != "" {
		text += ": Location " + location
	}
	if j.cause != nil {
		text += ": " + j.cause.Error()
	}
	return text + describeBody(resp)
}

// describeStatus returns the status, with the usual phrase if the server has none.
func describeStatus(resp *http.Response) string {
	code, phrase, _ := strings.Cut(resp.Status, " ")
	if phrase == "" {
		phrase = http.StatusText(resp.StatusCode)
	}
	if quoted := quoteBeginning(phrase); quoted != `"`+phrase+`"` { // it is no plain text
		phrase = quoted
	}
	return strings.TrimSpace(code + " " + phrase)
}

// describeBody quotes how the body begins, unless it is a page, which begins with nothing of interest.
func describeBody(resp *http.Response) string {
	page := strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "html")
	if body, ok := resp.Body.(keptBody); ok && !page {
		if text := body.beginning(); text != "" {
			return ": " + text
		}
	}
	return ""
}

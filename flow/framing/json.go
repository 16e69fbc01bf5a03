package framing

import (
	"fmt"

	"github.com/wsflow/wsflow/flow"
)

// JSON emits the JSON values of in, each a frame, without what stands between them. The values may stand one after the
// other, with white space or a comma between them: a line for each, say. Nothing needs to be between them where one ends by
// itself, as objects and strings do. An array at the top is not a value
// but a list of them, which are emitted one by one: the values of an array that is too large to be read at once. Arrays
// inside of values are part of them.
//
// Frames are found by their braces, brackets, strings and escapes, in one pass: what else is in them is for who decodes
// them to check. A byte that cannot be there between values fails the stream with a [*SyntaxError], a frame of more than limit
// bytes with [ErrTooLong], and an end inside of a value or of a list with an error that wraps [io.ErrUnexpectedEOF].
// Whose memory the frames are is said at the package. A limit of less than 1 panics.
//
//	in      --[{"a":1}, {"a"--:2}, "x"]--|
//	JSON    100
//	out     --{"a":1}---------{"a":2}-"x"-|
func JSON(in flow.Source[[]byte], limit int) flow.Source[[]byte] {
	if limit < 1 {
		panic("framing: JSON with a limit of less than 1")
	}
	return cutting("JSON", in, func() cutter { return &jsonCutter{limit: limit} })
}

// A SyntaxError is a byte between two JSON values that cannot be there.
type SyntaxError struct {
	Byte   byte
	Offset int64 // how many bytes came before it
}

// Error says which byte, and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("framing: unexpected %q between JSON values, at offset %d", e.Byte, e.Offset)
}

type jsonCutter struct {
	limit  int
	offset int64 // bytes before the chunk
	kind   jsonKind
	depth  int  // braces and brackets that are open in the value
	quoted bool // inside a string
	escape bool // behind a backslash
	list   bool // inside an array at the top
	after  bool // a value or a list came before, so that there may be a comma
	comma  bool // there was one, so that a value must follow
}

type jsonKind uint8

const (
	jsonNone   jsonKind = iota // between values
	jsonClosed                 // an object, an array or a string, which says where it ends
	jsonBare                   // a number or a name, which ends where something else begins
)

func (j *jsonCutter) cut(frame, c []byte) (skip, n int, whole bool, err error) {
	if j.kind == jsonNone {
		if skip, err = j.between(c); err != nil {
			return 0, 0, false, err
		}
	}
	if j.kind == jsonClosed {
		n, whole = j.closed(c[skip:])
	} else if j.kind == jsonBare {
		n, whole = bare(c[skip:])
	}
	if len(frame)+n > j.limit {
		return 0, 0, false, tooLong(j.limit)
	}
	j.offset += int64(skip + n)
	if whole {
		j.kind, j.after = jsonNone, true
	}
	return skip, n, whole, nil
}

// between returns how many bytes of c come before a value, and begins the value if it is there.
func (j *jsonCutter) between(c []byte) (n int, err error) {
	for n, b := range c {
		ok := true
		switch b {
		case ' ', '\t', '\r', '\n':
		case ',':
			ok = j.after
			j.after, j.comma = false, true
		case ']':
			ok = j.list && !j.comma
			j.list, j.after = false, true
		case '[':
			if j.list {
				ok = j.begin(jsonClosed)
				break
			}
			j.list, j.after, j.comma = true, false, false
		default:
			ok = j.begin(kindOf(b))
		}
		if !ok {
			return 0, &SyntaxError{b, j.offset + int64(n)}
		}
		if j.kind != jsonNone {
			return n, nil
		}
	}
	return len(c), nil
}

// begin says that a value of the kind begins. It reports whether there may be one.
func (j *jsonCutter) begin(kind jsonKind) bool {
	if kind == jsonNone || j.list && j.after {
		return false
	}
	j.kind, j.comma = kind, false
	return true
}

// kindOf returns what a value is that begins with b.
func kindOf(b byte) jsonKind {
	switch {
	case b == '{' || b == '"':
		return jsonClosed
	case b == '-' || b >= '0' && b <= '9' || b == 't' || b == 'f' || b == 'n':
		return jsonBare
	default:
		return jsonNone
	}
}

// closed returns how many bytes of c belong to an object, an array or a string.
func (j *jsonCutter) closed(c []byte) (n int, whole bool) {
	for n, b := range c {
		switch {
		case j.escape:
			j.escape = false
		case b == '"':
			j.quoted = !j.quoted
			if !j.quoted && j.depth == 0 {
				return n + 1, true
			}
		case j.quoted:
			j.escape = b == '\\'
		case b == '{' || b == '[':
			j.depth++
		case b == '}' || b == ']':
			if j.depth--; j.depth == 0 {
				return n + 1, true
			}
		}
	}
	return len(c), false
}

// bare returns how many bytes of c belong to a number or a name.
func bare(c []byte) (n int, whole bool) {
	for n, b := range c {
		switch b {
		case ' ', '\t', '\r', '\n', ',', '"', '{', '}', '[', ']':
			return n, true
		}
	}
	return len(c), false
}

func (j *jsonCutter) content(frame []byte) []byte { return frame }

func (j *jsonCutter) last([]byte) (whole bool, err error) {
	if j.kind == jsonClosed || j.list || j.comma {
		return false, errTruncated
	}
	return j.kind == jsonBare, nil // ended by the end
}

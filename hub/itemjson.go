package hub

import (
	"encoding/json"
	"errors"
)

// itemJSON is an Item as JSON.
type itemJSON struct {
	At     Position        `json:"at"`
	Value  json.RawMessage `json:"value,omitempty"`
	Missed uint64          `json:"missed,omitempty"`
	Reset  bool            `json:"reset,omitempty"`
}

// MarshalJSON returns the item as an object: "at" is the position, "value" the value, unless there is none, and "missed" and
// "reset" are there if they say something.
//
//	{"at":"5f3a9c01d2e4b687-42","value":{"price":7},"missed":3}
func (i Item[T]) MarshalJSON() ([]byte, error) {
	j := itemJSON{At: i.Position, Missed: i.Missed, Reset: i.Reset}
	if !i.NoValue {
		value, err := json.Marshal(i.Value)
		if err != nil {
			return nil, err
		}
		j.Value = value
	}
	return json.Marshal(j)
}

var errItem = errors.New("hub: not an item")

// UnmarshalJSON reads what MarshalJSON has written. A peer may have sent it: an object without a position, or with more missing
// than there can be before it, is an error. What else the object has is left out.
func (i *Item[T]) UnmarshalJSON(b []byte) error {
	var j itemJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	read := Item[T]{Position: j.At, Missed: j.Missed, Reset: j.Reset, NoValue: j.Value == nil}
	before := j.At.Offset // how many offsets there are that can be missing
	if !read.NoValue {
		if before == 0 {
			return errItem // the first value has offset 1
		}
		before--
	}
	if j.At.IsZero() || j.Missed > before {
		return errItem
	}
	if !read.NoValue {
		if err := json.Unmarshal(j.Value, &read.Value); err != nil {
			return err
		}
	}
	*i = read
	return nil
}

// Missing returns the first and the last offset of the values that the item says are Missed, or 0 and 0 if there are none. They are of
// the epoch of its position.
func (i Item[T]) Missing() (first, last uint64) {
	if i.Missed == 0 {
		return 0, 0
	}
	last = i.Position.Offset
	if !i.NoValue {
		last--
	}
	return last - i.Missed + 1, last
}

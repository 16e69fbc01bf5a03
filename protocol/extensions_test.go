package protocol

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A fake is an extension that accepts every offer of its name with a parameter
// "ok", answers with that, and confirms the same.
type fake struct {
	name string
	rsv  uint8
}

func (f fake) Name() string { return f.name }
func (f fake) RSV() uint8   { return f.rsv }

func (f fake) Offers() []Extension {
	return []Extension{{Name: f.name, Params: []Param{{Name: "ok"}}}, {Name: f.name}}
}

func (f fake) Accept(offers []Extension) (Extension, Codec, bool) {
	for _, o := range offers {
		if len(o.Params) > 0 {
			return o, f, true
		}
	}
	return Extension{}, nil, false
}

var errFake = errors.New("no")

func (f fake) Confirm(answer Extension) (Codec, error) {
	if len(answer.Params) == 0 {
		return nil, errFake
	}
	return f, nil
}

func (f fake) Wants(Opcode, int) bool                { return true }
func (f fake) Encode(dst, src []byte, _ bool) []byte { return append(dst, src...) }
func (f fake) Rest()                                 {}

func (f fake) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	return append(dst, src...), len(src), nil
}

var (
	foo = fake{"foo", RSV1}
	bar = fake{"bar", RSV2}
	baz = fake{"baz", RSV1 | RSV3}
)

func TestAcceptExtensions(t *testing.T) { // RFC 6455, 9.1
	for _, c := range []struct {
		name   string
		ours   []Negotiator
		offers string
		answer string
		codecs []Codec
		rsv    uint8
	}{
		{"none of ours", nil, "foo; ok", "", nil, 0},
		{"none offered", []Negotiator{foo}, "qux; ok", "", nil, 0},
		{"one", []Negotiator{foo}, "foo; ok", "foo; ok", []Codec{foo}, RSV1},
		{"one, declined", []Negotiator{foo}, "foo", "", nil, 0},
		{"its fallback", []Negotiator{foo}, "foo, qux, foo; ok", "foo; ok", []Codec{foo}, RSV1},
		{"two, in our order", []Negotiator{bar, foo}, "foo; ok, bar; ok", "bar; ok, foo; ok", []Codec{bar, foo}, RSV1 | RSV2},
		{"two that need the same bit", []Negotiator{foo, baz, bar}, "baz; ok, bar; ok, foo; ok", "foo; ok, bar; ok", []Codec{foo, bar}, RSV1 | RSV2},
		{"the bit of one that was declined", []Negotiator{foo, baz}, "baz; ok, foo", "baz; ok", []Codec{baz}, RSV1 | RSV3},
		{"another letter case", []Negotiator{foo}, "Foo; ok", "", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			offers, err := ParseExtensions([]string{c.offers})
			require.NoError(t, err)
			answer, codecs := AcceptExtensions(c.ours, offers)
			value, err := AppendExtensions(nil, answer)
			require.NoError(t, err)
			require.Equal(t, c.answer, string(value))
			require.Equal(t, c.codecs, codecs)
			require.Equal(t, c.rsv, CodecRSV(codecs))
		})
	}
}

func TestConfirmExtensions(t *testing.T) { // RFC 6455, 4.1 and 9.1
	ours := []Negotiator{foo, bar, baz}
	for _, c := range []struct {
		name   string
		answer string
		codecs []Codec
		err    string
	}{
		{"one", "bar; ok", []Codec{bar}, ""},
		{"two, in the order of the answer", "bar; ok, foo; ok", []Codec{bar, foo}, ""},
		{"not offered", "foo; ok, qux", nil, "qux was not offered"},
		{"twice", "foo; ok, foo; ok", nil, "foo is answered twice"},
		{"the same bit", "foo; ok, baz; ok", nil, "baz needs an RSV bit"},
		{"refused by the extension", "foo", nil, "extension foo: no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, err := ParseExtensions([]string{c.answer})
			require.NoError(t, err)
			codecs, err := ConfirmExtensions(ours, answer)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				require.Nil(t, codecs)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.codecs, codecs)
		})
	}
	_, err := ConfirmExtensions(ours, []Extension{{Name: "foo"}})
	require.ErrorIs(t, err, errFake)
	codecs, err := ConfirmExtensions(ours, nil)
	require.NoError(t, err)
	require.Empty(t, codecs)
}

func TestOfferExtensionsKeepsTheOrder(t *testing.T) {
	value, err := AppendExtensions(nil, OfferExtensions([]Negotiator{bar, foo}))
	require.NoError(t, err)
	require.Equal(t, "bar; ok, bar, foo; ok, foo", string(value))
}

// A bare extension has no codec.
type bare struct{ fake }

func (b bare) Accept([]Extension) (Extension, Codec, bool) { return Extension{Name: b.name}, nil, true }
func (b bare) Confirm(Extension) (Codec, error)            { return nil, nil }

func TestExtensionsWithoutACodec(t *testing.T) {
	offers := []Extension{{Name: "bare"}}
	answer, codecs := AcceptExtensions([]Negotiator{bare{fake{"bare", 0}}}, offers)
	require.Equal(t, offers, answer)
	require.Empty(t, codecs)
	codecs, err := ConfirmExtensions([]Negotiator{bare{fake{"bare", 0}}}, offers)
	require.NoError(t, err)
	require.Empty(t, codecs)

	answer, codecs = AcceptExtensions([]Negotiator{bare{fake{"bare", RSV2}}}, offers)
	require.Empty(t, answer)
	require.Empty(t, codecs)
	_, err = ConfirmExtensions([]Negotiator{bare{fake{"bare", RSV2}}}, offers)
	require.ErrorContains(t, err, "has RSV bits and no codec")
}

package driver

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// MaxRefusalBody is how many bytes [Conn.Body] keeps at most.
const MaxRefusalBody = 16 << 10

// A Config sets up a [Conn]. The zero Config is right for either end: messages of
// at most 1 MiB, whole, with neither subprotocols nor extensions.
//
// A Config is not changed by a Conn, and may be used for many. Its slices and maps
// must not be changed while it is in use.
type Config struct {
	// MaxMessage limits the bytes of an incoming message: as they travel and,
	// if an extension transforms them, also what they become. 0 is
	// [protocol.DefaultMaxMessage]; a negative value means no limit. What
	// exceeds it ends the connection with 1009.
	MaxMessage int64

	// MaxHead limits the bytes of the request or response that is read in the
	// opening handshake. 0 is [protocol.DefaultMaxHead].
	MaxHead int

	// Stream makes every piece of an incoming message an event of its own, as it
	// arrives: how long they are is up to the peer and the transport. Otherwise an
	// event holds a whole message.
	Stream bool

	// Subprotocols are what a client offers, in order of preference. A server
	// chooses from them: the first that the client offers and that stands here.
	Subprotocols []string

	// Drafts lets a server accept versions 7 and 8 too, those of the drafts before
	// RFC 6455 ([protocol.CheckDraftRequest]). It means nothing to a client.
	Drafts bool

	// Extensions are those that this end is willing to use, in its order.
	Extensions []protocol.Negotiator

	// Header has more fields for our part of the opening handshake: a client's
	// request, a server's answer. Fields that are part of the handshake itself,
	// or speak of a body, are an error.
	Header protocol.Header

	// InsecureUnmasked has a client send its frames without masks, and either end
	// take frames with and without. It is for transports that no proxy sees, such as
	// a pipe between two programs, where masks cost time for nothing: RFC 6455, 10.3,
	// has them so that a script in a browser cannot choose the bytes that pass through
	// intermediaries. Both ends have to agree on it by other means.
	InsecureUnmasked bool

	// MaskKey gives a client the mask key of each frame. nil is the default,
	// cryptographically strong random numbers, and the only right choice outside
	// of tests (RFC 6455, 5.3). A server has none.
	MaskKey func() [4]byte
}

// check returns an error for what the fields do not allow.
func (cfg *Config) check(role protocol.Role) error {
	if cfg.MaxHead < 0 {
		return fmt.Errorf("%w: MaxHead is negative", ErrInvalidConfig)
	}
	if role == protocol.Server && cfg.MaskKey != nil {
		return fmt.Errorf("%w: a server does not mask (RFC 6455, 5.1)", ErrInvalidConfig)
	}
	if cfg.InsecureUnmasked && cfg.MaskKey != nil {
		return fmt.Errorf("%w: MaskKey and InsecureUnmasked exclude each other", ErrInvalidConfig)
	}
	for i, n := range cfg.Extensions {
		if n == nil {
			return fmt.Errorf("%w: extension %d is nil", ErrInvalidConfig, i)
		}
	}
	// A request shows what would be wrong with the fields of either end.
	h := protocol.ClientHandshake{
		Host: "localhost", Key: protocol.NewKey(),
		Subprotocols: cfg.Subprotocols,
		Extensions:   protocol.OfferExtensions(cfg.Extensions),
		Header:       cfg.Header,
	}
	if _, err := h.AppendRequest(nil); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidConfig, err)
	}
	return nil
}

// maxHead returns the limit that is in force.
func (cfg *Config) maxHead() int {
	if cfg.MaxHead == 0 {
		return protocol.DefaultMaxHead
	}
	return cfg.MaxHead
}

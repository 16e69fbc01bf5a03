package protocol

// A Role says which end of the connection we are. The zero Role is [Server].
type Role uint8

// The two ends of a connection.
const (
	Server Role = iota // we answer the opening handshake; the peer masks
	Client             // we ask for the opening handshake; we mask
)

// String returns "server" or "client".
func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "server"
}

package upgrade

import (
	"time"
)

// newAdmission returns what keeps the limits, or nil if there are none.
func (u *Upgrader) newAdmission() (*admission, error) {
	for _, of := range []struct {
		setting string
		rate    Rate
	}{{"Upgrader.HandshakeRate", u.HandshakeRate}, {"Upgrader.HandshakeRatePerKey", u.HandshakeRatePerKey}} {
		if err := checkRate(of.setting, of.rate); err != nil {
			return nil, err
		}
	}
	a := &admission{
		places: max(0, u.MaxConnections), keyPlaces: max(0, u.MaxConnectionsPerKey),
		rate: bucketRate(u.HandshakeRate), keyRate: bucketRate(u.HandshakeRatePerKey), start: time.Now(),
	}
	if a.places == 0 && a.rate == nil && !a.byKey() {
		return nil, nil
	}
	return a, nil
}

// hasRoom refuses a request for which there is no room now. It takes none.
func (u *Upgrader) hasRoom(q *Request) error {
	if u.settings(); u.admission == nil {
		return nil
	}
	if limit, wait := u.admission.look(u.keyOf(q)); limit != "" {
		return overLimit(limit, wait)
	}
	return nil
}

// admit takes the place of a connection, or refuses the request.
func (u *Upgrader) admit(q *Request) (*place, error) {
	if u.admission == nil {
		return nil, nil
	}
	p, limit, wait := u.admission.take(u.keyOf(q))
	if limit != "" {
		return nil, overLimit(limit, wait)
	}
	return p, nil
}

// keyOf returns the key of a request, which is asked for once.
func (u *Upgrader) keyOf(q *Request) string {
	if q.keyed || !u.admission.byKey() {
		return q.key
	}
	q.keyed = true
	if u.Key != nil {
		q.key = u.Key(q.Request)
	} else {
		q.key = AddressKey(q.Request)
	}
	return q.key
}

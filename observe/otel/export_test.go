package otel

// Live returns how many connections the observer holds.
func (o *Observer) Live() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.live)
}

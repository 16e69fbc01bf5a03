package hixie

import (
	"context"
	"log/slog"
	"time"

	"github.com/wsflow/wsflow/upgrade"
)

// settings are an Upgrader's, with defaults filled in and 0 for none.
type settings struct {
	upgrade.Settings
	bodyTimeout time.Duration
}

func (h *Handler) settings() settings {
	s := settings{h.upgrader().Settings, h.BodyTimeout}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&s.bodyTimeout, 10 * time.Second},
		{&s.WriteTimeout, 10 * time.Second},
		{&s.MessageTimeout, 60 * time.Second},
		{&s.CloseTimeout, 10 * time.Second},
		{&s.CloseGrace, 5 * time.Second},
	} {
		switch {
		case *d.value == 0:
			*d.value = d.def
		case *d.value < 0:
			*d.value = 0
		}
	}
	if s.Logger == nil {
		s.Logger = slog.Default()
	}
	return s
}

// log tells what nobody else can be told. A logger that panics does not keep the connection from ending.
func (s *settings) log(ctx context.Context, text string, args ...any) {
	defer func() { _ = recover() }()
	s.Logger.ErrorContext(ctx, text, args...)
}

// after returns the time that is d from now, or none if d is none.
func after(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

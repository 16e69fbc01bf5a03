package operators

import "testing"

func TestWaysAgree(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Check(t.Context(), 1024); err != nil {
				t.Error(err)
			}
		})
	}
}

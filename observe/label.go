package observe

import (
	"strconv"

	"github.com/wsflow/wsflow/upgrade"
)

// CodeLabel returns a close code as the label of a metric, of which there are few, whatever peers send: the number of one
// that RFC 6455 and its registry define, 1000 to 1015; "3xxx" for those of libraries and frameworks, 3000 to 3999; "4xxx"
// for those of applications, 4000 to 4999; else "other".
func CodeLabel(code upgrade.CloseCode) string {
	switch {
	case code >= 1000 && code <= 1015:
		return strconv.Itoa(int(code))
	case code >= 3000 && code <= 3999:
		return "3xxx"
	case code >= 4000 && code <= 4999:
		return "4xxx"
	}
	return "other"
}

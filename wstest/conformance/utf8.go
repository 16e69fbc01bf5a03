package conformance

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// A sequence is what a text is made of, and whether it may be.
type sequence struct {
	id    string
	title string
	bytes string
}

func (s sequence) valid() bool { return utf8.ValidString(s.bytes) }

// known returns how many bytes of the sequence it takes to know that it is not UTF-8, whatever follows. It is 0
// where that is not known before the end.
func (s sequence) known() int {
	for at := 0; at < len(s.bytes); {
		r, size := utf8.DecodeRuneInString(s.bytes[at:])
		if r != utf8.RuneError || size > 1 {
			at += size
			continue
		}
		for n := 1; at+n <= len(s.bytes); n++ {
			if utf8.FullRuneInString(s.bytes[at : at+n]) {
				return at + n
			}
		}
		return 0
	}
	return 0
}

// A group of sequences has one number and one title.
type group struct {
	id, title string
	hex       string // of its sequences, which are separated by commas
}

// groups cover what RFC 3629 says of UTF-8: its boundaries, and every way of not being it.
var groups = []group{
	{"6.7", "the first character of each length", "00, C280, E0A080, F0908080"},
	{"6.8", "the first sequence of five and of six bytes", "F888808080, FC8480808080"},
	{"6.9", "the last character of each length", "7F, DFBF, EFBFBF, F48FBFBF"},
	{"6.10", "the last sequence of four, five and six bytes", "F7BFBFBF, FBBFBFBFBF, FDBFBFBFBFBF"},
	{"6.11", "the neighbours of what is excluded", "ED9FBF, EE8080, EFBFBD, F48FBFBF, F4908080"},
	{"6.12", "continuation bytes without a start", "80, BF, 80BF, 80BF80, 80BF80BF, 80BF80BF80, 80BF80BF80BF, " + allBytes(0x80, 0xBF, "")},
	{"6.13", "start bytes with a space after each", allBytes(0xC0, 0xDF, "20") + ", " + allBytes(0xE0, 0xEF, "20") + ", " +
		allBytes(0xF0, 0xF7, "20") + ", " + allBytes(0xF8, 0xFB, "20") + ", " + allBytes(0xFC, 0xFD, "20")},
	{"6.14", "the last byte is missing", "C3, E282, F09F8C, F8888080, FC84808080, DF, EFBF, F48FBF, FBBFBFBF, FDBFBFBFBF"},
	{"6.15", "sequences without their last bytes, in a row", "C3E282F09F8CF8888080FC84808080DFEFBFF48FBFFBBFBFBFFDBFBFBFBF"},
	{"6.16", "bytes that never occur", "FE, FF, FEFEFFFF"},
	{"6.17", "an ASCII character, overlong", "C0AF, E080AF, F08080AF, F8808080AF, FC80808080AF"},
	{"6.18", "the last overlong sequence of each length", "C1BF, E09FBF, F08FBFBF, F887BFBFBF, FC83BFBFBFBF"},
	{"6.19", "the character 0, overlong", "C080, E08080, F0808080, F880808080, FC8080808080"},
	{"6.20", "surrogate halves", "EDA080, EDADBF, EDAE80, EDAFBF, EDB080, EDBE80, EDBFBF"},
	{"6.21", "pairs of surrogate halves", "EDA080EDB080, EDA080EDBFBF, EDADBFEDB080, EDADBFEDBFBF, EDAE80EDB080, EDAE80EDBFBF, EDAFBFEDB080, EDAFBFEDBFBF"},
	{"6.22", "code points that are not characters", nonCharacters()},
	{"6.23", "characters that are easily taken for something else", "EFBBBF, EFBFB9, EFBFBA, EFBFBB, EFBFBC, EFBFBD, E280A8"},
}

// allBytes lists the bytes of a range, each with something after it, as one sequence.
func allBytes(from, to byte, after string) string {
	var s strings.Builder
	for c := int(from); c <= int(to); c++ {
		s.WriteString(hex.EncodeToString([]byte{byte(c)}) + after)
	}
	return s.String()
}

// nonCharacters are the last two code points of each plane. They are valid UTF-8.
func nonCharacters() string {
	var all []string
	for plane := rune(0); plane <= 16; plane++ {
		for _, last := range []rune{0xFFFE, 0xFFFF} {
			all = append(all, hex.EncodeToString([]byte(string(plane<<16|last))))
		}
	}
	return strings.Join(all, ", ")
}

// sequences lists those of all groups with the number of each.
func sequences() []sequence {
	var all []sequence
	for _, g := range groups {
		for i, digits := range strings.Split(g.hex, ", ") {
			b, err := hex.DecodeString(digits)
			if err != nil {
				panic("conformance: " + g.id + ": " + err.Error())
			}
			title := g.title + ": " + strings.ToUpper(digits)
			if len(digits) > 40 {
				title = g.title + ": " + strings.ToUpper(digits[:16]) + "… (" + inBytes(b) + ")"
			}
			all = append(all, sequence{g.id + "." + decimal(i+1), title, string(b)})
		}
	}
	return all
}

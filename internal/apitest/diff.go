package apitest

import "strings"

// Diff returns the lines in which two texts differ, those of want with a minus and those of got with a plus,
// each run of them under the nearest line before it that both have. Equal texts give "".
func Diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	common := commonLengths(w, g)
	var b strings.Builder
	shown := true // the common line before, or there is none
	before := ""
	line := func(mark, text string) {
		if !shown {
			b.WriteString("  " + before + "\n")
			shown = true
		}
		b.WriteString(mark + text + "\n")
	}
	i, j := 0, 0
	for i < len(w) || j < len(g) {
		switch {
		case i < len(w) && j < len(g) && w[i] == g[j]:
			if w[i] != "" {
				before, shown = w[i], false
			}
			i++
			j++
		case j == len(g) || i < len(w) && common[i+1][j] >= common[i][j+1]:
			line("- ", w[i])
			i++
		default:
			line("+ ", g[j])
			j++
		}
	}
	return b.String()
}

// commonLengths returns for every i and j how many lines w[i:] and g[j:] have in common, in order.
func commonLengths(w, g []string) [][]int {
	lengths := make([][]int, len(w)+1)
	lengths[len(w)] = make([]int, len(g)+1)
	for i := len(w) - 1; i >= 0; i-- {
		lengths[i] = make([]int, len(g)+1)
		for j := len(g) - 1; j >= 0; j-- {
			if w[i] == g[j] {
				lengths[i][j] = lengths[i+1][j+1] + 1
			} else {
				lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			}
		}
	}
	return lengths
}

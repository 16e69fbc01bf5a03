package picture

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wsflow/wsflow/flow"
)

// Options say what [SVG] draws besides the graph. The zero value is nothing.
type Options struct {
	// Title is what the picture is called, for those who do not see it. Default "Flow graph".
	Title string

	// Figures are drawn in: the values that each stage has emitted, its share of the time that all of them have had values
	// as its colour, what passes on each edge as its thickness, and edges that are blocked.
	Figures map[*flow.Node]flow.StageStats
}

// Blocked is how long an emit has to last for its edge to be drawn as blocked.
const Blocked = 100 * time.Millisecond

// Style is the content of the style element in every SVG, the same in all of them: a page that has the pictures as part of
// itself, and a Content-Security-Policy, allows it by its hash. It concerns nothing but the pictures.
const Style = `
.flow-graph { font: 13px system-ui, sans-serif; }
.flow-graph:root { color-scheme: light dark; color: #1f2328; }
@media (prefers-color-scheme: dark) { .flow-graph:root { color: #e6edf3; } }
.flow-graph text { fill: currentColor; text-anchor: middle; }
.flow-graph .figures { font-size: 11px; opacity: .75; }
.flow-graph .box { fill: currentColor; fill-opacity: .05; stroke: currentColor; stroke-opacity: .45; }
.flow-graph .heat { fill: #e5484d; }
.flow-graph .edge { fill: none; stroke: currentColor; stroke-opacity: .45; }
.flow-graph .head { fill: currentColor; fill-opacity: .6; }
.flow-graph .blocked .edge { stroke: #e5484d; stroke-opacity: 1; stroke-dasharray: 6 4; }
.flow-graph .blocked .head { fill: #e5484d; fill-opacity: 1; }
.flow-graph .blocked text { fill: #e5484d; font-size: 11px; text-anchor: end; }
`

// SVG returns the graph as a picture in one piece: without scripts, and without fonts or anything else of elsewhere. It
// has the colour of the text around it where it is part of a page, and is light or dark as the user prefers otherwise.
func SVG(graph *flow.Node, o Options) string {
	d := &drawing{figures: o.Figures, labelled: make(map[*flow.Node]bool)}
	nodes := nodesOf(graph)
	for _, s := range d.figures {
		d.own += s.Own
		d.most = max(d.most, s.Values)
	}
	l := arrange(nodes, d.size)
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" class="flow-graph" role="img" viewBox="0 0 %[1]s %[2]s" width="%[1]s" height="%[2]s">`,
		number(l.w), number(l.h))
	title := o.Title
	if title == "" {
		title = "Flow graph"
	}
	fmt.Fprintf(d, "\n<title>%s</title>\n<style>%s</style>\n", escape(title), Style)
	for _, e := range l.edges {
		d.edge(e)
	}
	for _, n := range nodes {
		d.node(n, l.cells[n])
	}
	d.WriteString("</svg>\n")
	return d.String()
}

// A drawing is an SVG while it is written.
type drawing struct {
	strings.Builder
	figures map[*flow.Node]flow.StageStats
	own     time.Duration // of all stages
	most    uint64        // values of a stage

	labelled map[*flow.Node]bool // it says for how long it is blocked
}

const longest = 40 // runes of a name; its title has all of them

func (d *drawing) size(n *flow.Node) (w, h float64) {
	w, h = textWidth(shorten(n.Name), 13), 34
	if d.figures != nil {
		w, h = max(w, textWidth(d.line(n), 11)), 48
	}
	return w + 28, h
}

func (d *drawing) node(n *flow.Node, c *cell) {
	top := c.y - c.h/2
	fmt.Fprintf(d, "<g class=\"node\"><title>%s</title>", escape(d.describe(n)))
	box := fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s" rx="6"`, number(c.x), number(top), number(c.w), number(c.h))
	fmt.Fprintf(d, `<rect class="box" %s/>`, box)
	if share := d.share(n); share >= 0.005 {
		fmt.Fprintf(d, `<rect class="heat" %s fill-opacity="%s"/>`, box, number(0.1+0.5*share))
	}
	x, y := number(c.x+c.w/2), c.y+4.5
	if d.figures != nil {
		fmt.Fprintf(d, `<text class="figures" x="%s" y="%s">%s</text>`, x, number(c.y+15), escape(d.line(n)))
		y -= 8
	}
	fmt.Fprintf(d, "<text x=\"%s\" y=\"%s\">%s</text></g>\n", x, number(y), escape(shorten(n.Name)))
}

// share is which part of the time that all stages had values was this one's.
func (d *drawing) share(n *flow.Node) float64 {
	if d.own <= 0 {
		return 0
	}
	return float64(d.figures[n].Own) / float64(d.own)
}

// line is what stands under a name.
func (d *drawing) line(n *flow.Node) string {
	s := d.figures[n]
	line := count(s.Values)
	if share := d.share(n); share >= 0.005 {
		line += fmt.Sprintf(" · %.0f %%", 100*share)
	}
	if s.Failed > 0 {
		line += " · failed"
	}
	return line
}

// describe is the whole of what is known of a node.
func (d *drawing) describe(n *flow.Node) string {
	s, known := d.figures[n]
	if !known {
		return n.Name
	}
	text := fmt.Sprintf("%s: %d values; %v its own, %v waiting for what follows; %d of %d runs at work",
		n.Name, s.Values, round(s.Own), round(s.InEmit), s.Running, s.Started)
	if s.Failed > 0 {
		text += fmt.Sprintf("; %d failed, the last with: %s", s.Failed, s.Err)
	}
	return text
}

const headLength = 8.0

func (d *drawing) edge(e *edge) {
	s := d.figures[e.from]
	width := 1.25
	if d.most > 0 {
		width += 3 * math.Log1p(float64(s.Values)) / math.Log1p(float64(d.most))
	}
	first, to := e.path[0], e.path[len(e.path)-1]
	x, y := first.x+first.w, first.y
	var path strings.Builder
	fmt.Fprintf(&path, "M%s %s", number(x), number(y))
	curve := func(toX, toY float64) {
		middle := number((x + toX) / 2)
		fmt.Fprintf(&path, "C%s %s %s %s %s %s", middle, number(y), middle, number(toY), number(toX), number(toY))
		x, y = toX, toY
	}
	for _, c := range e.path[1 : len(e.path)-1] {
		curve(c.x, c.y)
		fmt.Fprintf(&path, "H%s", number(c.x+c.columnW))
		x = c.x + c.columnW
	}
	endY := to.y + (float64(e.last)-float64(e.ends-1)/2)*min(12, (to.h-8)/float64(e.ends))
	curve(to.x-headLength, endY)

	blocked := s.Blocked >= Blocked
	if blocked {
		d.WriteString(`<g class="blocked">`)
	} else {
		d.WriteString(`<g>`)
	}
	fmt.Fprintf(d, `<path class="edge" d="%s" stroke-width="%s"/>`, path.String(), number(width))
	half := 3 + width/2
	fmt.Fprintf(d, `<path class="head" d="M%s %sl-%s -%sv%sz"/>`, number(to.x), number(endY), number(headLength), number(half), number(2*half))
	if blocked {
		d.WriteString("<title>blocked for " + round(s.Blocked).String() + "</title>")
		if !d.labelled[e.from] {
			fmt.Fprintf(d, `<text x="%s" y="%s">%s</text>`, number(first.x+first.w), number(first.y-first.h/2-4), roundShort(s.Blocked))
			d.labelled[e.from] = true
		}
	}
	d.WriteString("</g>\n")
}

// textWidth guesses the width of a text in a font that is not known.
func textWidth(s string, size float64) float64 {
	em := 0.0
	for _, r := range s {
		switch {
		case r >= 0x1100: // mostly wide
			em++
		case unicode.IsUpper(r), r == 'm', r == 'w', r == '%':
			em += 0.72
		default:
			em += 0.56
		}
	}
	return em * size
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest-1]) + "…"
}

// count writes a number in few characters.
func count(n uint64) string {
	for _, unit := range []struct {
		size uint64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if n >= unit.size {
			size := unit.size
			if unit.name == "k" {
				size = 1e3
			}
			return strconv.FormatFloat(float64(n)/float64(size), 'f', 1, 64) + unit.name
		}
	}
	return strconv.FormatUint(n, 10)
}

func round(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

// roundShort writes a duration for a narrow place.
func roundShort(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	default:
		return d.Round(time.Millisecond).String()
	}
}

func number(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // which replaces what XML has no characters for
	return b.String()
}

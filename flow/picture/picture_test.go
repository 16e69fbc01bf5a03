package picture_test

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/picture"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew")

type strs = flow.Source[string]

// chat is a handler with a diamond, a source of its own and a long edge.
func chat(in strs) strs {
	known := flow.Filter(in, func(s string) bool { return s != "" })
	slow := flow.MapAsync(known, 4, func(_ context.Context, s string) (string, error) { return s, nil })
	echo := flow.Map(known, strings.ToUpper)
	news := flow.Async(flow.Of("news").Named("News"))
	return flow.Take(flow.Merge(slow, echo, news, in), 100)
}

func ExampleMermaid() {
	handler := func(in strs) strs { return flow.Take(flow.Map(in, strings.ToUpper), 10) }
	fmt.Print(picture.Mermaid(flow.DescribeFlow("Conn", handler)))
	// Output:
	// flowchart LR
	//     n0["Conn"]
	//     n1["Map"]
	//     n2["Take"]
	//     n0 --> n1
	//     n1 --> n2
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "to write it anew: go test ./flow/picture -update")
}

// figuresOfChat are made up, for all of its stages.
func figuresOfChat(graph *flow.Node) map[*flow.Node]flow.StageStats {
	merge := graph.Inputs[0]
	slow, echo := merge.Inputs[0], merge.Inputs[1]
	known := echo.Inputs[0]
	conn := known.Inputs[0]
	news := merge.Inputs[2].Inputs[0]
	s := time.Second
	return map[*flow.Node]flow.StageStats{
		graph:           {Started: 1, Running: 1, Values: 2_345_678, Own: 10 * time.Millisecond, InEmit: 2 * s},
		merge:           {Started: 1, Running: 1, Values: 2_345_678, Own: s / 10, InEmit: 2 * s},
		slow:            {Started: 1, Running: 1, Values: 1_234, Own: 9 * s, InEmit: s},
		echo:            {Started: 1, Running: 1, Values: 1_234, Own: s, InEmit: s},
		known:           {Started: 2, Running: 2, Values: 2_500, Own: s, InEmit: 12 * s, Blocked: 3200 * time.Millisecond},
		conn:            {Started: 2, Running: 2, Values: 12_345, InEmit: 13 * s, Blocked: 3200 * time.Millisecond},
		news:            {Started: 1, Failed: 1, Err: "no <news> today", Values: 1},
		merge.Inputs[2]: {Started: 1, Values: 1},
	}
}

func TestPictures(t *testing.T) {
	graph := flow.DescribeFlow("Conn", chat)
	golden(t, "chat.mmd", picture.Mermaid(graph))
	golden(t, "chat.svg", picture.SVG(graph, picture.Options{}))
	golden(t, "figures.svg", picture.SVG(graph, picture.Options{Title: "Chat", Figures: figuresOfChat(graph)}))
}

// hostileNames are names that could be taken for something else.
var hostileNames = []string{
	"", `"`, `"]; click n0 "javascript:alert(1)"`, "<script>alert(1)</script>", "</title></svg>", "&lt;", "#quot;", "`markdown`", "1. list", "- list",
	"end", "a\nb", "\x00\x1b", "\xff\xfe", "\uFFFF", "]]>", "%%{init: {}}%%", "Zoë 小林 👩🏽‍🚀", "\u202e right to left", strings.Repeat("long ", 100), "style=x;y{z}|w|",
}

func hostile() *flow.Node {
	graph := &flow.Node{Name: "root"}
	for _, name := range hostileNames {
		graph.Inputs = append(graph.Inputs, &flow.Node{Name: name})
	}
	return graph
}

func TestNameCannotEndItsMermaidLabel(t *testing.T) {
	node := regexp.MustCompile(`^    n\d+\["(?:[\p{L}\p{Nd} ,()\x{a0}\x{fffd}]|#\d+;)+"\]$`)
	edge := regexp.MustCompile(`^    n\d+ --> n\d+$`)
	lines := strings.Split(strings.TrimSuffix(picture.Mermaid(hostile()), "\n"), "\n")
	require.Equal(t, "flowchart LR", lines[0])
	require.Len(t, lines, 1+len(hostileNames)+1+len(hostileNames))
	for i, line := range lines[1:] {
		if i <= len(hostileNames) {
			require.Regexp(t, node, line)
		} else {
			require.Regexp(t, edge, line)
		}
	}
	require.Equal(t, "flowchart LR\n    n0[\"chat#46;v2 #34;#60;#35;\"]\n", picture.Mermaid(&flow.Node{Name: `chat.v2 "<#`}))
}

// parse checks that an SVG is well-formed and has only the elements and attributes that a picture needs, and returns its texts.
func parse(t *testing.T, svg string) (texts []string) {
	t.Helper()
	allowed := map[string]string{
		"svg": "xmlns class role viewBox width height", "title": "", "style": "", "g": "class", "text": "class x y",
		"rect": "class x y width height rx fill-opacity", "path": "class d stroke-width",
	}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	decoder.Strict = true
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			attributes, ok := allowed[token.Name.Local]
			require.True(t, ok, token.Name.Local)
			for _, a := range token.Attr {
				require.Contains(t, strings.Fields(attributes), a.Name.Local)
				require.NotContains(t, a.Value, "NaN")
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func TestSVGIsWellFormedWhateverTheNames(t *testing.T) {
	figures := make(map[*flow.Node]flow.StageStats)
	graph := hostile()
	for _, n := range graph.Inputs {
		figures[n] = flow.StageStats{Failed: 1, Err: n.Name, Blocked: time.Hour, Values: 1 << 63}
	}
	texts := parse(t, picture.SVG(graph, picture.Options{Title: "</title><script>", Figures: figures}))
	require.Contains(t, texts, "</title><script>")
	require.Contains(t, texts, "<script>alert(1)</script>")
	require.Contains(t, texts, "1h0m0s")
	require.Equal(t, 1, strings.Count(strings.Join(texts, ""), picture.Style))
	for _, text := range texts {
		require.NotContains(t, text, strings.Repeat("long ", 10)+strings.Repeat("long ", 91))
	}
	parse(t, picture.SVG(&flow.Node{}, picture.Options{}))
}

func TestSharedNodeIsDrawnOnce(t *testing.T) {
	graph := flow.DescribeFlow("Conn", chat)
	require.Equal(t, 1, strings.Count(picture.Mermaid(graph), "Filter"))
	require.Equal(t, 1, strings.Count(picture.SVG(graph, picture.Options{}), "<title>Filter</title>"))

	in := flow.Of("a")
	for range 64 { // a tree of it would have 2^64 nodes
		in = flow.Concat(in, in)
	}
	require.Equal(t, 64, strings.Count(picture.Mermaid(flow.Describe(in)), "-->"))
	parse(t, picture.SVG(flow.Describe(in), picture.Options{}))
}

func TestValuesGoToTheRight(t *testing.T) {
	svg := picture.SVG(flow.DescribeFlow("Conn", chat), picture.Options{})
	at := func(name string) (x float64) {
		found := regexp.MustCompile(`<title>` + name + `</title><rect class="box" x="([\d.]+)"`).FindStringSubmatch(svg)
		require.Len(t, found, 2, name)
		_, err := fmt.Sscan(found[1], &x)
		require.NoError(t, err)
		return x
	}
	for _, names := range [][]string{{"Conn", "Filter", "MapAsync", "Merge", "Take"}, {"Filter", "Map", "Merge"}, {"News", "Async", "Merge"}} {
		for i := range names[1:] {
			require.Less(t, at(names[i]), at(names[i+1]), "%s %s", names[i], names[i+1])
		}
	}
}

func TestWideGraphIsDrawn(t *testing.T) {
	var sources []strs
	for i := range 1000 {
		sources = append(sources, flow.Async(flow.Of("a").Named(fmt.Sprint(i))))
	}
	parse(t, picture.SVG(flow.Describe(flow.Merge(sources...)), picture.Options{}))
}

// Each node of the chain is also fed by its beginning, so that the edges together pass 8 million layers.
func TestLongGraphWithLongEdgesIsDrawn(t *testing.T) {
	first := &flow.Node{Name: "first"}
	last := first
	const n = 4000
	for range n {
		last = &flow.Node{Name: "stage", Inputs: []*flow.Node{last, first}}
	}
	svg := picture.SVG(last, picture.Options{})
	require.Equal(t, 2*n-1, strings.Count(svg, `class="edge"`))
	require.Less(t, len(svg), n<<10)
	parse(t, svg)
}

func TestPictureOfNothingIsEmpty(t *testing.T) {
	require.Contains(t, picture.SVG(nil, picture.Options{}), `viewBox="0 0 24 24"`)
	require.Equal(t, "flowchart LR\n", picture.Mermaid(nil))
	parse(t, picture.SVG(&flow.Node{Name: "one", Inputs: []*flow.Node{nil}}, picture.Options{}))
}

// Package picture draws the graphs that [flow.Describe] and [flow.DescribeFlow] give: as text for Mermaid, which many
// viewers of Markdown draw, and as SVG, which is a picture already.
//
//	graph := flow.DescribeFlow("Conn", handler)
//	os.WriteFile("handler.svg", []byte(picture.SVG(graph, picture.Options{})), 0o644)
//
// Values go from left to right. A node is drawn once, also if it feeds several others.
package picture

package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"testing"
)

func BenchmarkDeflate(b *testing.B) {
	for _, size := range []int{100, 1024, 65536} {
		messages := updates(max(32, 1<<20/size), size)
		for _, level := range []int{1, DefaultLevel, 6} {
			for _, w := range []Window{{}, {Takeover: true}, {Bits: 9, Takeover: true}} {
				b.Run(fmt.Sprintf("%dB/level%d/%s", size, level, name(w)), func(b *testing.B) {
					c := NewCompressor(w, level)
					var dst []byte
					total := 0
					b.SetBytes(int64(size))
					b.ReportAllocs()
					for i := 0; b.Loop(); i++ {
						dst = c.Deflate(dst[:0], messages[i%len(messages)], true)
						total += len(dst)
					}
					b.ReportMetric(float64(total)/float64(b.N), "out/op")
				})
			}
		}
		b.Run(fmt.Sprintf("%dB/compress/flate", size), func(b *testing.B) {
			var out bytes.Buffer
			w, _ := flate.NewWriter(&out, 5)
			total := 0
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				out.Reset()
				w.Reset(&out)
				w.Write(messages[i%len(messages)])
				w.Flush()
				total += out.Len() - 4
			}
			b.ReportMetric(float64(total)/float64(b.N), "out/op")
		})
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, size := range []int{100, 1024, 65536} {
		messages := updates(max(32, 1<<20/size), size)
		for _, w := range []Window{{}, {Takeover: true}, {Bits: 9, Takeover: true}} {
			c := NewCompressor(w, 0)
			var payloads [][]byte
			for range 2 {
				payloads = payloads[:0]
				for _, m := range messages {
					payloads = append(payloads, c.Deflate(nil, m, true))
				}
			}
			b.Run(fmt.Sprintf("%dB/%s", size, name(w)), func(b *testing.B) {
				d := NewDecompressor(w, -1)
				dst := make([]byte, 0, size)
				for _, m := range messages { // what the window begins with
					payload := NewCompressor(w, 0).Deflate(nil, m, true)
					if _, _, err := d.Inflate(dst, payload, true); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, _, err := d.Inflate(dst, payloads[i%len(payloads)], true); err != nil {
						b.Fatal(err)
					}
				}
			})
			if w.Takeover {
				continue
			}
			b.Run(fmt.Sprintf("%dB/standard", size), func(b *testing.B) {
				r := flate.NewReader(nil)
				dst := make([]byte, size)
				src := bytes.NewReader(nil)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					src.Reset(payloads[i%len(payloads)])
					_ = r.(flate.Resetter).Reset(src, nil)
					for n := 0; n < size; {
						k, err := r.Read(dst[n:])
						if n += k; err != nil {
							break
						}
					}
				}
			})
		}
	}
}

func name(w Window) string {
	if w.Takeover {
		return fmt.Sprintf("takeover%d", w.bits())
	}
	return fmt.Sprintf("none%d", w.bits())
}

// What a peer makes short that wants us to work for long: a match that overlaps itself.
func BenchmarkInflateARun(b *testing.B) {
	for _, period := range []int{1, 3, 100} {
		b.Run(fmt.Sprintf("period%d", period), func(b *testing.B) {
			run := bytes.Repeat(updates(1, period)[0][:period], 65536/period)
			payload := NewCompressor(Window{}, 0).Deflate(nil, run, true)
			d := NewDecompressor(Window{}, -1)
			dst := make([]byte, 0, len(run))
			b.SetBytes(int64(len(run)))
			b.ReportAllocs()
			for b.Loop() {
				if out, _, err := d.Inflate(dst, payload, true); err != nil || len(out) != len(run) {
					b.Fatal(err)
				}
			}
		})
	}
}

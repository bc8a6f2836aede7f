package e2e_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	cdpage "github.com/chromedp/cdproto/page"
)

// look checks a page in every way it is seen, and saves what it looks like:
// on a phone and on a desktop, light and dark. Each of the four is seen by one of
// the two searches for obstacles, which take longer than all the rest.
func (p *page) look(name string) {
	p.t.Helper()
	for scheme, widths := range map[string][]int64{"light": {390, 1280}, "dark": {1280, 390}} {
		p.scheme(scheme)
		for _, width := range widths {
			p.size(width)
			p.save(filepath.Join("shots", name+"-"+strconv.FormatInt(width, 10)+"-"+scheme+".png"))
		}
		p.accessible(name + ", " + scheme)
	}
	p.fits(name)
}

// picture is the whole page as PNG.
func (p *page) picture() []byte {
	p.t.Helper()
	all := true
	return call(p, cdpage.CaptureScreenshot, cdpage.CaptureScreenshotParams{
		Format: cdpage.CaptureScreenshotFormatPng, CaptureBeyondViewport: &all}).Data
}

func (p *page) save(path string) {
	p.t.Helper()
	write(p.t, path, p.picture())
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// saveSmall saves the picture with its most frequent colours only: the eye
// misses none of the others, and the file is a third as large.
func (p *page) saveSmall(path string) {
	p.t.Helper()
	full, err := png.Decode(bytes.NewReader(p.picture()))
	if err != nil {
		p.t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return count[b] - count[a] })
	var palette color.Palette
	for _, c := range colours[:min(len(colours), 64)] {
		palette = append(palette, c)
	}
	small := image.NewPaletted(full.Bounds(), palette)
	draw.Draw(small, small.Bounds(), full, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		p.t.Fatal(err)
	}
	write(p.t, path, out.Bytes())
}

var docs = flag.Bool("docs", false, "make the README's screenshots anew")

// The README's screenshots are the program's own pages:
//
//	go test -run TestScreenshots -docs
func TestScreenshots(t *testing.T) {
	const most = 60 << 10 // everybody who clones the repository loads them
	files := []string{"../docs/verification.png", "../docs/failed.png"}
	if *docs {
		p := start(t, "APP_NAME=Your shop").person(t).open("/").state("none")
		p.scheme("light")
		p.size(860)
		p.saveSmall(files[0])
		p.toStripe().outcome("document_unverified_other").state("requires_input")
		p.saveSmall(files[1])
	}
	if _, err := os.Stat("../docs"); err != nil {
		return // a team may have deleted it
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() > most {
			t.Errorf("the README needs %s, of at most %d bytes: go test -run TestScreenshots -docs", file, most)
		}
	}
}

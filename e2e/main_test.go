package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What all tests share, made by TestMain: starting a browser takes longer than
// most tests. Each test has a profile of its own in it.
var (
	program string          // path of the built program
	browser context.Context // the running browser
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := prepareAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func prepareAndRun(m *testing.M) (code int, err error) {
	path, err := findBrowser()
	if err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "identity-starter-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program = filepath.Join(dir, "identity-starter.exe") // Windows wants the ending, nobody else minds it
	build := exec.Command("go", "build", "-o", program, "./tests/program")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	stop, err := startBrowser(path, filepath.Join(dir, "profile"))
	if err != nil {
		return 1, fmt.Errorf("start %s: %w", path, err)
	}
	defer stop()
	return m.Run(), nil
}

// errNoBrowser says what to install. Without a browser nothing is proven, so
// that it is a failure everywhere.
var errNoBrowser = errors.New(`no browser found. The browser tests need Chromium or Chrome:
  Debian, Ubuntu   sudo apt-get install chromium (or chromium-browser)
  macOS            brew install --cask chromium
  Windows          winget install Google.Chrome
or set CHROME to the path of one`)

// findBrowser looks where systems usually have Chromium or Chrome.
func findBrowser() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		filepath.Join(os.Getenv("ProgramFiles"), `Google\Chrome\Application\chrome.exe`)}
	if chosen := os.Getenv("CHROME"); chosen != "" {
		names = []string{chosen}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// startBrowser starts a browser that reaches this machine only: it cannot even
// find the address of another one.
func startBrowser(path, profile string) (stop func(), err error) {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-US"),
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "disable-extensions", "disable-background-timer-throttling",
		"disable-backgrounding-occluded-windows", "disable-renderer-backgrounding"} {
		options = append(options, chromedp.Flag(name, true))
	}
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root in its sandbox
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	// The errors are about events that this version of the client does not know yet.
	browser, _ = chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Do(browser); err != nil {
		cancel()
		return nil, err
	}
	return func() {
		defer cancel()
		limited, done := context.WithTimeout(browser, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(limited) // a browser that does not end is killed by cancel
	}, nil
}

package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/stripesim"
)

// Another Go program serves the app under a host of its own, beside its other pages.
// Settings come from wherever it keeps them; who is signed in, from its own session.
// Here Stripe is the simulated one.
func ExampleNew() {
	stripe, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stripe.Close()
	folder, err := os.MkdirTemp("", "shop-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	setting := map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": "whsec_simulator", "STRIPE_API_BASE": stripe.URL(),
		"BASE_URL": "http://verify.shop.example", "DATABASE_URL": filepath.Join(folder, "shop.db"), "APP_NAME": "Shop",
	}
	team := func(*settings.Reader) app.Team {
		return app.Team{SignIn: func(r *http.Request) string { return r.Header.Get("X-Customer") }}
	}
	verify, err := app.New(context.Background(), func(name string) string { return setting[name] }, team, io.Discard)
	if err != nil {
		fmt.Println(err)
		return
	}

	mux := http.NewServeMux()
	mux.Handle("verify.shop.example/", verify)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<title>The shop itself</title>") })
	server := httptest.NewServer(mux)

	for _, host := range []string{"www.shop.example", "verify.shop.example"} {
		request, _ := http.NewRequest(http.MethodGet, server.URL, nil)
		request.Host = host
		request.Header.Set("X-Customer", "customer 42")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			continue
		}
		page, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		fmt.Printf("%s: %d %s\n", host, response.StatusCode, regexp.MustCompile(`<title>.*</title>`).Find(page))
	}

	server.Close() // first, so that no request is under way
	fmt.Println("closed:", verify.Close())
	// Output:
	// www.shop.example: 200 <title>The shop itself</title>
	// verify.shop.example: 200 <title>Verify your identity – Shop</title>
	// closed: <nil>
}

// inside starts the app in this program, with a person's session in a header.
func inside(t *testing.T, stripe *stripesim.Sim, database string) *app.App {
	t.Helper()
	setting := map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": "whsec_simulator", "STRIPE_API_BASE": stripe.URL(),
		"BASE_URL": "http://verify.shop.example", "DATABASE_URL": database}
	verify, err := app.New(t.Context(), func(name string) string { return setting[name] }, func(*settings.Reader) app.Team {
		return app.Team{SignIn: func(r *http.Request) string { return r.Header.Get("X-Customer") }}
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return verify
}

func ask(t *testing.T, h http.Handler, method, url string) *httptest.ResponseRecorder {
	t.Helper()
	request, answer := httptest.NewRequestWithContext(t.Context(), method, url, nil), httptest.NewRecorder()
	request.Header.Set("X-Customer", "customer 42")
	h.ServeHTTP(answer, request)
	return answer
}

// What a program stopped with Close has done is there at the next start, in the same process, too.
func TestInAnotherProgram(t *testing.T) {
	stripe, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stripe.Close)
	database := filepath.Join(t.TempDir(), "shop.db")
	for range 2 {
		verify := inside(t, stripe, database)
		if got := ask(t, verify, http.MethodPost, "http://verify.shop.example/create-verification-session"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), stripe.URL()) {
			t.Errorf("a click must get Stripe's address, got %d %s", got.Code, got.Body)
		}
		if err := verify.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if got := ask(t, verify, http.MethodGet, "http://verify.shop.example/healthz"); got.Code != http.StatusServiceUnavailable {
			t.Errorf("after Close the database must be closed, got %d", got.Code)
		}
	}
	sessions := stripe.Sessions()
	if len(sessions) != 1 || sessions[0].UserID != "customer 42" {
		t.Errorf("both programs must have the person's one session, got %+v", sessions)
	}
}

// Whatever is wrong is told to the other program, all at once, and nothing is started.
func TestInAnotherProgramWithWrongSettings(t *testing.T) {
	database := filepath.Join(t.TempDir(), "shop.db")
	setting := map[string]string{"STRIPE_SECRET_KEY": "marker", "DATABASE_URL": database}
	verify, err := app.New(t.Context(), func(name string) string { return setting[name] }, func(r *settings.Reader) app.Team {
		r.Wrong("TEAM_COLOR", "must be a color")
		return app.Team{}
	}, io.Discard)
	if err == nil || verify != nil {
		t.Fatalf("wrong settings must be refused, got %v", err)
	}
	for _, name := range []string{"STRIPE_SECRET_KEY: ", "STRIPE_WEBHOOK_SECRET: ", "TEAM_COLOR: must be a color"} {
		if !strings.Contains("\n"+err.Error(), "\n"+name) {
			t.Errorf("%s must have a line, got\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "marker") {
		t.Errorf("no value may be told, got\n%v", err)
	}
	if _, err := os.Stat(database); err == nil {
		t.Error("nothing may be started, not even a database")
	}
}

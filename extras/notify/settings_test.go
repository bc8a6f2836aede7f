package notify_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/tests"
)

// Every value holds the word marker, so that a message that quotes it is found.
func TestWrongSettings(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context()) // with settings that are accepted, the program does not stay
	cancel()
	for _, w := range []struct {
		name, besides string
		values        []string
	}{
		{"NOTIFY_URL", "NOTIFY_SECRET=" + secret, []string{"", "marker", "/marker", "ftp://marker.example", "https://", "https:marker", "https://user:marker@a.example",
			"https://a.example/#marker", "https://a.example#", "https://a.example:70000/marker", "https://mar%ker"}},
		{"NOTIFY_SECRET", "NOTIFY_URL=https://a.example/hook", []string{"", "marker", ",", "whsec_marker", secretOf("marker too short"), secretOf(strings.Repeat("marker", 11)),
			strings.TrimPrefix(secretOf("marker marker marker marker"), "whsec_"), strings.TrimRight(secretOf("marker marker marker mark"), "="),
			secret + "," + secretOf("marker too short"), secret + "," + old + "," + secretOf("marker marker marker marker"), secret + " " + old}},
	} {
		for _, value := range w.values {
			t.Run(w.name+"="+value, func(t *testing.T) {
				err := app.Run(ended, nil, settings.New(tests.SettingsOf(w.besides, w.name+"="+value)), tests.With(notify.New), io.Discard)
				if err == nil {
					t.Fatalf("%s=%q must be refused", w.name, value)
				}
				message := err.Error()
				if strings.Contains(message, "\n") || !strings.HasPrefix(message, w.name+": ") || len(strings.Fields(message)) < 4 {
					t.Errorf("one wrong setting must be one line that names %s and says what to do, got %q", w.name, message)
				}
				if value != "" && value != "," && (strings.Contains(message, value) || strings.Contains(message, "marker") || strings.Contains(message, "mar%")) {
					t.Errorf("no value may be printed, got %q", message)
				}
			})
		}
	}
	err := app.Run(ended, nil, settings.New(tests.SettingsOf("NOTIFY_URL=marker", "NOTIFY_SECRET=marker", "LOG_LEVEL=marker")), tests.With(notify.New), io.Discard)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("each problem must have a line of its own beside those of others, got %v", err)
	}
}

// Over the internet it is https; what is only signed may go to who is near, and anywhere with a test key.
func TestWhereMessagesMayGo(t *testing.T) {
	live := []string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=file:/srv/a.db",
		"SUPPORT_URL=mailto:help@example.test", "AUTH_USER_HEADER=X-Auth-User", "NOTIFY_SECRET=" + secret + "," + old}
	for address, want := range map[string]bool{
		"https://shop.example.test/hook?a=b": true, "HTTPS://shop.example.test": true, "http://localhost:8080/hook": true, "http://127.0.0.1:8080": true,
		"http://[::1]:8080/hook": true, "http://10.1.2.3/hook": true, "http://192.168.1.2": true, "http://172.16.0.1": true, "http://[fd00::1]/hook": true,
		"http://shop:8080/hook": true, "http://shop_app": true, "https://203.0.113.1": true,
		"http://shop.example.test/hook": false, "http://203.0.113.1": false, "http://[2001:db8::1]:8080/hook": false, "http://shop.": false,
		"http://[::ffff:203.0.113.1]": false, "http://[::ffff:10.1.2.3]": true, "http://2shops:8080": true,
		// Some resolvers take a number for an address, and a sign that looks like a dot becomes one.
		"http://3405803777": false, "http://0xcb007101": false, "http://031300070401": false, "http://shop\u3002example": false, "http://shop\uff0eexample": false,
		"http://shop%E3%80%82example": false, "http://shop%252eexample": false,
	} {
		if got := made(t, append(live, "NOTIFY_URL="+address)...).Probe != nil; got != want {
			t.Errorf("with a live key messages may go to %s: %v, got %v", address, want, got)
		}
		if made(t, "NOTIFY_SECRET="+secret, "NOTIFY_URL="+address).Probe == nil {
			t.Errorf("with a test key messages may go to %s", address)
		}
	}
}

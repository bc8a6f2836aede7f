package stripesim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

var pageTemplates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// screen is what a page handler wants the browser to get: a template, or an address to go to.
type screen struct {
	status   int // 0 means 200
	template string
	data     any
	location string // 303 to there
	// leaves is the address that the page's forms lead to in the end. A browser applies form-action to every
	// redirect after a form, so that its origin has to be allowed.
	leaves string
}

// message is the data of the page that only says something.
type message struct{ Title, Text, Back string }

func (s *Sim) pageRoutes(mux *http.ServeMux) {
	for pattern, show := range map[string]func(r *http.Request) screen{
		"GET /{$}":              s.overviewPage,
		"POST /settle":          s.settleForm,
		"POST /override":        s.overrideForm,
		"POST /blocklist":       s.blocklistForm,
		"POST /revoke":          s.revokeForm,
		"POST /delivery":        s.deliveryForm,
		"POST /resend":          s.resendForm,
		"GET /start/{token}":    s.verifyPage,
		"POST /start/{token}":   s.verifyForm,
		"GET /connect/{token}":  s.connectPage,
		"POST /connect/{token}": s.connectForm,
		"/":                     noPage,
	} {
		mux.Handle(pattern, s.page(show))
	}
	for _, name := range []string{"sim.css", "sim.svg"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, pageFiles, "pages/"+name)
		})
	}
}

func noPage(*http.Request) screen {
	return screen{status: http.StatusNotFound, template: "message", data: message{Title: "No such page",
		Text: "The simulator has no page at this address."}}
}

// page serves a hosted page. The host is checked because a foreign site can give its own name this address, and
// the origin of forms because their buttons change things.
func (s *Sim) page(show func(r *http.Request) screen) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := (&url.URL{Host: r.Host}).Hostname()
		if !loopbackHost(host) {
			http.Error(w, "the simulator answers under loopback names only", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		c := &call{r: r, requestID: newID("req_")}
		var sc screen
		_, a := s.under(r.Context(), s.takeFault(r), func() answer {
			sc = show(r)
			return sc.answer()
		})
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"+origins(sc.leaves))
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		s.write(w, c, a)
	}))
}

func (sc screen) answer() answer {
	if sc.location != "" {
		return answer{status: http.StatusSeeOther, location: sc.location, contentType: "text/plain; charset=utf-8"}
	}
	var b bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&b, sc.template, sc.data); err != nil {
		return answer{status: http.StatusInternalServerError, body: []byte(err.Error()), contentType: "text/plain; charset=utf-8"}
	}
	return answer{status: max(sc.status, http.StatusOK), body: b.Bytes(), contentType: "text/html; charset=utf-8"}
}

// origins lists, for a Content-Security-Policy, the origin of an address and, on loopback, its other name, to which
// an app may redirect from this one.
func origins(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	origin := " " + u.Scheme + "://" + u.Host
	if u.Hostname() == "127.0.0.1" {
		origin += strings.Replace(origin, "127.0.0.1", "localhost", 1)
	}
	return origin
}

// listedGroup is a failureGroup with what its list needs.
type listedGroup struct {
	failureGroup
	ID        string
	Submitted bool // can end a session that is in processing
}

func listedGroups() []listedGroup {
	var all []listedGroup
	for _, g := range failures {
		all = append(all, listedGroup{failureGroup: g, ID: "fails-" + strings.ToLower(strings.Trim(strings.Fields(g.Name)[0], ",")),
			Submitted: !slices.Contains(unprocessed, g.Failures[0].Code)})
	}
	return all
}

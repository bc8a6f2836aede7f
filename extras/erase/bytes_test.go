package erase_test

import (
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// What was redacted and forgotten is nowhere in the database's files: neither while the program runs, whoever did it,
// nor after it has stopped.
func TestFilesDoNotRemember(t *testing.T) {
	t.Parallel() // beside others that wait
	for name, slow := range map[string]bool{"the command does it": false, "the running program does it": true} {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			people := []*tests.Browser{a.Browser(), a.Browser(), a.Browser()}
			for i, person := range people {
				a.Finish(person.Verify(a).ID, []string{"selfie_face_mismatch", "document_expired", "abandoned"}[i])
				for _, words := range []string{"Her passport says Wilhelmina Quixote", "Wilhelmina Quixote, born in May", "Wilhelmina Quixote called again"} {
					tests.Decide(t, a.Parts().DB, store.Decision{UserID: person.User(), Decision: store.OneMore, Reviewer: "rita", Reason: words})
				}
			}
			if slow {
				a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath, Method: "GET", Status: 503, Times: -1})
			}
			var users []string
			for _, person := range people {
				users = append(users, person.User())
				if out, err := redact(a, "-forget", person.User()); err != nil && !slow {
					t.Fatalf("redact: %v\n%s", err, out)
				}
			}
			if a.Sim.ClearFaults(); slow {
				due(a)
			}
			gone := func() bool {
				for _, user := range users {
					if a.Remembers(user) {
						return false
					}
				}
				return !a.Remembers("Wilhelmina Quixote")
			}
			tests.Eventually(t, "nothing of it is in the files while the program runs", gone)
			if err := a.Stop(); err != nil || !gone() {
				t.Errorf("nor may be after it has stopped: %v", err)
			}
		})
	}
}

// Who redacts a session in the Dashboard need not do anything here.
func TestFilesDoNotRememberWhatTheDashboardRedacts(t *testing.T) {
	a := start(t)
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "verified")
	tests.Decide(t, a.Parts().DB, store.Decision{UserID: person.User(), Decision: store.Approve, Reviewer: "rita", Reason: "Wilhelmina Quixote"})
	if !a.Remembers("Wilhelmina Quixote") {
		t.Error("the test must be able to find it")
	}
	a.AtStripe("redact", session)
	tests.Eventually(t, "the words are gone from the files", func() bool { return !a.Remembers("Wilhelmina Quixote") })
}

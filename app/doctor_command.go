package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/identity-starter/doctor"
	"example.com/identity-starter/gateway"
)

// diagnose is `go run . doctor`. It works with wrong settings, too: they are what
// it is for. unread is why .env could not be read, if so.
func diagnose(ctx context.Context, getenv func(string) string, newTeam NewTeam, unread error, stdout io.Writer) error {
	p, err := load(getenv, newTeam)
	s := doctor.Settings{Dotenv: ".env was found and read", Problems: problems(errors.Join(unread, err)), Gateway: p.gateway,
		Live: p.web.Live, BaseURL: p.web.BaseURL, Database: p.database, Tokens: p.store.TokenKey != nil, Schemas: p.store.Schemas}
	for _, e := range p.extras {
		if e.State == "" {
			continue
		}
		s.Extras = append(s.Extras, doctor.Extra{Name: e.Name, State: e.State, Setting: e.Setting, Warning: e.Warning})
	}
	for _, c := range p.consumers {
		s.Consumers = append(s.Consumers, c.Name)
	}
	if unread != nil {
		s.Dotenv = ""
	} else if _, err := os.Stat(".env"); err != nil {
		s.Dotenv = "there is none in this folder: settings come from the environment"
	}
	for _, p := range s.Problems { // a key must not go to another host than the one that was meant
		if name, _, _ := strings.Cut(p.Error(), ":"); name == "STRIPE_SECRET_KEY" || strings.HasPrefix(name, "STRIPE_") && strings.HasSuffix(name, "_BASE") {
			s.Gateway = gateway.Options{ClientID: s.Gateway.ClientID, WebhookSecrets: s.Gateway.WebhookSecrets, RedirectURL: s.Gateway.RedirectURL}
		}
	}
	switch failed := doctor.Run(ctx, stdout, s); failed {
	case 0:
		return nil
	case 1:
		return errors.New("doctor: one check failed")
	default:
		return fmt.Errorf("doctor: %d checks failed", failed)
	}
}

// problems takes joined errors apart.
func problems(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok:
		return []error{err}
	}
	var list []error
	for _, e := range joined.Unwrap() {
		list = append(list, problems(e)...)
	}
	return list
}

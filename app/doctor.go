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
	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
)

// diagnose is `go run . doctor`. It works with wrong settings, too: they are what
// it is for, and wrong says which.
func (p *program) diagnose(ctx context.Context, wrong error, stdout io.Writer) error {
	s := doctor.Settings{Dotenv: ".env was found and read", Doubts: p.doubts, Gateway: p.gateway, Live: p.web.Live, BaseURL: p.web.BaseURL,
		Database: p.database, Tokens: len(p.store.TokenKey) > 0, Schemas: p.store.Schemas}
	for _, e := range p.extras {
		if e.State != "" {
			s.Extras = append(s.Extras, doctor.Extra{Name: e.Name, State: e.State, Setting: e.Setting, Warning: e.Warning})
		}
	}
	for _, c := range p.consumers {
		s.Consumers = append(s.Consumers, c.Name)
	}
	if _, err := os.Stat(".env"); err != nil {
		s.Dotenv = "there is none in this folder: settings come from the environment"
	}
	_, pages := templates.Load(p.team.Brand, p.files...)
	_, files := static.New(p.team.Brand.Files, p.statics...)
	if err := errors.Join(wrong, pages, files); err != nil {
		for problem := range strings.SplitSeq(err.Error(), "\n") {
			if s.Dotenv == "" && strings.Contains(problem, ": is not set: ") {
				continue // it may well be in the file
			}
			s.Problems = append(s.Problems, errors.New(problem))
			name, _, _ := strings.Cut(problem, ":")
			if name == ".env" {
				s.Dotenv = "" // it could not be read
			}
			if name == "STRIPE_SECRET_KEY" || strings.HasPrefix(name, "STRIPE_") && strings.HasSuffix(name, "_BASE") {
				// A key must not go to another host than the one that was meant.
				s.Gateway = gateway.Options{ClientID: p.gateway.ClientID, WebhookSecrets: p.gateway.WebhookSecrets, RedirectURL: p.gateway.RedirectURL}
			}
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

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.com/identity-starter/doctor"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
)

// look is what the doctor is told to do besides.
type look struct {
	try    bool   // also make real things at Stripe
	report string // the file for what that finds; "": none
}

func doctorCommand() extras.Command {
	return extras.Command{Name: "doctor", Does: "looks for what is wrong with the settings, here and at Stripe; changes nothing",
		Flags: []extras.Flag{
			{Name: "-try", Does: "with a test key: also makes sessions at Stripe, tries what is relied on, and clears them away"},
			{Name: "-report FILE", Does: "with -try: writes what that finds to a new file, without ids, for an issue"},
		}}
}

// readDoctor reads whether the arguments are those for the doctor, who works with wrong settings, too.
func readDoctor(args []string) (l look, ok bool) {
	if len(args) == 0 || args[0] != "doctor" {
		return l, false
	}
	for args = args[1:]; len(args) > 0; args = args[1:] {
		switch {
		case args[0] == "-try":
			l.try = true
		case args[0] == "-report" && len(args) > 1 && args[1] != "":
			args = args[1:]
			l.report = args[0]
		default:
			return l, false
		}
	}
	return l, l.try || l.report == "" // a report alone does not make anything at Stripe
}

// diagnose is `go run . doctor`. It works with wrong settings, too: they are what
// it is for, and wrong says which.
func (p *program) diagnose(ctx context.Context, l look, wrong error, stdout io.Writer) (err error) {
	s := p.patient(wrong)
	if s.Try = l.try; s.Try && s.Live {
		return errors.New("doctor: -try makes real sessions at Stripe, so it needs a test key: with this live one nothing was asked")
	}
	if l.report != "" {
		file, problem := os.OpenFile(l.report, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if problem != nil {
			return fmt.Errorf("doctor: -report needs the name of a file that is not there yet: %w", problem)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		s.Report = file
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

// patient is what the doctor looks at.
func (p *program) patient(wrong error) doctor.Settings {
	s := doctor.Settings{Dotenv: ".env was found and read", Doubts: p.doubts, Gateway: p.gateway, Live: p.web.Live, BaseURL: p.web.BaseURL,
		Database: p.database, Tokens: len(p.store.TokenKey) > 0, Schemas: p.store.Schemas, Now: time.Now}
	for _, e := range p.extras {
		if e.State != "" && !e.Misset {
			s.Extras = append(s.Extras, doctor.Extra{Name: e.Name, State: e.State, Setting: e.Setting, Warning: e.Warning, Probe: e.Probe})
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
				s.Dotenv, s.Extras = "", nil // it could not be read, and might turn on what seems to be off
			}
			if name == "STRIPE_SECRET_KEY" || strings.HasPrefix(name, "STRIPE_") && strings.HasSuffix(name, "_BASE") {
				// A key must not go to another host than the one that was meant.
				s.Gateway = gateway.Options{ClientID: p.gateway.ClientID, WebhookSecrets: p.gateway.WebhookSecrets, RedirectURL: p.gateway.RedirectURL}
			}
		}
	}
	return s
}

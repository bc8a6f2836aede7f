package app

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/settings"
)

// asksHelp says whether the arguments ask what there is, or what a command does: then nothing else is done, and no
// setting is needed.
func asksHelp(args []string) bool {
	if len(args) > 0 && args[0] == "help" {
		return true
	}
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "-h", "-help", "--help":
			return true
		}
	}
	return false
}

// commands are all that there are.
func (p *program) commands() []extras.Command {
	list := []extras.Command{doctorCommand(), reconcileCommand(), migrateCommand(), copyCommand()}
	for _, e := range p.extras {
		if e.Command != nil {
			list = append(list, *e.Command)
		}
	}
	return append(list, extras.Command{Name: "help", Args: "[COMMAND]", Does: "says this, or what a command does; so does -h"})
}

// named finds a command. The error names the one that was probably meant, and not what was typed, which may be a key.
func (p *program) named(typed string) (extras.Command, error) {
	list, names := p.commands(), []string(nil)
	for _, c := range list {
		if c.Name == typed {
			return c, nil
		}
		names = append(names, c.Name)
	}
	hint := ""
	if meant := settings.Nearest(strings.ToLower(strings.TrimLeft(typed, "-")), names, 3); meant != "" {
		hint = "did you mean " + meant + "? "
	}
	return extras.Command{}, errors.New("no such command: " + hint + "`go run . help` lists all there are")
}

// help says what there is, or what one command does.
func (p *program) help(args []string, w io.Writer) error {
	about := args[0]
	if about == "help" && len(args) > 1 {
		about = args[1]
	}
	if isFlag := strings.TrimLeft(about, "-"); about == "help" || about != isFlag && (isFlag == "h" || isFlag == "help") {
		_, err := io.WriteString(w, p.overview())
		return err
	}
	c, err := p.named(about)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, usage(c)+"\n")
	return err
}

// overview is every command, with what it and its flags do in one column.
func (p *program) overview() string {
	rows := [][2]string{
		{"go run .", "runs the app"},
		{"go run ./demo", "runs it with a simulated Stripe: no account, no keys, no network (-h: its flags)"},
	}
	for _, c := range p.commands() {
		rows = append(rows, [2]string{"go run . " + strings.TrimSpace(c.Name+" "+c.Args), c.Does})
		rows = append(rows, flags(c, "    ")...)
	}
	return "What there is. Settings come from the environment and .env, which .env.example explains.\n\n" +
		columns(rows) + "\nWhat `go build` makes takes the place of `go run .` everywhere.\n"
}

// usage is how to call a command, what it does, and what its flags do.
func usage(c extras.Command) string {
	call := "go run . " + c.Name
	for _, f := range c.Flags {
		call += " [" + f.Name + "]"
	}
	text := strings.TrimSpace(call+" "+c.Args) + "\n  " + c.Does + "\n" + columns(flags(c, ""))
	return strings.TrimSuffix(text, "\n")
}

func flags(c extras.Command, indent string) (rows [][2]string) {
	for _, f := range c.Flags {
		rows = append(rows, [2]string{indent + f.Name, f.Does})
	}
	return rows
}

// columns are rows of two texts, the second ones below each other.
func columns(rows [][2]string) string {
	text, width := "", 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		text += fmt.Sprintf("  %-*s  %s\n", width, row[0], row[1])
	}
	return text
}

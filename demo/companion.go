package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// companion is a small program that an extra has for the demo: what it imitates
// that the extra needs, such as a mail server.
type companion struct {
	settings []string // of the app, NAME=value
	says     string   // to people, with {base} for the app's address
	end      func()
}

// accompany starts a companion. It prints settings, then what is said to people, then
// an empty line, and runs until its standard input ends, also when the demo is killed.
func accompany(path string) (companion, error) {
	command := exec.Command(path)
	command.Stderr, command.Env = os.Stderr, systemEnv()
	stdin, err := command.StdinPipe()
	if err != nil {
		return companion{}, err
	}
	stdout, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return companion{}, fmt.Errorf("start what an extra needs: %w", err)
	}
	c := companion{end: func() { _ = stdin.Close(); _ = command.Wait() }} // how it ended does not matter any more
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "" {
		if name, _, found := strings.Cut(lines.Text(), "="); found && c.says == "" && strings.ToUpper(name) == name {
			c.settings = append(c.settings, lines.Text())
		} else {
			c.says += lines.Text() + "\n"
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return c, lines.Err()
}

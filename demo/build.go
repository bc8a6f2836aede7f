package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// build compiles the program with the demo's team, or with own the team's program, and
// what its extras have for a demo.
func build(ctx context.Context, dir string, own bool) (program string, companions []string, err error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	if err != nil || root == "." {
		return "", nil, errors.New("run it from the project's folder: go run ./demo")
	}
	fmt.Println("Building the program. The first time this takes a minute or two: SQLite is compiled.")
	if program, err = compile(ctx, root, dir, "demo/program"); err != nil {
		return "", nil, err
	}
	names, err := exec.CommandContext(ctx, program, "extras").Output()
	if err != nil {
		return "", nil, fmt.Errorf("ask the program for its extras: %w", err)
	}
	for _, name := range strings.Fields(string(names)) {
		folder := "extras/" + name + "/demo"
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(folder))); err != nil {
			continue // it needs nothing
		}
		companion, err := compile(ctx, root, dir, folder)
		if err != nil {
			return "", nil, err
		}
		companions = append(companions, companion)
	}
	if own {
		program, err = compile(ctx, root, dir, ".")
	}
	return program, companions, err
}

func compile(ctx context.Context, root, dir, folder string) (string, error) {
	program := filepath.Join(dir, "program-"+strings.ReplaceAll(folder, "/", "-"))
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "./"+folder)
	command.Dir, command.Stderr = root, os.Stderr
	if err := command.Run(); err != nil && ctx.Err() == nil {
		return "", errors.New("the program does not build: see above. It needs Go 1.25 and a C compiler, because of SQLite")
	}
	return program, ctx.Err()
}

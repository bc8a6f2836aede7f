# The shortcuts; everything works without make, too: each target shows its command.

.PHONY: help
help: ## what there is (you are here)
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: demo
demo: ## the app against a simulated Stripe: no account, no keys
	go run ./demo

.PHONY: test
test: ## every test that needs no browser
	go test ./...

.PHONY: e2e
e2e: ## the browser tests: needs Chromium or Chrome, and npm
	cd e2e && npm ci && go test ./...

.PHONY: lint
lint: ## gofmt, vet, staticcheck
	.ci/lint

.PHONY: ci
ci: ## all that has to pass; on Debian and Ubuntu it installs what it needs
	.ci/run

.PHONY: build
build: ## one file that runs from any directory: identity-starter
	go build -trimpath .

# make help lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD := -ldflags '-s -w -X main.version=$(VERSION)'
GOLANGCI := bin/golangci-lint-v2.15.0
OAPI_CODEGEN := github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2

WEB := services/web
# gen2brain/heic is to decode in WebAssembly and nothing else: see
# services/evidence/internal/examine/heic.go.
# Tests, linters and the program are compiled alike, or everything there is would
# be compiled once for each: without cgo, as the program is. Only the race
# detector needs it.
export GOFLAGS := $(GOFLAGS) -tags=nodynamic -trimpath
export CGO_ENABLED := 0
NODE := $(shell command -v npm 2>/dev/null)
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/docs $(WEB)/public -type f) $(wildcard api/words/*.json) $(addprefix $(WEB)/,index.html vite.config.js tsconfig.json package.json)

# Arguments of go test.
TEST_TIMEOUT ?= 12m
RACE_TIMEOUT ?= 15m
# SQLite itself, translated from C, has no goroutines of ours in it; watched by
# the race detector it would take nearly half of the time.
RACE_FLAGS := -gcflags=modernc.org/sqlite/lib=-race=false
# These have no goroutine, in themselves nor in their tests, and those of
# cmd/duban run a program that is built without the detector: all of them are
# skipped with -short.
RACE_WITHOUT := api/(client|event|kinds|words)|services|services/cmd/duban|services/demo/divisions|services/directory/internal/spelling|services/evidence/internal/(page|pdffile)|services/internal/(filename|id|scope|table|text|xlsx)|services/rectification/(checklist|internal/paper)
# Flags of the measurements: make bench BENCH='-engines sqlite -only issue,http'.
BENCH ?=

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: run
run: build ## build, and start on http://localhost:8080 with a demo county
	bin/duban serve --data .demo --demo

.PHONY: build
build: web ## build bin/duban, with the web pages in it
	go build $(GOFLAGS_BUILD) -o bin/duban ./services/cmd/duban

.PHONY: web
ifdef NODE
web: $(WEB)/dist/index.html ## build the web pages into services/web/dist
else
web:
	@echo "SKIPPED: web pages: npm is not installed (Node 20.19 or later); the program will say how to build them"
	@[ "$${CI:-}" != true ]
endif

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json $(WEB)/package.json $(WEB)/.npmrc
	cd $(WEB) && npm ci --no-progress
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	cd $(WEB) && npm run --silent build

.PHONY: dev
dev: build ## start the server with the demo county, and Vite with live reload in front of it
	trap 'kill 0' EXIT; bin/duban serve --data .demo --demo & (cd $(WEB) && npm run --silent dev) & wait

.PHONY: generate
generate: $(WEB)/node_modules/.package-lock.json ## write api/openapi.yaml, the Go client and the types of the pages from the code
	mkdir -p .tmp
	go run .ci/openapi.go > .tmp/openapi.yaml
	cp .tmp/openapi.yaml api/openapi.yaml
	cd api/client && go run $(OAPI_CODEGEN) -config oapi-codegen.yaml -o client.gen.go ../openapi.yaml
	go build ./api/client
	cd $(WEB) && npm run --silent types -- src/api/schema.gen.ts

.PHONY: test
test: ## install what the tests need, and run them all
	@.ci/part web $(MAKE) --no-print-directory web
	.ci/part go-tests go run .ci/gotest.go -vet=off -count=1 -timeout $(TEST_TIMEOUT) ./...
	@.ci/part build $(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory test-web

.PHONY: test-web
ifdef NODE
test-web: build ## the tests of the pages: their logic, and the real server in a browser
	@.ci/part web-logic npm --prefix $(WEB) run --silent test
	@.ci/chromium || { [ $$? = 3 ] && [ "$${CI:-}" != true ]; exit; }; .ci/part browser npm --prefix $(WEB) run --silent e2e -- --project desktop --project phone
else
test-web:
	@echo "SKIPPED: tests of the pages: npm is not installed (Node 20.19 or later)"
	@[ "$${CI:-}" != true ]
endif

.PHONY: test-large
test-large: build ## the pages on 100,000 assignments, with their times
	cd $(WEB) && E2E_LARGE=1 npm run --silent e2e -- large --project desktop

.PHONY: pictures
pictures: build ## pictures of the main screens, into .tmp/pictures
	cd $(WEB) && npm run --silent e2e -- --project pictures

.PHONY: lint
lint: $(GOLANGCI) ## formatting, linters, go vet among them
	@bad=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); [ -z "$$bad" ] || { echo "not formatted (gofmt -w):"; echo "$$bad"; exit 1; }
	$(GOLANGCI) run
	$(MAKE) --no-print-directory lint-web

.PHONY: lint-web
ifdef NODE
lint-web: $(WEB)/node_modules/.package-lock.json ## formatting and faults of the pages
	@cd $(WEB) && npm run --silent formatted || { echo "not formatted: cd $(WEB) && npm run format"; exit 1; }
	cd $(WEB) && npm run --silent lint
else
lint-web:
	@echo "SKIPPED: formatting and faults of the pages: npm is not installed (Node 20.19 or later)"
	@[ "$${CI:-}" != true ]
endif

$(GOLANGCI):
	mkdir -p bin
	GOBIN=$(CURDIR)/bin/install GOFLAGS=-trimpath go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(lastword $(subst lint-, ,$@))
	mv bin/install/golangci-lint $@
	rmdir bin/install

.PHONY: check
check: ## generated files, linters, import rules, modules, race detector, vulnerabilities
	@for part in $(GOLANGCI) lint layout current imports modules race vuln; do .ci/part $$part $(MAKE) --no-print-directory $$part; done

.PHONY: current
current: ## fail when a generated file is not what the code gives
	mkdir -p .tmp/current
	go run ./services/cmd/duban openapi > .tmp/current/openapi.yaml
	diff -u api/openapi.yaml .tmp/current/openapi.yaml || { echo "api/openapi.yaml is not current: make generate"; exit 1; }
	cd api/client && go run $(OAPI_CODEGEN) -config oapi-codegen.yaml -o ../../.tmp/current/client.gen.go ../openapi.yaml
	diff -u api/client/client.gen.go .tmp/current/client.gen.go || { echo "api/client is not current: make generate"; exit 1; }
ifdef NODE
	$(MAKE) --no-print-directory $(WEB)/node_modules/.package-lock.json
	cd $(WEB) && npm run --silent types -- ../../.tmp/current/schema.gen.ts
	diff -q $(WEB)/src/api/schema.gen.ts .tmp/current/schema.gen.ts || { echo "$(WEB)/src/api is not current: make generate"; exit 1; }
else
	@echo "SKIPPED: the types of the pages: npm is not installed (Node 20.19 or later)"
	@[ "$${CI:-}" != true ]
endif

.PHONY: layout
layout: ## nothing at the top but what belongs there, and nothing that was built
	@bad=$$(git ls-files | cut -d/ -f1 | sort -u | grep -vxE '\..+|api|policy|migrations|services|deploy|go\.(mod|sum)|Makefile|README\.md|LICENSE|CONTRIBUTING\.md' || true); [ -z "$$bad" ] || { echo "does not belong at the top:"; echo "$$bad"; exit 1; }
	@bad=$$(git ls-files -z | xargs -0 stat -c '%s %n' | awk '$$1 > 2097152'); [ -z "$$bad" ] || { echo "larger than 2 MB, was it built?"; echo "$$bad"; exit 1; }

.PHONY: imports
imports: ## the import rules of services/README.md
	go test -count=1 -run 'Import|Rules' ./services

.PHONY: modules
modules: ## go.mod is tidy and what it names is unchanged
	go mod verify
	go mod tidy -diff

.PHONY: race
race: ## the tests under the race detector, without the longest
	@tested=$$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | sed 's|^github.com/duban/duban|.|' | grep -vxE '\./($(RACE_WITHOUT))'); \
	CGO_ENABLED=1 go run .ci/gotest.go -skips-allowed -race $(RACE_FLAGS) -vet=off -short -count=1 -timeout $(RACE_TIMEOUT) $$tested

.PHONY: vuln
vuln: ## known vulnerabilities in what is called
	.ci/govulncheck

.PHONY: fuzz
fuzz: ## all operations with valid, broken and twisted inputs, 150,000 requests; DUBAN_FUZZ_SEED=n for others, DUBAN_FUZZ_ENGINE=postgres on PostgreSQL
	DUBAN_FUZZ=$${DUBAN_FUZZ:-150000} go test -count=1 -timeout 60m -run 'TestFuzz$$' -v ./services/host

.PHONY: soak
soak: ## the fault tests with the real program, repeated for long
	DUBAN_SOAK=1 go test -count=1 -timeout 120m -skip Walk -v ./services/cmd/duban

.PHONY: bench
bench: bin/bench bin/duban-bench ## print the figures as ratios, on SQLite and PostgreSQL; takes an hour
	bin/bench -duban bin/duban-bench $(BENCH)
	go test -run '^$$' -bench . ./services/evidence

.PHONY: bench-short
bench-short: bin/bench bin/duban-bench ## the same with small sizes; fails below half of a target
	bin/bench -short -duban bin/duban-bench $(BENCH)

# Always through go build, which knows what has changed.
.PHONY: bin/bench bin/duban-bench
bin/bench:
	go build -o $@ ./services/bench
bin/duban-bench:
	go build $(GOFLAGS_BUILD) -o $@ ./services/cmd/duban

.PHONY: clean
clean: ## remove what was built, and the demo
	rm -rf bin .tmp .demo
	find $(WEB)/dist -mindepth 1 ! -name .gitkeep -delete

# stigmer-local: `make help` lists the targets. Works with GNU make 3.81 and later.
# Pass flags to a command through ARGS: make start ARGS="--port 7300"

.DEFAULT_GOAL := help
ARGS ?=
STD ?=
PREFIX ?= $(HOME)/.local
SECONDS ?= 60
SEED ?=
VERSION ?=

# Every recipe runs its programs in the foreground, without a wrapper, so that Ctrl-C reaches them.
run := scripts/run.sh
node := node --import tsx

.PHONY: help start stop restart status logs bundle install uninstall release release-files test test-std test-cluster check fmt bench bench-peers chaos hooks clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

start: ## Start Temporal, or reuse the running one; installs what is missing
	@$(run) start $(ARGS)

stop: ## Stop Temporal
	@$(run) stop $(ARGS)

restart: ## Restart Temporal on the same data
	@$(run) restart $(ARGS)

status: ## Check Temporal layer by layer (exit 1 dead, 3 not running, 4 unhealthy; make turns these into 2)
	@$(run) status $(ARGS)

logs: ## Show the logs of Temporal and of the processes beside it (ARGS=-f to follow)
	@$(run) logs $(ARGS)

bundle: ## Build the tool as one file that Deno and Node run alone (dist/stigmer-local.mjs)
	@scripts/node_modules.sh run
	@$(node) scripts/bundle.ts

install: bundle ## Install that file and a launcher, stigmer-local, under PREFIX (default ~/.local)
	@scripts/install.sh "$(PREFIX)"

uninstall: ## Remove them from PREFIX
	@scripts/install.sh --remove "$(PREFIX)"

release: ## Make a release on this machine: check, commit, files in dist/release, tag; publishes nothing (VERSION=1.2.3)
	@scripts/node_modules.sh dev
	@$(node) scripts/release.ts "$(VERSION)"

release-files: ## Make the files of a release in dist/release
	@scripts/node_modules.sh dev
	@$(node) scripts/release.ts --files

test: ## Run all tests under Deno and Node against a real Temporal (ARGS=--quick for units and the central scenarios)
	@scripts/node_modules.sh dev
	@$(node) scripts/test.ts $(ARGS)

test-std: ## Run the tests with the real @std packages (STD=checkout of denoland/std)
	@scripts/node_modules.sh dev
	@$(node) scripts/test_std.ts "$(STD)" $(ARGS)

test-cluster: ## Test against a real Temporal cluster on PostgreSQL (needs Go; takes minutes the first time)
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts scripts/cluster/main.ts $(ARGS)

check: ## Check format, lint, types and house rules
	@scripts/node_modules.sh dev
	@$(node) scripts/check.ts

fmt: ## Format the code, and fix what lint can fix
	@scripts/node_modules.sh dev
	@$(node) scripts/check.ts --fix

bench: ## Run the benchmark, and print the table of docs/performance.md
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts bench/main.ts $(ARGS)

bench-peers: ## Compare with other tools of its kind, as far as they are on PATH
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts bench/peers/main.ts $(ARGS)

chaos: ## Run the chaos test: random kills, hangs and races with real workflows (SECONDS=600 SEED=42)
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts tests/chaos/main.ts --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

hooks: ## Enable the git hooks in .githooks
	@git config core.hooksPath .githooks

clean: ## Remove installed, built and cached files from this clone (never your data)
	@rm -rf node_modules dist .cache .tools

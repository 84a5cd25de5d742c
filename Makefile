# stigmer-local: `make help` lists what there is. Works with GNU make 3.81 and later.
# Flags for a command go through ARGS: make start ARGS="--port 7300"

.DEFAULT_GOAL := help
ARGS ?=
STD ?=
SECONDS ?= 60
SEED ?=

# Every recipe runs one program after another in the foreground: Ctrl-C reaches them, and nothing stands in between.
run := scripts/run.sh
node := node --import tsx

.PHONY: help start stop restart status logs test test-std test-cluster check fmt bench chaos hooks clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

start: ## Bring Temporal up, or say that it is up; installs what is missing
	@$(run) start $(ARGS)

stop: ## Stop Temporal
	@$(run) stop $(ARGS)

restart: ## Stop Temporal and start it again on the same data
	@$(run) restart $(ARGS)

status: ## Check Temporal layer by layer (0 running, 1 failed, 3 not running, 4 unwell; make itself turns these into 2)
	@$(run) status $(ARGS)

logs: ## Show Temporal's log (ARGS=-f follows it)
	@$(run) logs $(ARGS)

test: ## Run every test under Deno and Node on a real Temporal (ARGS="--runtime node core" picks some)
	@scripts/node_modules.sh dev
	@$(node) scripts/test.ts $(ARGS)

test-std: ## Run the tests on the real @std packages (STD=checkout of denoland/std)
	@scripts/node_modules.sh dev
	@$(node) scripts/test_std.ts "$(STD)" $(ARGS)

test-cluster: ## Try the tool on a real Temporal cluster on PostgreSQL, built here (needs Go; minutes at first)
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts scripts/cluster/main.ts $(ARGS)

check: ## Check format, lint, types and the rules of the house
	@scripts/node_modules.sh dev
	@$(node) scripts/check.ts

fmt: ## Format the code, and mend what lint can mend
	@scripts/node_modules.sh dev
	@$(node) scripts/check.ts --fix

bench: ## Measure, and print the table of docs/performance.md
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts bench/main.ts $(ARGS)

chaos: ## Kill, stop, hang and race at random, with real workflows (SECONDS=600 SEED=42)
	@scripts/node_modules.sh dev
	@$(node) scripts/in_test_env.ts tests/chaos/main.ts --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

hooks: ## Let git run the hooks in .githooks
	@git config core.hooksPath .githooks

clean: ## Remove what was installed, built and cached in this clone (never your data)
	@rm -rf node_modules dist .cache .tools

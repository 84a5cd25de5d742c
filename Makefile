# stigmer-local: `make help` lists what there is. Works with GNU make 3.81 and later.
# Flags for the tool go through ARGS: make start ARGS="--port 7300"

.DEFAULT_GOAL := help
ARGS ?=

# Recipes are single commands that make runs by itself: Ctrl-C reaches them, and nothing stands in between.
run := scripts/run.sh
node := node --import tsx

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: start
start: ## Bring Temporal up, or say that it is up; installs what is missing
	@$(run) start $(ARGS)

.PHONY: stop
stop: ## Stop Temporal
	@$(run) stop $(ARGS)

.PHONY: restart
restart: ## Stop and start Temporal on the same data
	@$(run) restart $(ARGS)

.PHONY: status
status: ## Check Temporal layer by layer; exit codes as LSB (0 running, 1 dead, 3 not running, 4 unwell)
	@$(run) status $(ARGS)

.PHONY: logs
logs: ## Show Temporal's log (ARGS=-f follows it)
	@$(run) logs $(ARGS)

.PHONY: test
test: ## Run every test under Deno and Node (ARGS="--runtime node core" picks)
	@scripts/node_modules.sh dev
	@$(node) scripts/test.ts $(ARGS)

.PHONY: fmt
fmt: ## Format the code
	@scripts/node_modules.sh dev
	@$(node) scripts/check.ts --fix

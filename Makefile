# Each target calls one script; `make help` lists them.
.PHONY: help demo demo-down test test-long cloud cloud-down run build setup

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: build setup ## from a push to a served prediction, on this machine (KEEP=1 leaves it running)
	@test/e2e/demo

demo-down: ## remove everything that demo and cloud made
	@src/local-cloud/cloud clean
	@rm -rf .local/demo .local/runner

test: setup ## all tests, with real parts
	@test/run

test-long: build setup ## the suites that take longer (SUITE=name: one of test/long)
	@test/long/run

cloud: build setup ## start the local cloud in the background; then: . .local/cloud.env
	@src/local-cloud/cloud start

cloud-down: ## stop the local cloud and remove all it made
	@src/local-cloud/cloud clean

run: build ## run a folder's Jenkinsfile against the local cloud: make run REPO=dir [PARAMS="k=v ..."]
	@test -n "$(REPO)" || { echo "make run REPO=dir: which folder?" >&2; exit 2; }
	@test -f .local/cloud.env || { echo "the local cloud isn't running: make cloud" >&2; exit 2; }
	@. ./.local/cloud.env && src/local-runner/run --repo "$(REPO)" $(foreach p,$(PARAMS),--param $(p))

build: ## build the engine, the plugin, the local cloud and the local runner
	@src/build

setup: ## get what this machine lacks: container engine, registry, base image
	@src/local-cloud/setup

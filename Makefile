# The front door: `make help` lists it. Everything stays in this clone; the work is done by retailctl.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# A setting is text: make never expands it and no recipe holds it. Commands read it from the environment and judge it.
# `override` holds for settings of the command line too, which make would expand to export them.
override settings := CLOUD CONFIRM ENV GITHUB LIFT_PROTECTION OLDER OUT PLAN PREBUILT PROVIDERS PYTHON REPORT SUMMARY \
  TO UPGRADE VERSION
$(foreach name,$(settings),$(if $(filter undefined,$(origin $(name))),,$(eval \
  override $(name) := $$(value $(name)))$(eval export $(name))))
# Without CLOUD, plan, apply, destroy and bootstrap mean AWS, and the others the local cloud `local`.
override RETAIL_CLOUD := $(or $(value CLOUD),$(value RETAIL_CLOUD))
export RETAIL_CLOUD

override environments := $(sort $(patsubst environments/%/terraform.tfvars,%,$(wildcard environments/*/terraform.tfvars)))
override retailctl := .venv/bin/retailctl

# What pre-commit notes down goes with our environments.
export PRE_COMMIT_HOME := $(CURDIR)/.venv/pre-commit

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  ENV=<name> says which environment ($(environments); dev by default),'
	@echo '  CLOUD=<name> which local cloud.'

.PHONY: setup
setup: ## Set up .venv from the pinned requirements (the other targets do it by themselves)
	@scripts/setup

.PHONY: environment
environment:
	@for known in $(environments); do [ "$$known" != "$${ENV-dev}" ] || exit 0; done; \
	printf "make: There is no environment '%s': set ENV to one of %s\n" "$${ENV-dev}" '$(environments)' >&2; exit 2

.PHONY: tools
tools: setup
	@$(retailctl) tools

.PHONY: package
package: setup ## Build the functions' zips in build/artifacts
	@$(retailctl) package

.PHONY: test
test: tools ## Run all tests, with coverage, and say which took longest
	@.venv/bin/pytest -n 3 --cov --cov-report term --durations 20

.PHONY: test-quick
test-quick: setup ## Run the tests that take no Terraform and no local cloud
	@.venv/bin/pytest -n 2 -m 'not slow' tests/unit tests/integration tests/property

.PHONY: check
check: tools ## Run all gates: formats, types, policies, schemas, generated files
	@.venv/bin/pre-commit run --all-files

.PHONY: demo
demo: environment tools ## From nothing to the two winners on the screen, every score checked
	@$(retailctl) demo

.PHONY: up
up: environment tools ## Start a local cloud with an environment in it, or bring it up to date
	@$(retailctl) up

.PHONY: play
play: environment tools ## Play a workshop in the local cloud and watch the board
	@$(retailctl) up --if-needed
	@$(retailctl) play

.PHONY: winners
winners: environment tools ## Print the board of the local cloud
	@$(retailctl) up --if-needed
	@$(retailctl) winners

.PHONY: bench
bench: environment tools ## Measure cost and speed in the local cloud, into build/bench.json
	@.venv/bin/python -m tools.bench

.PHONY: cost
cost: setup ## Say what a day costs before anything is applied, and draw it in build/cost.svg
	@$(retailctl) cost

.PHONY: down
down: setup ## Stop the local cloud and leave nothing of it
	@$(retailctl) down

.PHONY: bootstrap
bootstrap: environment tools ## Make the bucket for ENV's state in AWS, and GITHUB=<owner>/<name>'s roles, once per account
	@$(retailctl) bootstrap

.PHONY: plan
plan: environment tools ## Show what applying ENV to AWS would change (OUT=<file> saves the plan)
	@$(retailctl) plan

.PHONY: apply
apply: environment tools ## Plan, ask (or CONFIRM=<env>) and apply ENV to AWS (PLAN=<file> applies a saved plan)
	@$(retailctl) apply

.PHONY: smoke
smoke: environment tools ## See whether ENV in AWS answers as it should
	@$(retailctl) smoke

.PHONY: drift
drift: environment tools ## Tell what was changed in ENV past Terraform
	@$(retailctl) drift

.PHONY: builds
builds: environment tools ## List the builds that ENV has had
	@$(retailctl) builds

.PHONY: rollback
rollback: environment tools ## Apply an earlier build (TO=<build>) to ENV, after its name was typed
	@$(retailctl) rollback

.PHONY: destroy
destroy: environment tools ## Destroy ENV in AWS, after its name was typed (or CONFIRM=<env>)
	@$(retailctl) destroy

.PHONY: release
release: tools ## Release VERSION=x.y.z: gates, changelog, one commit, one tag; nothing is pushed
	@.venv/bin/python -m tools.release

.PHONY: lock
lock: setup ## Pin the requirement files anew (UPGRADE=1 for newer versions, PROVIDERS=1 for Terraform's too)
	@.venv/bin/python scripts/lock.py $(if $(value UPGRADE),--upgrade) $(if $(value PROVIDERS),--providers)

.PHONY: clean
clean: ## Stop this clone's local clouds; remove all that was built, set up or cached here
	@if ls .retail/*/state.json >/dev/null 2>&1; then scripts/setup && $(retailctl) down --all; fi
	@rm -rf .venv .retail build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* coverage.xml
	@find . -name .git -prune -o \( -name __pycache__ -o -name '*.egg-info' -o -name .terraform \) -type d -prune -exec rm -rf {} +

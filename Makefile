# The front door: `make help` lists it. Everything stays in this clone; the work is done by retailctl.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# A setting is text: make never expands it and no recipe holds it. Commands read it from the environment and judge it.
# `override` holds for settings of the command line too, which make would expand to export them.
override settings := CLOUD CONFIRM ENV GITHUB LIFT_PROTECTION OLDER OUT PLAN PREBUILT PROVIDERS PYTHON REPORT SEED \
  SUMMARY TO UPGRADE VERSION
$(foreach name,$(settings),$(if $(filter undefined,$(origin $(name))),,$(eval \
  override $(name) := $$(value $(name)))$(eval export $(name))))
# retailctl acts in the local cloud `local` unless it is told where. Without CLOUD, these targets name AWS.
override RETAIL_CLOUD := $(or $(value CLOUD),$(value RETAIL_CLOUD))
export RETAIL_CLOUD
apply bootstrap builds destroy drift plan rollback smoke: override RETAIL_CLOUD := $(or $(value RETAIL_CLOUD),aws)

override environments := $(sort $(patsubst environments/%/terraform.tfvars,%,$(wildcard environments/*/terraform.tfvars)))
override retailctl := .venv/bin/retailctl

# What pre-commit notes down goes with our environments.
export PRE_COMMIT_HOME := $(CURDIR)/.venv/pre-commit
# Tests start Python hundreds of times, and read themselves with it: that is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: environment
environment:
	@for known in $(environments); do [ "$$known" != "$${ENV-dev}" ] || exit 0; done; \
	printf "make: There is no environment '%s': set ENV to one of %s\n" "$${ENV-dev}" '$(environments)' >&2; exit 2

.PHONY: tools
tools: setup
	@$(retailctl) tools

##@ See it work, in a local cloud

.PHONY: demo
demo: environment tools ## From nothing to the two winners, every score checked
	@$(retailctl) demo

.PHONY: up
up: environment tools ## Start a local cloud with ENV, or bring it up to date
	@$(retailctl) up

.PHONY: play
play: environment tools ## Play a workshop in the local cloud and watch the board
	@$(retailctl) up --if-needed
	@$(retailctl) play

.PHONY: winners
winners: environment tools ## Print the board of the local cloud
	@$(retailctl) up --if-needed
	@$(retailctl) winners

.PHONY: down
down: setup ## Stop the local cloud and leave nothing of it
	@$(retailctl) down

##@ Develop

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' \
	  Makefile
	@echo
	@echo 'Settings, such as make up ENV=staging:'
	@echo '  ENV=<name>    which environment ($(environments); dev by default)'
	@echo '  CLOUD=<name>  which local cloud (local by default)'
	@echo '  CONFIRM=<env> the name of the environment, instead of being asked for it'

.PHONY: setup
setup: ## Set up .venv from the pins; the other targets do it too
	@scripts/setup

.PHONY: package
package: setup ## Build the functions' zips in build/artifacts
	@$(retailctl) package

.PHONY: test
test: tools ## Run the tests of code, plans and one applied environment
	@.venv/bin/pytest -n 4 -m 'not nightly' --cov --cov-report term --durations 20 \
	  tests/browser tests/e2e tests/infrastructure tests/integration tests/property tests/unit

.PHONY: test-acceptance
test-acceptance: tools ## Run the tests that apply every environment and module
	@.venv/bin/pytest -n 4 -m 'not nightly' --durations 20 tests/acceptance

.PHONY: test-nightly
test-nightly: tools ## Run the tests that take minutes each, as CI does by night
	@.venv/bin/pytest -n 3 -m nightly --durations 20

.PHONY: test-quick
test-quick: setup ## Run the tests that take no Terraform and no local cloud
	@.venv/bin/pytest -n 4 --dist worksteal -m 'not slow and not nightly' tests/unit tests/integration tests/property

.PHONY: test-laws
test-laws: setup ## Run the laws with all histories (SEED=<n> repeats a run)
	@.venv/bin/python -m tools.laws

.PHONY: check
check: tools ## Run all gates: formats, types, policies, generated files
	@.venv/bin/pre-commit run --all-files

.PHONY: bench
bench: environment tools ## Measure cost and speed, into build/bench.json
	@.venv/bin/python -m tools.bench

.PHONY: cost
cost: setup ## Say what a day costs, and draw it in build/cost.svg
	@$(retailctl) cost

.PHONY: lock
lock: setup ## Pin the requirement files again (UPGRADE=1, PROVIDERS=1)
	@.venv/bin/python scripts/lock.py $(if $(value UPGRADE),--upgrade) $(if $(value PROVIDERS),--providers)

.PHONY: release
release: tools ## Release VERSION=x.y.z: one commit, one tag, no push
	@.venv/bin/python -m tools.release

.PHONY: clean
clean: ## Stop this clone's clouds; remove what was built or cached
	@if ls .retail/*/state.json >/dev/null 2>&1; then scripts/setup && $(retailctl) down --all; fi
	@rm -rf .venv .retail build .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* coverage.xml
	@find . -name .git -prune -o \( -name __pycache__ -o -name '*.egg-info' -o -name .terraform \) -type d -prune -exec rm -rf {} +

##@ Operate ENV in AWS; with CLOUD=name in a local cloud

.PHONY: bootstrap
bootstrap: environment tools ## Make the state's bucket, CI's roles (GITHUB=owner/name)
	@$(retailctl) bootstrap

.PHONY: plan
plan: environment tools ## Show what would change in ENV (OUT=file saves the plan)
	@$(retailctl) plan

.PHONY: apply
apply: environment tools ## Plan, ask and apply ENV (PLAN=file applies a saved plan)
	@$(retailctl) apply

.PHONY: smoke
smoke: environment tools ## See whether ENV answers as it should
	@$(retailctl) smoke

.PHONY: drift
drift: environment tools ## Tell what was changed in ENV past Terraform
	@$(retailctl) drift

.PHONY: builds
builds: environment tools ## List the builds that ENV has had
	@$(retailctl) builds

.PHONY: rollback
rollback: environment tools ## Apply an earlier build to ENV (TO=build)
	@$(retailctl) rollback

.PHONY: destroy
destroy: environment tools ## Destroy ENV, after its name was typed
	@$(retailctl) destroy

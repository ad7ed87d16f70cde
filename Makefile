# Needs Python 3.11 or newer and make; everything else is fetched into .venv.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := -m pip --quiet --disable-pip-version-check install --no-compile
# Its build tools are pinned in the requirements, so the project is built without isolation.
PROJECT := --no-build-isolation --no-deps --editable .

.DEFAULT_GOAL := help
.PHONY: help setup-demo setup native demo test soak lint types synth bootstrap diff deploy
.PHONY: destroy package lock bench fuzz clean
# What bootstrap, diff, deploy and destroy are about; see infra/environments.py.
ENVIRONMENT ?= dev

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup-demo: .venv/.demo native ## Install what the demo needs: no CDK, no Node
setup: .venv/.dev .venv-clients/.done native ## Install everything

demo: setup-demo ## Run the whole system on this machine, once
	$(BIN)/lakescrub demo

test: setup lint types ## Check everything
	$(BIN)/pytest --numprocesses 2 --dist loadgroup

soak: .venv/.dev native ## Let 2,000 objects fall due in one second, with five copies of each function
	$(BIN)/pytest -m soak --durations 3

# Any C compiler will do, and none: then the same is done in Python, and the next call tries again.
native: workflow/scrub/native/rows.native
workflow/scrub/native/rows.native: workflow/scrub/native/*.c workflow/scrub/native/*.h | .venv/.demo
	@$(BIN)/python -m workflow.scrub.native.build || true

lint: .venv/.dev ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev ## Check types
	$(BIN)/mypy

synth: .venv/.dev ## Write the template that is committed, and cdk.out
	$(BIN)/python -m infra synth

bootstrap diff destroy: .venv/.dev
	@$(BIN)/python -m infra $@ $(ENVIRONMENT)
deploy: .venv/.dev ## Deploy to AWS: make deploy ENVIRONMENT=prod (bootstrap, diff, destroy likewise)
	@$(BIN)/python -m infra $@ $(ENVIRONMENT)

package: .venv/.dev ## Write template and bundles for CloudFormation: make package BUCKET=my-assets
	@$(BIN)/python -m infra $@ $(ENVIRONMENT) '$(BUCKET)'

lock: .venv/.dev ## Pin the newest dependencies that pyproject.toml allows
	requirements/lock.sh

bench: .venv/.dev native ## Measure speed (see benchmarks/README.md)
	$(BIN)/python -m benchmarks
fuzz: .venv/.dev native ## Feed the engine with broken input: make fuzz SECONDS=60
	$(BIN)/python -m benchmarks.fuzz $(SECONDS)
	$(BIN)/python -m benchmarks.fuzz_parquet $(SECONDS)

clean: ## Remove everything that was made here
	rm -rf .venv .venv-clients cdk.out build *.egg-info .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python .venv-clients/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("needs Python 3.11+: set PYTHON")'
	$(PYTHON) -m venv $(@D:/bin=)

.venv/.demo: requirements/demo.txt pyproject.toml | .venv/bin/python
	$(BIN)/python $(INSTALL) --require-hashes --requirement $<
	$(BIN)/python $(INSTALL) $(PROJECT)
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.demo | .venv/bin/python
	$(BIN)/python $(INSTALL) --require-hashes --requirement $<
	@touch $@

.venv-clients/.done: requirements/clients.txt | .venv-clients/bin/python
	.venv-clients/bin/python $(INSTALL) --require-hashes --requirement $<
	@touch $@

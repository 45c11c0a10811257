# Everything starts here. `make` alone prints what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint venv proto docs image images image-size docker serve up down logs clean

PYTHON_BIN := .venv/bin
STARTED := $(shell date +%s%N)
SANDBOX := scripts/docker-up && scripts/sandbox-image
BACKING := scripts/offline-images nats postgres
WITHOUT_SANDBOX := echo "Going on without a sandbox: what needs one is skipped or left undetermined."

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | awk '{ name = $$1; $$1 = ""; printf "  make %-10s%s\n", name, $$0 }'

demo: ## set everything up and check the examples, with a report for each
	@scripts/venv
	@scripts/typescript
	@$(SANDBOX) || $(WITHOUT_SANDBOX)
	@STARTED=$(STARTED) scripts/demo

test: ## set everything up; lint; the whole test suite but what is slow
	@scripts/venv dev
	@scripts/typescript
	@{ $(SANDBOX) && $(BACKING); } $(if $(CI),,|| $(WITHOUT_SANDBOX))
	@$(MAKE) --no-print-directory lint
	$(PYTHON_BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"

test-slow: ## the slow proofs
	@scripts/venv dev
	@scripts/typescript
	@$(SANDBOX) && $(BACKING)
	$(PYTHON_BIN)/python -m pytest -q -m slow

lint: ## ruff, mypy, buf, whether what is generated is up to date, and Assay on itself
	@scripts/venv dev
	$(PYTHON_BIN)/ruff check .
	$(PYTHON_BIN)/ruff format --check .
	$(PYTHON_BIN)/mypy .
	$(PYTHON_BIN)/buf lint
	scripts/proto --check
	scripts/docs --check
	$(PYTHON_BIN)/assay check --no-sandbox --python .venv --fail-on medium .

venv: ## make .venv with what development needs
	@scripts/venv dev
	@scripts/typescript

proto: ## generate the Python of the contract
	@scripts/venv dev
	scripts/proto

docs: ## make the pages that are made from the source
	@scripts/venv dev
	scripts/docs

docker: ## find or start a Docker daemon
	@scripts/docker-up

image: ## build the image of all services, assay:VERSION
	@scripts/docker-up
	@scripts/image

image-size: ## what takes the room in the image of all services
	@scripts/image-size

images: ## build the images of all languages, with the size and time of each; the base where it cannot be pulled
	@$(SANDBOX) --all

serve: ## serve the whole suite on 127.0.0.1:50051
	@scripts/venv
	@scripts/typescript
	@$(SANDBOX) || $(WITHOUT_SANDBOX)
	$(PYTHON_BIN)/assay serve

up: ## bring the suite up, a container for each service (compose.yaml), and try it; PROFILE=observability watches it too
	@PROFILE=$(PROFILE) scripts/up

down: ## take it down; what is stored stays (make down WITH=--volumes removes that too)
	@scripts/compose --profile observability down --remove-orphans --timeout 60 $(WITH)

logs: ## follow what the services write (make logs OF=gateway: one of them)
	@scripts/compose logs --follow --tail 100 $(OF)

clean: ## remove .venv, caches and build output of this checkout; images and containers stay
	[ ! -e .venv ] || [ ! -e .venv/assay-stamp ] || rm -rf .venv
	rm -rf services/stages/semantic/typescript/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

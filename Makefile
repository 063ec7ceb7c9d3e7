# make help lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
SHOW ?= shows/momotaro
BIN := .venv/bin

.PHONY: help install demo up test lint bench house house-eval clean

help: ## list these
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

# uv reads the lock file; it installs in seconds what pip installs in minutes. Every run is a process that imports torch and diffusers:
# compiled once here, they load in half the time, also where Python may not write what it compiled
.venv/ready: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip install --quiet --compile-bytecode -r constraints.txt
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

install: .venv/ready ## make the environment in .venv from the lock file

demo: .venv/ready ## draw, letter and bind the sample show (SHOW=shows/mine for another)
	$(BIN)/genga demo --show $(SHOW)

up: .venv/ready ## serve the Dagster UI, queue and sensors of SHOW until Ctrl-C
	$(BIN)/genga up --show $(SHOW)

lint: .venv/ready ## ruff and pyright
	$(BIN)/ruff check .
	$(BIN)/basedpyright

test: lint ## lint, then all tests
	$(BIN)/pytest --numprocesses logical --maxprocesses 4 --no-loadscope-reorder

bench: .venv/ready ## run all benchmarks, well over an hour on two cores; writes the table in benchmarks/README.md
	$(BIN)/python benchmarks

house: .venv/ready ## train the house model from nothing, or go on where it stopped; hours on a CPU
	$(BIN)/python -m house train
	$(BIN)/python -m house evaluate

house-eval: .venv/ready ## measure the shipped house model against its goals
	$(BIN)/python -m house evaluate

clean: ## remove the environment and what was made of SHOW
	rm -rf .venv $(SHOW)/out

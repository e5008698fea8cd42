# The one door to everything; `make` lists what is behind it. GNU Make 3.81 is enough.
PYTHON ?= python3
PORT ?=
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup serve book test test-fast notebooks pull new lab lint format bench clean

help: ## list these commands
	@echo 'make COMMAND, where COMMAND is one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

setup: ## create .venv and install what requirements.txt lists (the others do it by themselves)
	@command -v $(PYTHON) >/dev/null || \
	  { echo '$(PYTHON) not found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) tools/environment.py

serve: setup ## build the book and show it at http://localhost:8000 (another port: PORT=9000)
	@$(PY) -m tools.website serve $(if $(PORT),--port $(PORT))

book: setup ## build the book into _build/html
	@$(PY) -m tools.website build

test: setup ## run everything: style, package, tools, notebooks, the site in a real browser
	@$(PY) -m tools.suite $(PARTS)

test-fast: setup ## run what needs neither a browser nor the notebooks: style, package, tools
	@$(PY) -m tools.suite lint house lessons tools

notebooks: setup ## make book/*.ipynb from text/*.md, only where something changed (one: CH=04)
	@$(PY) -m tools.notebooks build $(CH)

pull: setup ## take the edits of a notebook back into its text: make pull CH=04
	@test -n '$(CH)' || { echo 'Which chapter? For example: make pull CH=04' >&2; exit 2; }
	@$(PY) -m tools.notebooks pull $(CH)

new: setup ## start a chapter: make new CH=12 TITLE="Images"
	@test -n '$(CH)' && test -n "$(TITLE)" || { echo 'Say which: make new CH=12 TITLE="Images"' >&2; exit 2; }
	@$(PY) -m tools.notebooks new $(CH) "$(TITLE)"

lab: setup ## open your own copies of the chapters, in lab/, in JupyterLab
	@$(PY) -m tools.readers lab

lint: setup ## check style and find common mistakes
	@$(PY) -m tools.suite lint

format: setup ## put the code into the common style
	@$(PY) -m ruff check --fix --extend-exclude 'book/*.ipynb' .
	@$(PY) -m ruff format .

bench: setup ## repeat the measurements in benchmarks/
	@$(PY) -m benchmarks

clean: ## remove what can be built again (not .venv)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -not -path './.venv/*' -type d -prune -exec rm -rf {} +

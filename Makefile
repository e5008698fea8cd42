# The one door to everything; `make` lists what is behind it. GNU Make 3.81 is enough.
PYTHON ?= python3
PORT ?=
PY := .venv/bin/python

# What a shell sets for other programs takes no part: how and where Python looks, options of pytest,
# figure settings and kernels of others, the repository of a Git hook that may have called make.
unexport $(filter PYTHON% PYTEST_%,$(.VARIABLES))
unexport MPLBACKEND MATPLOTLIBRC JUPYTER_PATH JUPYTER_PREFER_ENV_PATH
unexport GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export PYTHONUTF8 := 1
.NOTPARALLEL: # test and book share _build

.DEFAULT_GOAL := help
.PHONY: help setup serve book test test-fast notebooks pull new slides pdf offline lab lint format pictures bench links clean

help: ## list these commands
	@echo 'make COMMAND, where COMMAND is one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

setup: ## create .venv and install what requirements.txt lists (the others do it by themselves)
	@python="$(subst ~/,$(HOME)/,$(PYTHON))"; command -v "$$python" >/dev/null || \
	  { echo "$$python not found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$$python" tools/environment.py

serve: setup ## build the book and show it at http://127.0.0.1:8000 (another port: PORT=9000)
	@$(PY) -m tools.website serve $(if $(PORT),--port '$(PORT)')

book: setup ## build the book into _build/html
	@$(PY) -m tools.website build

test: setup ## run everything: style, package, tools, notebooks, the site in a real browser
	@$(PY) -m tools.suite $(PARTS)

test-fast: setup ## run what needs neither a browser nor the notebooks: style, package, tools
	@$(PY) -m tools.suite lint types house lessons tools

notebooks: setup ## make book/*.ipynb from text/*.md, only where something changed (one: CH=04)
	@$(PY) -m tools.notebooks build $(CH)

pull: setup ## take the edits of a notebook back into its text: make pull CH=04
	@test -n '$(CH)' || { echo 'Which chapter? For example: make pull CH=04' >&2; exit 2; }
	@$(PY) -m tools.notebooks pull $(CH)

new: setup ## start a chapter: make new CH=26 TITLE="Agents"
	@test -n '$(CH)' && test -n "$(TITLE)" || { echo 'Say which: make new CH=26 TITLE="Agents"' >&2; exit 2; }
	@$(PY) -m tools.notebooks new $(CH) "$(TITLE)"

slides: setup ## make slides in _build/slides, for use without a network (one chapter: CH=04)
	@$(PY) -m tools.slides $(CH)

pdf: book ## print the whole book as one PDF, in _build/pdf (other paper: PAPER=Letter)
	@$(PY) -m tools.offline pdf $(if $(PAPER),--paper '$(PAPER)')

offline: book ## make a zip of the site, in _build/offline, that works without a server or network
	@$(PY) -m tools.offline zip

lab: setup ## open your own copies of the chapters, in lab/, in JupyterLab
	@root=; test "$$(id -u)" != 0 || { root=--allow-root; echo 'You are root: what notebooks run may change everything here.'; }; \
	$(PY) -m tools.readers lab $$root

lint: setup ## check style and types, and find common mistakes
	@$(PY) -m tools.suite lint types

format: setup ## put the code into the common style
	@$(PY) -m ruff check --fix --extend-exclude 'book/*.ipynb' .
	@$(PY) -m ruff format .

pictures: setup ## take the pictures of README.md again, after what they show has changed
	@$(PY) -m tools.website pictures

bench: setup ## repeat the measurements in benchmarks/
	@$(PY) -m benchmarks

links: setup ## ask whether the sources still answer; needs a network, and says so if there is none
	@$(PY) -m tools.links

clean: ## remove what can be built again (not .venv)
	rm -rf _build .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage
	find . -name __pycache__ -not -path './.venv/*' -type d -prune -exec rm -rf {} +

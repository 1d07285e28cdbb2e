# Everything is built from here. `make help` lists what can be asked for.
# The graph is files: every output depends on the files it is made from, through the imports of its notebook.

PYTHON ?= python3
RUNS   ?= primary post-hoc-15 design first-line
# nproc would take a limit meant for the threads of one process for the number of cores.
JOBS   ?= $(shell env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || echo 2)

VENV := .venv
ENV  := $(VENV)/.complete
ANALYSIS := @$(VENV)/bin/python -m analysis
# The same by a process that has imported everything and forks itself for each step; it ends with make.
STEP := @$(VENV)/bin/python -E -S src/analysis/workflow/ask.py

export PYTHONNOUSERSITE := 1
# Of a folder that was copied or moved, or has the environment of another, the package is its own.
export PYTHONPATH := $(CURDIR)/src$(if $(value PYTHONPATH),:$(value PYTHONPATH))
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# A runner puts whole files in place or none: after a failure what stands is the last good copy, never a part.
.PRECIOUS: reports/notebooks/%.ipynb reports/results/%.json
.SUFFIXES:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules

# One job a core unless -j was given: notebooks of different runs do not wait for each other.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif

.PHONY: help
help: ## this list
	@echo "make TARGET [RUNS=\"run ...\"]"
	@echo
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "runs: $(notdir $(basename $(wildcard notebooks/runs/*.yml))) (default: $(RUNS))"

# ---------------------------------------------------------------- environments
.PHONY: env
env: $(ENV) ## build the environment in .venv and nothing else

$(ENV): requirements.lock requirements-uv.lock src/analysis/workflow/bootstrap.py
	@$(PYTHON) src/analysis/workflow/bootstrap.py requirements.lock $(VENV)

.venv-lab/.complete: requirements-lab.lock requirements-uv.lock src/analysis/workflow/bootstrap.py | $(ENV)
	@$(PYTHON) src/analysis/workflow/bootstrap.py requirements-lab.lock .venv-lab

.PHONY: lab
lab: .venv-lab/.complete ## open the notebooks in JupyterLab
	@.venv-lab/bin/jupyter lab --notebook-dir=. notebooks

.venv-idc/.complete: requirements-idc.lock requirements-uv.lock src/analysis/workflow/bootstrap.py
	@$(PYTHON) src/analysis/workflow/bootstrap.py requirements-idc.lock .venv-idc

.PHONY: fetch-env
fetch-env: .venv-idc/.complete ## build the environment that downloads public PET collections (fetch-pet)

.PHONY: diff
diff: .venv-lab/.complete | $(ENV) ## what changed since the last commit: numbers, tables, figures, cells of notebooks
	$(ANALYSIS) diff --nbdiff .venv-lab/bin/nbdiff

# ---------------------------------------------------------------- the report
SITE := reports/_site
NEEDS_GRAPH := report run pages preview crate submission $(filter reports/% data/%,$(MAKECMDGOALS))
ifneq ($(filter $(NEEDS_GRAPH),$(MAKECMDGOALS)),)
GRAPH_ERROR := $(shell rm -f .make/graph.mk; $(PYTHON) -E -S src/analysis/workflow/graph.py .make/graph.mk '$(subst ','\'',$(RUNS))' 2>&1 || echo "(nothing was run)")
ifneq ($(GRAPH_ERROR),)
$(error $(GRAPH_ERROR))
endif
include .make/graph.mk
endif

.PHONY: report
report: $(SITE)/index.html ## rebuild every output that is out of date: notebooks, publication, reviewers' site
	@echo "report: open $(SITE)/index.html"

.PHONY: run
run: $(COPIES) ## run the notebooks of RUNS, without publication
	@echo "run: executed notebooks are in reports/notebooks"

.PHONY: pages
pages: $(COPIES) $(PAGES) ## run the notebooks of RUNS and render their pages, without publication
	@echo "pages: open those in $(SITE)/notebooks"

# One execution makes both files; they come into being together or not at all.
reports/notebooks/%.ipynb reports/results/%.json: | $(ENV)
	$(STEP) run $*

# The page of one executed notebook.
$(SITE)/notebooks/%.html: reports/notebooks/%.ipynb reports/results/%.json $(PUBLISH) reports/style/site.css | $(ENV)
	$(STEP) page $*

# The publication: all formats at once. The stem is the dot, which makes this a grouped pattern rule.
$(SITE)/publication/index%html $(SITE)/publication/index%docx $(SITE)/publication/index%pdf $(SITE)/publication/supplement%html: \
		$(VALUES) $(PUBLICATION) $(PUBLISH) data/protocol.yml .make/runs | $(ENV)
	$(STEP) publish $(RUNS)

# The publication before the pages: while it is prepared and looked through on one core, the other makes pages.
$(SITE)/index.html: $(COPIES) $(SITE)/publication/index.html $(SITE)/publication/index.docx \
		$(SITE)/publication/index.pdf $(SITE)/publication/supplement.html $(PAGES) $(STUDIES) $(PUBLISH) reports/style/site.css .make/runs \
		$(wildcard data/agreement.csv .make/tests.json) | $(ENV)
	$(STEP) index $(RUNS)

.PHONY: preview
preview: run ## serve the text on this computer; what you save is made again and the browser reloads (PORT=0: any free port)
	$(ANALYSIS) preview $(if $(PORT),--port $(PORT)) $(RUNS)

.PHONY: crate
crate: report ## archive the report with its sources, checksums and software bill, without patient rows: reports/_crate.zip
	$(ANALYSIS) crate $(RUNS)

.PHONY: submission
submission: report ## a journal's manuscript with its MECA archive, by Quarto: reports/_submission
	$(ANALYSIS) submission $(RUNS)

.PHONY: verify
verify: $(ENV) ## rebuild from an archive and compare every byte: make verify CRATE=reports/_crate.zip
	$(if $(CRATE),,$(error CRATE is empty. Expected: an archive of make crate, e.g. make verify CRATE=reports/_crate.zip))
	$(ANALYSIS) verify $(CRATE)

# Remembers which runs the site shows; remade only when they differ.
ifneq ($(strip $(shell cat .make/runs 2>/dev/null)),$(strip $(RUNS)))
.make/runs: FORCE
endif
.make/runs:
	@mkdir -p .make && echo "$(RUNS)" > $@

.PHONY: FORCE
FORCE:

# ---------------------------------------------------------------- data
.PHONY: data
data: $(ENV) ## download public real data, at pinned commits with checksums (see data/README.md)
	$(ANALYSIS) fetch --all

# ---------------------------------------------------------------- quality
.PHONY: check
check: $(ENV) ## lint, types, import contract, notebook hygiene, prose
	$(ANALYSIS) check

.PHONY: strip
strip: $(ENV) ## take outputs and editor's traces out of the notebooks, as they are committed
	@$(VENV)/bin/nbstripout --keep-id --extra-keys "metadata.papermill cell.metadata.papermill cell.metadata.execution cell.metadata.trusted cell.metadata.editable cell.metadata.jp-MarkdownHeadingCollapsed" notebooks/*.ipynb
	@$(VENV)/bin/ruff format --quiet notebooks

.PHONY: test
test: $(ENV) ## run the tests
	@$(VENV)/bin/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder

TIMES ?= 5
.PHONY: fuzz
fuzz: $(ENV) ## look for inputs that break a property: new random ones, TIMES times over (default 5)
	@for turn in $$(seq $(TIMES)); do \
	  ANALYSIS_EXAMPLES=new $(VENV)/bin/python -m pytest -q -n $(JOBS) -m hypothesis || exit 1; \
	done

.PHONY: bench
bench: $(ENV) ## measure speed and memory against peers and limits in the same run (PARTS=report: that part alone)
	@$(VENV)/bin/python tests/benchmarks/bench.py $(PARTS)

# ---------------------------------------------------------------- clean
.PHONY: clean
clean: ## delete what is built; keep data and environments
	@rm -rf reports/_site reports/_includes reports/_variables.yml reports/_values.json reports/_reference.docx reports/_study.yml reports/_crate.zip reports/_submission reports/_preview reports/notebooks reports/results .make data/derived reports/.quarto

.PHONY: distclean
distclean: clean ## delete everything that is not in git: data made or downloaded, environments
	@rm -rf data/simulated data/simulated-truth data/simulated-first-line data/public .venv .venv-lab .venv-idc .tools .pytest_cache .ruff_cache .hypothesis
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

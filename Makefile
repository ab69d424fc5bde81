# Two commands for readers (book, test), the others for those who write. Everything runs in .venv.
PYTHON ?= python3
BIN := .venv/bin
ENV := .venv/.installed
PYTEST := $(BIN)/python -m pytest -q
NBVAL := sh tools/offline.sh $(PYTEST) --nbval --nbval-current-env --nbval-sanitize-with tests/book/pictures.cfg -n 2 --dist loadfile book/notebooks exercises/solutions
SITE := _build/html/.built
SOURCES := $(shell find book companion exercises _config.yml _toc.yml -type f -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*')

SUITABLE := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
NEEDED := The course needs Python 3.11 or newer with venv (Debian: apt install python3-venv); $(PYTHON) is not that. \
	Name another one: make PYTHON=python3.12 book

.PHONY: book test check test-portable notebooks exercises explorables lab bench lint clean
.DELETE_ON_ERROR:

book: $(SITE)
	@echo "The book: file://$(CURDIR)/_build/html/index.html"

test: $(SITE)
	$(MAKE) --no-print-directory lint
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist loadfile --doctest-modules --doctest-glob="index.md" companion book/index.md tests --ignore tests/site
	$(NBVAL)
	$(PYTEST) -n 2 --dist load tests/site

# What changed since main, or in the last commit, and what depends on it.
check: $(ENV)
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m tools.check

# The same digits on one thread, on another processor's BLAS kernels, and on torch's plainest ones.
test-portable: $(ENV)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(NBVAL)
	OPENBLAS_CORETYPE=Haswell $(NBVAL)
	ATEN_CPU_CAPABILITY=default $(NBVAL)

notebooks: $(ENV)
	$(BIN)/python -m tools.notebooks $(CHAPTERS)

# The pictures that stand for the live figures in print and without JavaScript.
explorables: $(ENV)
	$(BIN)/python -m tools.explorables $(FIGURES)

exercises: $(ENV)
	$(BIN)/python -m tools.exercises $(CHAPTERS)

# What a learner writes goes into copies, which no other command reads or overwrites.
lab: $(ENV)
	mkdir -p my-work
	for notebook in exercises/*.ipynb; do test -e my-work/$${notebook##*/} || cp $$notebook my-work/; done
	$(BIN)/jupyter lab

bench: $(ENV)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.run
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.profiling

lint: $(ENV)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary

clean:
	rm -rf _build .pytest_cache .hypothesis .ruff_cache .mypy_cache

# What is missing is said in one line, before anything is installed.
$(ENV): requirements.txt pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -c '$(SUITABLE)' 2>/dev/null || { echo "$(NEEDED)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# All pages anew: Sphinx does not see a changed style sheet, and a cached page would not repeat its warnings.
$(SITE): $(ENV) $(SOURCES)
	@mkdir -p $(@D) 2>/dev/null && touch _build/.writable 2>/dev/null || { echo "The book cannot be written: $(CURDIR)/_build is not writable."; exit 1; }
	$(BIN)/python -m tools.verdicts
	$(BIN)/jupyter-book build . --all -W -n --keep-going || { rm -rf _build; exit 1; }
	touch $@

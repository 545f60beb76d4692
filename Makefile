# The commands for moodreel besides `snakemake` itself. `make` alone prints this list.

PYTHON ?= python3
ACCEL ?= cpu
RUN ?= demo
EXAMPLES ?= 20000
CORES ?= $(shell nproc 2>/dev/null || echo 2)

VENV := .venv
BIN := $(VENV)/bin
LOCK := envs/$(ACCEL).lock.txt
READY := $(VENV)/ready-$(ACCEL)

.DEFAULT_GOAL := help
.PHONY: help env demo test lint docs bench-extraction bench-analysis bench-graph bench-noise bench-faces validate bad-input fuzz reproduce space soak mutants locks clean

help:
	@echo "make env            build .venv from the lock (ACCEL=cuda for an NVIDIA GPU)"
	@echo "make demo           the whole chain on the built-in clips, to results/runs/demo/report.html"
	@echo "make test           all tests"
	@echo "make lint           ruff, mypy, import-linter, snakefmt, snakemake --lint, a dry run"
	@echo "make docs           write docs/settings.md, steps.md and tables.md again from the code"
	@echo "make bench-extraction  frames/s compared with MediaPipe's own, memory, scaling; to benchmarks/results/extraction.json"
	@echo "make bench-analysis the analysis of a study of 188 videos of 4 minutes: time, memory, growth; to benchmarks/results/analysis.json"
	@echo "make bench-graph    Snakemake's own cost with 10,000 videos; to benchmarks/results/graph.json"
	@echo "make bench-noise    how often noise gives a positive result; to benchmarks/results/noise.json and docs/noise.md"
	@echo "make bench-faces    accuracy of all face measures on labelled pictures (FOLDER=...); to results/faces.json"
	@echo "make validate       how far each action unit can be trusted; to benchmarks/results/trust.tsv and docs/trust.md"
	@echo "make bad-input      damaged, odd and forged inputs, each with its right outcome; to benchmarks/results/bad_input.json and docs/bad-input.md"
	@echo "make fuzz           tables, configurations, imports, models and networks made up at random, until one breaks (EXAMPLES=20000 for each test, 4 minutes)"
	@echo "make reproduce      run a run again and compare the records (RUN=demo); status 1 where something differs"
	@echo "make space          size of results/ by kind, what may be deleted, cost of making it again"
	@echo "make soak           the demo, killed at 50 random times, gives the same tables, and runs on Slurm; to benchmarks/results/soak*.json"
	@echo "make mutants        faults in a copy of the code, each of which its tests must detect; status 1 where one survives"
	@echo "make locks          resolve the pins of pyproject.toml again"
	@echo "make clean          remove .venv (results/ stays)"

env: $(READY)

# A newer lock rebuilds the environment. uv, itself hash-locked, installs in seconds. Bytecode is compiled here: otherwise
# each of a run's many short jobs would compile its imports where Python cannot or may not write bytecode.
# The package and its command come last, as an editable install: uv builds it itself, so that nothing else is fetched.
$(READY): $(LOCK) envs/installer.lock.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "moodreel needs Python 3.11 to 3.14, and '$(PYTHON)' was not found. Install it, or name another: make env PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v[:2] <= (3, 14) else "moodreel needs Python 3.11 to 3.14; " + sys.executable + " is " + sys.version.split()[0] + ". Name another: make env PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@[ "$(ACCEL)" = cpu ] || [ "$(ACCEL)" = cuda ] || { echo "ACCEL is cpu or cuda, not '$(ACCEL)'"; exit 1; }
	rm -f $(VENV)/ready-*
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/installer.lock.txt
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $(LOCK) envs/installer.lock.txt
	$(BIN)/uv pip install --quiet --offline --no-deps --python $(BIN)/python --editable .
	touch $@

demo: $(READY)
	$(BIN)/snakemake --cores $(CORES)
	@$(BIN)/python -m moodreel.steps.demo_scores --show results/runs/demo

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/snakemake --cores 1 --dry-run --quiet

docs: $(READY)
	$(BIN)/python -m moodreel.steps.document

bench-extraction: $(READY)
	$(BIN)/python -m benchmarks.extraction

# Other examples each time; the message of a failure holds the line that tries its example again.
fuzz: $(READY)
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(CORES) --dist load tests/unit/*/test_any_*.py \
		tests/unit/classify/test_forged_models.py::test_models_damaged_at_random_predict_or_are_refused

bench-graph: $(READY)
	$(BIN)/python -m benchmarks.graph

bench-analysis: $(READY)
	$(BIN)/python -m benchmarks.analysis

bench-noise: $(READY)
	$(BIN)/python -m benchmarks.noise

bench-faces: $(READY)
	@[ -n "$(FOLDER)" ] || { echo "make bench-faces FOLDER=...: a folder of pictures with labels.csv; docs/faces.md describes it"; exit 1; }
	$(BIN)/python -m benchmarks.faces "$(FOLDER)"

validate: $(READY)
	$(BIN)/python -m benchmarks.validate

bad-input: $(READY)
	$(BIN)/python -m benchmarks.bad_input

reproduce: $(READY)
	$(BIN)/moodreel reproduce results/runs/$(RUN) --cores $(CORES)

space: $(READY)
	@$(BIN)/moodreel space

soak: $(READY)
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.soak_slurm

mutants: $(READY)
	$(BIN)/python -m benchmarks.mutants

locks: $(READY)
	for accel in cpu cuda; do \
	  $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --extra $$accel --extra dev \
	    --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o envs/$$accel.lock.txt || exit 1; \
	done

clean:
	rm -rf $(VENV)

# The one door to everything a developer runs. "make help" lists the targets; the environment is .venv, made by "make setup".
SHELL := /bin/bash
PYTHON := .venv/bin/python
# Most tests wait for servers, so three files at a time; the tests of a file stay together, as they share servers.
# Which file comes first is up to tests/order.py.
PYTEST := $(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder
SCRIPTS := bin/setup bin/sandbox bin/hdfs2oss4emr.sh .ci/run

# Some hundred tests start a Python of their own, and each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup dist demo check test-fast test test-full test-compat mutants bench bench-long clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv and fetch the Hadoop jars; does nothing when both are there
	@bin/setup

dist: setup ## a wheel, a zip for --py-files, and an environment with its own Python for --archives
	@$(PYTHON) -m distribution

demo: setup ## copy a small lake from a real HDFS to the local OSS server and prove it
	@$(PYTHON) tests/demo.py

check: ## format, lint, types, layer rule, sizes
	@$(PYTHON) -m ruff format --check --quiet . || { echo "run: $(PYTHON) -m ruff format ." >&2; exit 1; }
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@$(PYTHON) tests/check_sizes.py
	@for script in $(wildcard $(SCRIPTS)); do bash -n "$$script" || exit 1; done

test-fast: ## what needs no JVM and is not slow: a minute
	@$(PYTEST) -q -m "not spark and not hdfs and not yarn and not faults and not conformance and not slow and not full"

test: setup check ## everything but what is full, with real HDFS, YARN and Spark: about a quarter of an hour on 2 cores
	@$(PYTEST) -m "not full"

test-full: setup check ## "test", what takes longer, and the Spark tests once more on pyspark 3.5
	@bin/setup --pyspark35
	@$(PYTEST) --hypothesis-profile=many
	@.venv-spark35/bin/python -m pytest -m spark --ignore tests/spark/test_matrix.py  # which takes both by itself

test-compat: setup ## copies both ways with HDFS servers of each Hadoop from 2.4 on; COMPAT="-k 2.7.7" takes one
	@$(PYTHON) -m pytest tests/compat $(COMPAT)

mutants: setup ## apply small changes one at a time and see which the fast tests notice: an hour on 2 cores
	@$(PYTHON) -m tests.mutants

bench: setup ## side-by-side runs against other tools, in less than ten minutes
	@$(PYTHON) -m benchmarks $(BENCH)

bench-long: setup ## the same with larger trees, in 70 minutes; writes benchmarks/RESULTS-long.md, and goes on where it stopped
	@$(PYTHON) -m benchmarks --long --resume --output benchmarks/RESULTS-long.md $(BENCH)

clean: ## bring the sandboxes down and remove what was built; keeps .venv and the jars
	@if [[ -x $(PYTHON) ]]; then bin/sandbox down --all && rm -rf .sandbox; fi
	@rm -rf build dist .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis \
	    spark-warehouse metastore_db derby.log .coverage .coverage.*
	@find . -path './.venv*' -prune -o -name __pycache__ -type d -exec rm -rf {} +

# Everything runs in .venv, made from the lock file; nothing else is installed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test check bench soak long spark docs lock build clean

demo: $(READY)           ## watch an account being attacked and mended; no AWS account, no network
	@$(BIN)/trailmend demo

test: $(READY)           ## the test suite, some 5 minutes on 2 cores
	@$(BIN)/python -m pytest -n 2

check: $(READY)          ## style, types, the borders of the house, generated pages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m trailmend.docs --check docs

soak: $(READY)           ## the slow proofs: every crash point of every fix, lost answers, 500 accounts
	@$(BIN)/python -m pytest -n 2 -m "soak and not long"

long: $(READY)           ## the slow proofs of the further cases of each fix; half an hour
	@$(BIN)/python -m pytest -n 2 -m long

spark: $(READY)          ## every case of the catalog on Spark too; needs Java 17 or later
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/spark.lock
	@$(BIN)/python -m pytest -m spark

bench: $(READY)          ## speed, as ratios in one run
	@$(BIN)/python bench/bench.py

docs: $(READY)           ## write the pages that are generated from the catalog
	@$(BIN)/python -m trailmend.docs docs

lock: $(READY)           ## renew the lock file from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --all-extras --no-header \
		--no-annotate --no-emit-index-url pyproject.toml --output-file requirements/all.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header \
		--no-annotate --no-emit-index-url requirements/spark.in --output-file requirements/spark.lock

build: $(READY)          ## wheel and source archive in dist/
	@$(BIN)/python -m build --no-isolation

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements/all.lock pyproject.toml
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/all.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

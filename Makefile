# The everyday commands. `make demo` and `make test` need Python 3.11+ and a package registry.

PYTHON ?= python3
# Extra arguments for pip, for example the index of PyTorch's CPU build: see docs/operations.md.
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
PICTURE_ARGS ?=
FLOORS ?= check
ARTICLES ?= 200000
ROUNDS ?= 5
# Folders or files of tests; empty for all.
TESTS ?=
# Test processes: three for two processors, because tests often wait for a server or another process; at most four.
PROCESSES ?= $(shell n=$$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )); echo $$(( n > 4 ? 4 : n )))
# Tests of the store that need no embedded server.
SERVER_TESTS := $(addprefix tests/integration/,migrations queries search stories subscribers counts editing)
SECONDS ?= 600
# The lock files leave out PyTorch, whose build depends on the machine, and the client in this repository.
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--upgrade --quiet --no-emit-package torch --no-emit-package samestory-client --custom-compile-command 'make lock'
# The tools of the documentation site, without those that requirements-dev.lock pins already.
COMPILE_DOCS := $(BIN)/uv pip compile --group docs --constraint requirements-dev.lock --universal --python-version 3.11 \
	--generate-hashes --upgrade --quiet --custom-compile-command 'make lock' --output-file requirements-docs.lock

.PHONY: demo docs test test-server test-oldest test-random check lint types layers typescript axe pictures coverage quality pair-models merge-models bench bench-short stress soak soak-feeds lock release clean

demo: $(VENV)/ready
	$(BIN)/samestory demo $(if $(filter-out 0,$(ONCE)),--once)

# Tests of one file share fixtures and stay in one process; slow files run first. Each process uses one
# thread, because the threads of several processes would wait for each other. A process that crashes
# ends the run: pytest-xdist would wait forever for the tests of its file.
test: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(PROCESSES) --dist loadfile --no-loadscope-reorder \
		--max-worker-restart 0 --durations 20 --durations-min 5 $(TESTS)

# Runs tests of the store on the Postgres that SAMESTORY_TEST_SERVER names: the URL of a superuser.
test-server: $(VENV)/ready-dev
	@test -n "$$SAMESTORY_TEST_SERVER" || { echo "Set SAMESTORY_TEST_SERVER to the URL of a Postgres." >&2; exit 2; }
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q $(SERVER_TESTS)

# Runs tests with the oldest versions that pyproject.toml allows, in an environment of their own. They are
# compiled first: Python warns about the source of some of them, and tests fail on warnings.
test-oldest: $(VENV)/ready-dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --quiet --clear --python 3.11 build/oldest
	VIRTUAL_ENV=build/oldest $(BIN)/uv pip install --quiet --compile-bytecode --resolution lowest-direct --index-strategy unsafe-best-match $(PIP_ARGS) -e service/client -e '.[dev]'
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 build/oldest/bin/python -m pytest -q tests/unit tests/integration/web tests/integration/stories

# Runs the property tests with new random examples, and sends generated requests to all routes of the API.
# `@reproduce_failure` in the output repeats an example.
test-random: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(PROCESSES) --dist loadfile \
		-m hypothesis --hypothesis-profile random $(TESTS)
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q -m extensive tests/integration/api/test_api_fuzz.py

# CI runs these checks before the tests.
check: lint types layers

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-dev
	$(BIN)/mypy

layers: $(VENV)/ready-dev
	$(BIN)/lint-imports

# Builds the documentation site into build/site; fails if a link or an anchor is missing.
docs: $(VENV)/ready-docs
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=. $(BIN)/mkdocs build --quiet

# Commits and tags a release, and builds its wheels and its image; DRY_RUN=1 changes nothing here.
# The version is in VERSION, such as 0.2.0.
release: $(VENV)/ready-dev
	$(BIN)/python -m tests.support.release $(VERSION) $(if $(DRY_RUN),--dry-run)

# Installs the compiler, which a test uses, and writes the types of the API to build/typescript.
typescript: $(VENV)/ready-dev
	cd service/client/typescript && npm ci --no-audit --no-fund
	$(BIN)/python -m tests.support.typescript build/typescript

# Installs axe-core, which a browser test runs on every page.
axe:
	cd tests/support/browser/axe && npm ci --no-audit --no-fund

# Pictures of every page, from the demo's store; renews docs/pictures. PICTURE_ARGS limits the pages.
pictures: $(VENV)/ready-dev
	$(BIN)/python -m tests.support.browser.pictures build/pictures $(PICTURE_ARGS)

coverage: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q --cov --cov-report=term

# Compares the grouping with the floors on every labelled set of SAMESTORY_DATA, which takes about half
# an hour; `make test` measures some of them. Also trains the merge models again and compares them.
# FLOORS=set raises the floors; with LOWER="the reason", it also lowers them.
quality: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q -m 'extensive or not extensive' tests/quality/test_floors.py \
		tests/quality/test_left_out.py --floors=$(FLOORS) --lower="$$LOWER"

# Training and quality tests encode in float32, because bfloat16 depends on the processor.
TRAIN := HF_HUB_OFFLINE=1 SAMESTORY_EMBED__PRECISION=float32 $(BIN)/samestory
# Trains the pair models of both profiles on sets of SAMESTORY_DATA. The quality tests also need four
# pair models of the default profile, each trained without one of the four days of feeds.
STORIES = $(SAMESTORY_DATA)/stories
PAIR_SETS = $(addprefix $(STORIES)/,giveme5w1h.jsonl galaxy.jsonl allsides_2021.jsonl allsides_triples.jsonl.gz)
DAYS := stream_day stream_day_c stream_day_d stream_day_e
OUTLET_SETS := build/sets/outlets_2020.jsonl build/sets/outlets_2021.jsonl
pair-models: $(VENV)/ready-dev
	mkdir -p build/sets
	$(BIN)/python -m tests.quality.sets.days $(SAMESTORY_DATA)/feeds/outlets build/sets
	$(TRAIN) train $(PAIR_SETS) $(STORIES)/stream_day.jsonl $(OUTLET_SETS) \
		--calibrate $(STORIES)/stream_day.jsonl --profile english --output config/pair_model_english.json
	$(TRAIN) train $(PAIR_SETS) $(DAYS:%=$(STORIES)/%.jsonl) $(OUTLET_SETS) \
		$(DAYS:%=--calibrate $(STORIES)/%.jsonl) \
		--profile multilingual --output config/pair_model_multilingual.json
	for day in $(DAYS); do \
		$(TRAIN) train $(PAIR_SETS) $(OUTLET_SETS) --no-evaluate \
			$$(for other in $(DAYS); do test $$other = $$day || \
			echo $(STORIES)/$$other.jsonl --calibrate $(STORIES)/$$other.jsonl; done) \
			--output tests/quality/sets/left_out/pair_model_multilingual_without_$$day.json || exit 1; \
	done

# Trains the merge models of both profiles on the sets of SAMESTORY_DATA and on the seeds, then those
# without each day of feeds for the quality tests.
merge-models: $(VENV)/ready-dev
	$(BIN)/python -m tests.quality.sets.seed_sets build/sets
	$(TRAIN) train-merges config/merge_sets.toml --profile english \
		--data $(SAMESTORY_DATA)/stories --data build/sets --output config/merge_model_english.json
	$(TRAIN) train-merges config/merge_sets.toml --profile multilingual \
		--data $(SAMESTORY_DATA)/stories --data build/sets --output config/merge_model_multilingual.json
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.quality.sets.left_out_models $(SAMESTORY_DATA)

# Compares ROUNDS rounds of each pair. The last part fills a database with ARTICLES articles, which takes
# some minutes. With SAMESTORY_DATA, real articles are encoded instead of samples.
BENCH := --articles $(ARTICLES) --rounds $(ROUNDS) $(if $(wildcard $(SAMESTORY_DATA)),--data $(SAMESTORY_DATA))
bench: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench.short --write
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.bench.run $(BENCH)

# Compares CPU times for about a minute; fails if a ratio is below its minimum.
bench-short: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench.short

# Eight processes run all jobs and edit for SECONDS seconds; fails if a deadlock happens.
stress: $(VENV)/ready-dev
	$(BIN)/python -m tests.bench.stress $(SECONDS)

# Fetches 300 feeds, 30 of them misbehaving, for MINUTES minutes (10), and checks the result.
soak-feeds: $(VENV)/ready-dev
	$(BIN)/python -m tests.bench.soak $(MINUTES)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "samestory needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)

# Each stamp file reruns its installation only when the dependencies change. The first command
# installs exactly what the lock file lists; the second adds PyTorch, whose build depends on the machine.
$(VENV)/ready: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "Installing samestory into $(VENV): about 1.5 GB, once (several GB more with CUDA)."
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable .
	@touch $@

$(VENV)/ready-dev: pyproject.toml requirements-dev.lock service/client/pyproject.toml | $(VENV)/bin/python
	@echo "Installing samestory and its development tools into $(VENV)."
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable service/client --editable '.[dev]'
	@touch $@ $(VENV)/ready

$(VENV)/ready-docs: requirements-docs.lock $(VENV)/ready-dev
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements-docs.lock
	@touch $@

# Replays real feeds of SAMESTORY_DATA through the daemon for MINUTES minutes (10), with a fault each minute.
soak: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.bench.service.soak $(MINUTES)

# Renews all lock files with the newest allowed versions, for every supported Python and platform.
lock: | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --output-file requirements-dev.lock
	$(COMPILE_DOCS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage

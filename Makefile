# `make` alone prints this menu.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
RUN_PYTHON := $(VENV)/bin/python
PLAN ?=
RUN ?=
# What a run prints: QUIET=1 the result alone, JSON=1 that for a script and nothing else on stdout.
PRINTING = $(if $(QUIET),--quiet) $(if $(JSON),--json)

.PHONY: help
help:  ## this menu
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

.PHONY: setup
setup: $(READY)  ## what `make bench` needs; with GROUP=servers, frameworks, protocols or profile: what those need
ifdef GROUP
	@PATH="$$PATH:$(CURDIR)/$(VENV)/bin" uv pip install --quiet --require-hashes --python=$(RUN_PYTHON) \
		--group=$(GROUP) --constraint=$(if $(filter database dev,$(GROUP)),requirements,groups).lock
endif

.PHONY: bench
bench: $(READY)  ## carry out PLAN=loadtests/plans/default.toml; RUN=name names it or continues it; QUIET=1, JSON=1, PROFILE=1: where CPU time goes
	@$(RUN_PYTHON) scripts/bench.py $(PLAN) $(if $(RUN),--run=$(RUN)) $(PRINTING) $(if $(PROFILE),--profile) $(if $(CONFIRM),--confirm=$(CONFIRM)) $(if $(SSH_CONFIG),--ssh-config=$(SSH_CONFIG))

.PHONY: quick
quick: $(READY)  ## a first picture in two and a half minutes: three deployments, two rounds
	@$(RUN_PYTHON) scripts/bench.py loadtests/plans/quick.toml $(if $(RUN),--run=$(RUN)) $(PRINTING)

.PHONY: smoke
smoke: $(READY)  ## the smallest whole run, under a minute: proves the machine
	@$(RUN_PYTHON) scripts/bench.py loadtests/plans/smoke.toml $(if $(RUN),--run=$(RUN)) $(PRINTING)

.PHONY: c10k
c10k: $(READY)  ## 10,000 clients, five times, about twenty minutes; SHORT=1: once, three minutes
	@$(RUN_PYTHON) scripts/bench.py loadtests/plans/c10k$(if $(SHORT),-short).toml $(if $(RUN),--run=$(RUN)) $(PRINTING)

.PHONY: c100k
c100k: $(READY)  ## 100,000 clients hold a long poll, once, within twelve minutes
	@$(RUN_PYTHON) scripts/bench.py loadtests/plans/c100k.toml $(if $(RUN),--run=$(RUN)) $(PRINTING)

.PHONY: report
report: $(READY)  ## redraw RUN=name; the newest by default
	@$(RUN_PYTHON) scripts/report.py $(RUN)

.PHONY: pictures
pictures: $(READY)  ## draw anew the stored reports, whose pictures README and docs show
	@for run in reference reference-c10k reference-c100k; do $(RUN_PYTHON) scripts/report.py $$run || exit; done
	@$(RUN_PYTHON) scripts/report.py reference --results=results/lanes
	@$(RUN_PYTHON) scripts/models.py --redraw=reference --page=docs/models.md

.PHONY: open
open: $(READY)  ## show the newest report in the browser, or RUN=name
	@$(RUN_PYTHON) scripts/open.py $(RUN)

.PHONY: check
check: $(READY)  ## judge HEAD=ref (else the working tree) against BASE=ref; PLAN=, MARGIN=3, RUN=name, STRICT=1
	@$(RUN_PYTHON) scripts/check.py $(BASE) $(if $(HEAD),--head=$(HEAD)) $(if $(PLAN),--plan=$(PLAN)) \
		$(if $(RUN),--name=$(RUN)) $(if $(STRICT),--strict) $(if $(MARGIN),--margin=$(MARGIN)) $(if $(INSTRUCTIONS),"--instructions=$(INSTRUCTIONS)") \
		$(if $(BASE_WITH),"--base-with=$(BASE_WITH)") $(if $(HEAD_WITH),"--head-with=$(HEAD_WITH)") \
		$(if $(BASE_PYTHON),--base-python=$(BASE_PYTHON)) $(if $(HEAD_PYTHON),--head-python=$(HEAD_PYTHON))

.PHONY: self-test
self-test: $(READY)  ## false alarms and misses of a check; half an hour, TIMES=1
	@$(RUN_PYTHON) scripts/self_test.py $(if $(TIMES),--times=$(TIMES)) $(if $(PLAN),--plan=$(PLAN)) \
		$(if $(RUN),--name=$(RUN))

.PHONY: check-proof
check-proof: $(READY)  ## unchanged code and five faults through whole checks, over an hour; FAULTS=freeze,leak TIMES=1 RUN=name
	@$(RUN_PYTHON) scripts/check_proof.py $(if $(FAULTS),"--faults=$(FAULTS)") $(if $(TIMES),--times=$(TIMES)) \
		$(if $(RUN),--name=$(RUN))

.PHONY: mutation-score
mutation-score: $(READY)  ## known faults put in: which are noticed, and how often equal sides alarm; about ten minutes, TIMES=3 RUN=name
	@$(RUN_PYTHON) scripts/mutation_score.py $(if $(TIMES),--times=$(TIMES)) $(if $(RUN),--name=$(RUN))

.PHONY: claims
claims: $(READY)  ## what is claimed of WSGI and ASGI, tested: writes docs/claims.md; at most 15 minutes, RUN=name
	@$(RUN_PYTHON) scripts/claims.py $(if $(RUN),--run=$(RUN))

# HOST counts only as an argument: some shells and compilers export a variable of that name.
.PHONY: scenario
scenario: $(READY)  ## paths and think time of LOG=access.log or HAR=session.har; OUT=, TOP=20, METHODS=, ASSETS=1
	@$(RUN_PYTHON) scripts/scenario.py $(if $(LOG),"--log=$(LOG)") $(if $(HAR),"--har=$(HAR)") \
		$(if $(OUT),"--out=$(OUT)") $(if $(TOP),--top=$(TOP)) $(if $(METHODS),"--methods=$(METHODS)") \
		$(if $(ASSETS),--assets) $(if $(filter command,$(origin HOST)),"--host=$(HOST)")

.PHONY: init
init: $(READY)  ## a plan for your own site, APP=../mysite: finds how it is served and tries it; OUT=, PYTHON_OF_APP=
	@$(RUN_PYTHON) scripts/init.py $(if $(APP),"$(APP)") $(if $(OUT),"--out=$(OUT)") \
		$(if $(PYTHON_OF_APP),"--python=$(PYTHON_OF_APP)")

.PHONY: baseline
baseline: $(READY)  ## accept RUN=name as baseline NAME=, for trends; the newest by default; REPLACE=1
	@$(RUN_PYTHON) scripts/baseline.py $(NAME) $(if $(RUN),--run=$(RUN)) $(if $(REPLACE),--replace)

.PHONY: compare
compare: $(READY)  ## how far RUN=name is from BASELINE=name: a trend, not a verdict
	@$(RUN_PYTHON) scripts/compare.py $(BASELINE) $(if $(RUN),--run=$(RUN))

.PHONY: compare-runs
compare-runs: $(READY)  ## run B= beside run A=, cell by cell, here and as a page, with what is not comparable
	@$(RUN_PYTHON) scripts/compare_runs.py $(if $(A),--a=$(A)) $(if $(B),--b=$(B))

.PHONY: trend
trend: $(READY)  ## draw all finished runs of a plan over time, with change points; PLAN=file
	@$(RUN_PYTHON) scripts/trend.py $(PLAN)

.PHONY: calibrate
calibrate: $(READY)  ## how accurate the figures are on this machine, and what measuring costs
	@$(RUN_PYTHON) scripts/calibrate.py

.PHONY: instructions
instructions: $(READY)  ## instructions per request of each deployment of PLAN=loadtests/plans/middleware.toml; RUN=name
	@$(RUN_PYTHON) scripts/instructions.py $(PLAN) $(if $(RUN),--name=$(RUN))

.PHONY: deploy-test
deploy-test: $(READY)  ## reload, restart, kill and wear out servers under load: requests lost, late, twice; about five minutes, PLAN=, RUN=name
	@$(RUN_PYTHON) scripts/deploy_test.py $(PLAN) $(if $(RUN),--name=$(RUN))

.PHONY: capacity
capacity: $(READY)  ## the highest arrival rate at which each deployment meets its objective, or the most USERS=1; about 1.5 minutes each, PLAN=, RUN=name
	@$(RUN_PYTHON) scripts/capacity.py $(PLAN) $(if $(RUN),--run=$(RUN)) $(if $(USERS),--users)

.PHONY: capacity-repeats
capacity-repeats: $(READY)  ## whether searches repeat: RUN=what the names of several runs of make capacity begin with
	@$(RUN_PYTHON) scripts/capacity_repeats.py $(RUN)

.PHONY: advise
advise: $(READY)  ## what to run, from measurements of your app: PLAN=, SCENARIO=, USERS= expected; at most ten minutes
	@$(RUN_PYTHON) scripts/advise.py $(PLAN) $(if $(SCENARIO),--scenario=$(SCENARIO)) $(if $(USERS),--users=$(USERS))

.PHONY: models
models: $(READY)  ## the same tasks one by one, in processes, threads, event loops, greenlets: docs/models.md; RUN=name, TASKS=1,10,100, ROUNDS=5, REDRAW=name, PAGE=
	@$(RUN_PYTHON) scripts/models.py $(if $(TASKS),--tasks=$(TASKS)) $(if $(ROUNDS),--rounds=$(ROUNDS)) \
		$(if $(RUN),--name=$(RUN)) $(if $(REDRAW),--redraw=$(REDRAW)) $(if $(PAGE),"--page=$(PAGE)")

.PHONY: lanes
lanes: $(READY)  ## forty requests at once over time, within each of four servers, also moving for talks; under a minute, RUN=name
	@$(RUN_PYTHON) scripts/bench.py loadtests/plans/lanes.toml --results=results/lanes --uncalibrated $(if $(RUN),--run=$(RUN))

.PHONY: analysis-speed
analysis-speed: $(READY)  ## what analysing ten million requests costs
	@PYTHONPATH=scripts $(RUN_PYTHON) -m benchmarks.analysis_speed

.PHONY: client-speed
client-speed: $(READY)  ## the clients of Locust and the suite's own, side by side; ROUNDS=5
	@PYTHONPATH=scripts $(RUN_PYTHON) -m benchmarks.client_speed $(if $(ROUNDS),--rounds=$(ROUNDS))

.PHONY: serve
serve: $(READY)  ## serve DEPLOYMENT=name of PLAN by hand, PORT=8000
	@$(RUN_PYTHON) scripts/serve.py $(DEPLOYMENT) $(if $(PLAN),--plan=$(PLAN)) $(if $(PORT),--port=$(PORT))

# Tests that share the cores, as none depends on time; all others need them for their processes.
PROCESSES := tests/harness/measure/test_calibration.py $(patsubst %,tests/harness/checks/test_%.py, \
	interleave proof revisions self_check)
SHARED := $(patsubst %,tests/end_to_end/test_%.py,check init own_application refusals scenario serve trend) \
	$(patsubst %,tests/loadtests/test_%.py, \
	admission any_user books channels client connections growth lean live paths preflight) \
	$(patsubst %,tests/harness/rig/test_%.py,database preflight valgrind) \
	$(patsubst %,tests/harness/host/test_%.py,certificates environments locustfiles packages site ssh versions) \
	$(wildcard tests/test_*.py) tests/app tests/servers tests/harness/report tests/harness/runs \
	$(filter-out $(PROCESSES),$(wildcard tests/harness/measure/test_*.py tests/harness/checks/test_*.py)) \
	tests/benchmarks tests/harness/core tests/harness/terminal
# The files whose tests take long come first: otherwise the last of them would run alone.
BESIDE := --numprocesses=2 --dist=loadfile --no-loadscope-reorder

.PHONY: test
test: $(READY)  ## formats, types and the test suite, within eight minutes
	@$(VENV)/bin/ruff format --check --quiet
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/mypy
ifdef ARGS
	@$(RUN_PYTHON) -m pytest $(ARGS)
else
	@$(RUN_PYTHON) -m pytest $(BESIDE) $(SHARED)
	@$(RUN_PYTHON) -m pytest $(addprefix --ignore=,$(SHARED))
endif

# Experiments that judge no time.
LONG_SHARED := $(patsubst %,tests/end_to_end/test_%.py,workload_plans own_application init refusals \
	page_in_browser database models versions calculator_in_browser) \
	tests/harness/checks/test_instructions.py tests/test_workflows.py tests/harness/report \
	$(patsubst %,tests/harness/rig/test_%.py,plan_servers preflight valgrind) \
	tests/harness/measure/test_steadiness.py tests/benchmarks tests/test_containers.py tests/app \
	tests/loadtests/test_connections.py tests/harness/runs tests/harness/core

.PHONY: test-long
test-long: $(READY)  ## experiments: mutations, peers, many clients, whole checks
ifdef ARGS
	@$(RUN_PYTHON) -m pytest -m long $(ARGS)
else
	@$(RUN_PYTHON) -m pytest -m long $(BESIDE) $(LONG_SHARED)
	@$(RUN_PYTHON) -m pytest -m long $(addprefix --ignore=,$(LONG_SHARED))
endif

.PHONY: lint
lint: $(READY)  ## format, then check types
	@$(VENV)/bin/ruff format
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/mypy

LOCKING := --universal --python-version=3.11 --generate-hashes --no-header --quiet

# What both files have is locked once: a version that is there already is kept.
.PHONY: lock
lock: $(READY)  ## rewrite requirements.lock and groups.lock from pyproject.toml
	@$(VENV)/bin/uv pip compile pyproject.toml --group=dev --group=database $(LOCKING) --upgrade \
		--output-file=requirements.lock
	@cp requirements.lock groups.lock
	@$(VENV)/bin/uv pip compile --group=servers --group=frameworks --group=protocols --group=profile $(LOCKING) \
		--output-file=groups.lock

.PHONY: clean
clean:  ## remove the environment and all caches, keep the results
	@rm -rf $(VENV) .import_linter_cache .mypy_cache .ruff_cache .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv comes with the lock file; where the machine has none, pip fetches it into the environment.
# $(READY) is the lock that was installed: where git only touches the file, the groups stay.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@test -x $(RUN_PYTHON) || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || test -x $(VENV)/bin/uv || $(VENV)/bin/pip install --quiet --quiet \
		"$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@cmp -s requirements.lock $(READY) || PATH="$$PATH:$(CURDIR)/$(VENV)/bin" \
		uv pip sync --quiet --require-hashes --python=$(RUN_PYTHON) requirements.lock
	@cp requirements.lock $(READY)
